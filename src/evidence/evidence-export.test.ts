import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRequestStatement } from '../protocol/statement.ts'
import { formatEvidenceFile } from './evidence-file.ts'
import { codeOf, nextExchange, openStore, recordExchange, witnessedBy } from './testing/open-store.ts'
import { newRequest, sealBatch } from './testing/paper-exchange.ts'
import { twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'

test('what was recorded is exported from either side and verifies', async (context) => {
  const paper = await twoMembers()
  const { network, rta, dewa, core, moro } = paper
  const cosign = witnessedBy([core, moro], () => network.nowMs)
  for (const gateway of [rta, dewa]) {
    const { store } = await openStore(context, paper, gateway, { cosign })
    const exchange = nextExchange(paper)
    for (let before = 0; before < 20; before += 1)
      await recordExchange(store, nextExchange(paper), gateway === rta)
    await recordExchange(store, exchange, gateway === rta)
    const file = await store.exportExchange(exchange.request.exchange, network)
    const result = verifyEvidence(formatEvidenceFile(file), network.anchor, {
      directoryEntries: network.entries,
    })
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(result.facts.holder, gateway.id)
    assert.equal(result.facts.answer?.status, 200)
    assert.deepEqual(
      result.facts.ledger.witnesses.map(({ branch }) => branch),
      [core.id, moro.id],
    )
    assert.equal(result.facts.directory.complete, true)
  }
})

test('an export shows the first checkpoint a witness saw, so a later revocation does no harm', async (context) => {
  const paper = await twoMembers()
  const { network, rta, core } = paper
  const { store } = await openStore(context, paper, rta, { cosign: witnessedBy([core], () => network.nowMs) })
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  await store.checkpoint()
  const seenMs = Math.floor(network.nowMs / 1000) * 1000
  await network.revoke(rta, 'stolen')
  for (let later = 0; later < 3; later += 1) {
    await recordExchange(store, nextExchange(paper), true)
    await store.checkpoint()
  }
  const file = await store.exportExchange(exchange.request.exchange, network)
  const result = verifyEvidence(formatEvidenceFile(file), network.anchor)
  assert.ok(result.ok, JSON.stringify(result))
  assert.equal(result.facts.consumer.seal?.key, 'revoked_later')
  assert.equal(Date.parse(result.facts.ledger.witnesses[0]?.time ?? ''), seenMs)
})

test('an export leaves out what no verifier could judge', async (context) => {
  const paper = await twoMembers()
  const { network, rta, core } = paper
  const stranger = (await twoMembers()).core
  const { store } = await openStore(context, paper, rta, {
    cosign: witnessedBy([stranger, core], () => network.nowMs),
  })
  network.witnesses = [stranger, core]
  // The registry cannot enrol a second gateway of a member by itself: the entry has no effect.
  await network.enrol({ ...rta, id: `${rta.member}/gw-9` }, network.by)
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  const file = await store.exportExchange(exchange.request.exchange, network)
  assert.ok(verifyEvidence(formatEvidenceFile(file), network.anchor).ok)
  assert.equal(file.ledger.checkpoint.trimEnd().split('\n').length, 6)
})

test('without witnesses the export has a plain checkpoint', async (context) => {
  const paper = await twoMembers()
  const { store, events } = await openStore(context, paper, paper.rta, { cosign: async () => 0 })
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  const file = await store.exportExchange(exchange.request.exchange, paper.network)
  const result = verifyEvidence(formatEvidenceFile(file), paper.network.anchor)
  assert.deepEqual(result.ok && result.facts.ledger.witnesses, [])
  assert.ok(events.some(({ kind }) => kind === 'cosigning_failed'))
})

test('an exchange that was never recorded has no evidence', async (context) => {
  const paper = await twoMembers()
  const { store } = await openStore(context, paper, paper.dewa)
  const { exchange } = nextExchange(paper).request
  assert.equal(await codeOf(store.exportExchange(exchange, paper.network)), 'exchange_not_found')
  assert.equal(await codeOf(store.exportExchange('../../etc/passwd', paper.network)), 'exchange_not_found')
})

test('an unanswered request is exported as such and stands in the list of the unanswered', async (context) => {
  const paper = await twoMembers()
  const { store } = await openStore(context, paper, paper.rta)
  const [lost, answered] = [nextExchange(paper), nextExchange(paper)]
  await store.record(lost.requestBatch, 'sent')
  await recordExchange(store, answered, true)
  const { rows } = await store.query({ unanswered: true })
  assert.deepEqual(
    rows.map(({ exchange }) => exchange),
    [lost.request.exchange],
  )
  const file = await store.exportExchange(lost.request.exchange, paper.network)
  assert.equal(file.answer, null)
  assert.ok(verifyEvidence(formatEvidenceFile(file), paper.network.anchor).ok)
})

test('a request sent again over another session: the pair that belongs together is exported', async (context) => {
  const paper = await twoMembers()
  const { rta, dewa, network } = paper
  const { store } = await openStore(context, paper, rta)
  const exchange = nextExchange(paper)
  const session = 'A'.repeat(43)
  await store.record(sealBatch(rta, dewa, exchange.requestBatch.statements, { session }), 'sent')
  await recordExchange(store, exchange, true)
  await store.record(sealBatch(rta, dewa, exchange.requestBatch.statements, { session, sequence: 1 }), 'sent')
  const file = await store.exportExchange(exchange.request.exchange, network)
  assert.equal(file.request.batch.header, exchange.requestBatch.header)
  assert.ok(verifyEvidence(formatEvidenceFile(file), network.anchor).ok)
  assert.equal((await store.query({})).rows.length, 1)
})

test('a batch that is too large for one record', async (context) => {
  const paper = await twoMembers()
  const { rta, dewa, network } = paper
  const { store } = await openStore(context, paper, rta)
  const long = (at: number): string =>
    encodeRequestStatement(newRequest({ nowMs: network.nowMs + at, query: 'q'.repeat(16_000) }))
  const statements = Array.from({ length: 150 }, (_, at) => long(at))
  const exchange = nextExchange(paper)
  statements.splice(120, 0, exchange.requestBatch.statements[0] ?? '')
  const requestBatch = sealBatch(rta, dewa, statements)
  await recordExchange(store, { ...exchange, requestBatch }, true)
  for (const indexed of [false, true]) {
    if (indexed) assert.equal((await store.query({})).rows.length, 50)
    const file = await store.exportExchange(exchange.request.exchange, network)
    assert.equal(file.request.index, 120)
    assert.ok(verifyEvidence(formatEvidenceFile(file), network.anchor).ok)
  }
})
