import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatEvidenceFile } from './evidence-file.ts'
import { openEvidence } from './evidence-store.ts'
import { codeOf, nextExchange, openStore, recordExchange, witnessedBy } from './testing/open-store.ts'
import { exchangeOnPaper, sealBatch } from './testing/paper-exchange.ts'
import { AGREEMENT, twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'

/** Whether a text is left in any file below a directory. */
function isLeft(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text))
}

test('erased statements are gone from every file; the neighbours and the ledger stay provable', async (context) => {
  const paper = await twoMembers()
  const { network, rta, dewa, core } = paper
  const cosign = witnessedBy([core], () => network.nowMs)
  const { store, events, options } = await openStore(context, paper, rta, { cosign })
  const secret = { path: '/citizen/784-1990-1234567-1', user: 'AE7841990', messageId: 'about-one-person' }
  network.nowMs += 1000
  const person = exchangeOnPaper(rta, dewa, {
    nowMs: network.nowMs,
    size: 1,
    place: 0,
    request: { ...secret, agreement: AGREEMENT },
  })
  const neighbour = nextExchange(paper)
  const statements = [...person.requestBatch.statements, ...neighbour.requestBatch.statements]
  const requestBatch = sealBatch(rta, dewa, statements)
  await store.record(requestBatch, 'sent')
  for (const { answerBatch } of [person, neighbour]) await store.record(answerBatch, 'received')
  const { exchange } = person.request
  const before = await store.exportExchange(exchange, network)
  await store.query({})
  assert.ok(isLeft(options.directory, secret.path).length > 0)

  assert.equal(await store.erase(exchange), 2)

  assert.equal(await codeOf(store.exportExchange(exchange, network)), 'evidence_erased')
  assert.equal((await store.find(exchange))?.state, 'erased')
  assert.deepEqual((await store.query({ user: secret.user })).rows, [])
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'statements_erased'),
    [{ kind: 'statements_erased', exchange, statements: 2 }],
  )
  const file = await store.exportExchange(neighbour.request.exchange, network)
  assert.equal(file.request.index, 1)
  for (const proven of [file, before]) {
    assert.ok(verifyEvidence(formatEvidenceFile(proven), network.anchor).ok)
  }
  assert.equal(await store.erase(exchange), 0, 'nothing is left to erase')

  await store[Symbol.asyncDispose]()
  for (const text of Object.values(secret)) assert.deepEqual(isLeft(options.directory, text), [])
  rmSync(join(options.directory, 'index.sqlite'))
  await using again = await openEvidence({ ...options, create: false })
  assert.equal((await again.query({ exchange })).rows[0]?.state, 'erased')
  assert.equal(await codeOf(again.exportExchange(exchange, network)), 'evidence_erased')
  await recordExchange(again, nextExchange(paper), true)
})

test('every attempt of a request is erased, and nothing that is not there', async (context) => {
  const paper = await twoMembers()
  const { rta, dewa, network } = paper
  const { store } = await openStore(context, paper, rta)
  const exchange = nextExchange(paper)
  const session = 'A'.repeat(43)
  await store.record(sealBatch(rta, dewa, exchange.requestBatch.statements, { session }), 'sent')
  await recordExchange(store, exchange, true)
  assert.equal(await store.erase(exchange.request.exchange), 3)
  assert.equal(await codeOf(store.exportExchange(exchange.request.exchange, network)), 'evidence_erased')
  assert.equal(await codeOf(store.erase(nextExchange(paper).request.exchange)), 'exchange_not_found')
  assert.equal(await codeOf(store.erase('x')), 'exchange_not_found')
})
