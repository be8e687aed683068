import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatEvidenceFile } from './evidence-file.ts'
import { openEvidence } from './evidence-store.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { codeOf, nextExchange, openStore, recordExchange, witnessedBy } from './testing/open-store.ts'
import { AGREEMENT, twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'

test('an exchange is found the moment it is recorded, before and after its answer', async (context) => {
  const paper = await twoMembers()
  const { store } = await openStore(context, paper, paper.dewa)
  const exchange = nextExchange(paper)
  const { exchange: id } = exchange.request
  assert.equal(await store.find(id), undefined)
  await store.record(exchange.requestBatch, 'received')
  const asked = await store.find(id)
  assert.equal(asked?.state, 'unanswered')
  assert.equal(asked?.role, 'provider')
  await store.record(exchange.answerBatch, 'sent')
  const answered = await store.find(id)
  const { rows, complete } = await store.query({ exchange: id })
  assert.deepEqual(rows, [answered])
  assert.equal(complete, true)
  assert.equal(answered?.state, 'answered')
  assert.equal(answered?.status, 200)
  assert.equal(answered?.messageId, 'message-1')
  // The index knows it now; the answer stays the same.
  assert.deepEqual(await store.find(id), answered)
  assert.equal(await store.find('not an id'), undefined)
})

test('everything is there after closing and opening again', async (context) => {
  const paper = await twoMembers()
  const { network, rta, core } = paper
  const cosign = witnessedBy([core], () => network.nowMs)
  const { store, options } = await openStore(context, paper, rta, { cosign })
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  await store.checkpoint()
  await store[Symbol.asyncDispose]()
  assert.equal(await codeOf(store.record(exchange.requestBatch, 'sent')), 'logging_failed')
  await using again = await openEvidence({ ...options, create: false })
  const file = await again.exportExchange(exchange.request.exchange, network)
  assert.ok(verifyEvidence(formatEvidenceFile(file), network.anchor).ok)
})

test('evidence is made only when that is asked for', async (context) => {
  const paper = await twoMembers()
  const { options } = await openStore(context, paper, paper.rta)
  const elsewhere = { ...options, directory: `${options.directory}-lost`, create: false }
  assert.equal(await codeOf(openEvidence(elsewhere)), 'ledger_missing')
})

test('questions: by message, client, service, user, time, status and error, page by page', async (context) => {
  const paper = await twoMembers()
  const { rta } = paper
  const { store } = await openStore(context, paper, rta)
  const plain = nextExchange(paper)
  const personal = nextExchange(paper, {
    request: { agreement: AGREEMENT, messageId: 'm-2', user: 'EE1' },
  })
  const other = nextExchange(paper, {
    request: { client: `${rta.member}/FINES`, service: 'AE-DU/SEMI/DEWA/METERS/read' },
  })
  const failed = nextExchange(paper, { answer: { status: 502, error: 'backend_unreachable' } })
  for (const exchange of [plain, personal, other, failed]) await recordExchange(store, exchange, true)
  const ids = async (filter: Parameters<EvidenceStore['query']>[0]): Promise<string[]> =>
    (await store.query(filter)).rows.map(({ exchange }) => exchange)
  const [a, b, c, d] = [plain, personal, other, failed].map(({ request }) => request.exchange)
  assert.deepEqual(await ids({}), [d, c, b, a])
  assert.deepEqual(await ids({ messageId: 'm-2' }), [b])
  assert.deepEqual(await ids({ user: 'EE1' }), [b])
  assert.deepEqual(await ids({ client: `${rta.member}/FINES` }), [c])
  assert.deepEqual(await ids({ client: rta.member }), [d, c, b, a])
  assert.deepEqual(await ids({ client: 'AE-DU/GOV/RT' }), [])
  assert.deepEqual(await ids({ service: 'AE-DU/SEMI/DEWA/METERS' }), [c])
  assert.deepEqual(await ids({ service: plain.request.service }), [d, b, a])
  assert.deepEqual(await ids({ from: personal.request.time, until: failed.request.time }), [c, b])
  assert.deepEqual(await ids({ status: 502 }), [d])
  assert.deepEqual(await ids({ error: 'backend_unreachable' }), [d])
  assert.deepEqual(await ids({ error: 'any', service: plain.request.service }), [d])
  const first = await store.query({ limit: 3 })
  assert.equal(first.rows.length, 3)
  const second = await store.query({ limit: 3, cursor: first.cursor ?? '' })
  assert.deepEqual(
    second.rows.map(({ exchange }) => exchange),
    [a],
  )
  assert.equal(second.cursor, undefined)
  for (const wrong of [
    { limit: 0 },
    { limit: 501 },
    { cursor: "1' OR 1" },
    { from: 'yesterday' },
    { exchange: 'x' },
  ]) {
    assert.equal(await codeOf(store.query(wrong)), 'invalid_request')
  }
})

test('notes are kept, but not more of them than there is room for', async (context) => {
  const paper = await twoMembers()
  const { store, events } = await openStore(context, paper, paper.rta, { notes: { perSecond: 1, burst: 3 } })
  const note = { kind: 'refused', atMs: paper.network.nowMs, details: { code: 'access_denied' } }
  const taken = await Promise.all(Array.from({ length: 10 }, () => store.note(note)))
  assert.equal(taken.filter(Boolean).length, 3)
  paper.network.nowMs += 1000
  assert.equal(await store.note(note), true)
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'notes_dropped'),
    [{ kind: 'notes_dropped', count: 7 }],
  )
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  const file = await store.exportExchange(exchange.request.exchange, paper.network)
  assert.equal(file.request.ledger.index, 5)
  assert.ok(verifyEvidence(formatEvidenceFile(file), paper.network.anchor).ok)
})
