import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatEvidenceFile } from './evidence-file.ts'
import { codeOf, nextExchange, openStore, recordExchange, recordMany } from './testing/open-store.ts'
import { twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'

const DAY = 86_400_000

test('when its retention ends the statements go, and the ledger stays whole', async (context) => {
  const paper = await twoMembers()
  const { network, rta } = paper
  const { store, events } = await openStore(context, paper, rta, { segmentBytes: 400_000 })
  const old = nextExchange(paper, { size: 40, place: 3 })
  await recordExchange(store, old, true)
  const filler = nextExchange(paper, { size: 40, place: 3 })
  await recordMany(store, 300, () => filler)
  const oldFile = await store.exportExchange(old.request.exchange, network)
  network.nowMs += 2 * DAY
  const border = network.nowMs
  const young = nextExchange(paper)
  await recordMany(store, 300, () => young)
  await store.query({})
  await store.checkpoint()

  const removed = await store.removeBefore(border)
  assert.ok(removed > 256, `${removed} records removed`)
  assert.equal(events.filter(({ kind }) => kind === 'records_removed').length, 1)
  assert.equal(await codeOf(store.exportExchange(old.request.exchange, network)), 'evidence_erased')
  assert.deepEqual((await store.query({ exchange: old.request.exchange })).rows, [])
  const file = await store.exportExchange(young.request.exchange, network)
  assert.ok(verifyEvidence(formatEvidenceFile(file), network.anchor).ok)
  // What was exported before is as good as ever.
  assert.ok(verifyEvidence(formatEvidenceFile(oldFile), network.anchor).ok)
  assert.equal(await store.removeBefore(border), 0)
})

test('an old file of records is ended so that it can go one day', async (context) => {
  const paper = await twoMembers()
  const { network, rta } = paper
  const { store } = await openStore(context, paper, rta)
  await recordMany(store, 200, () => nextExchange(paper))
  await store.checkpoint()
  network.nowMs += 2 * DAY
  assert.equal(await store.removeBefore(network.nowMs - 3 * DAY), 0)
  network.nowMs += DAY
  // Records stay until the tiles above them are full.
  await recordMany(store, 60, () => nextExchange(paper))
  await store.checkpoint()
  assert.equal(await store.removeBefore(network.nowMs), 400)
})
