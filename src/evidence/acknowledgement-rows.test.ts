import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { acknowledgementPath } from '../protocol/acknowledgement.ts'
import { formatTime } from '../protocol/clock.ts'
import { digest256 } from '../protocol/digest.ts'
import { encodeAnswerStatement } from '../protocol/statement.ts'
import { awaitedNote, overdueNote } from './acknowledgement-notes.ts'
import type { ExchangeRow } from './evidence-query.ts'
import { type EvidenceStore, openEvidence } from './evidence-store.ts'
import { nextExchange, type OpenStore, openStore, recordExchange } from './testing/open-store.ts'
import { NO_BODY, type PaperExchange } from './testing/paper-exchange.ts'
import { type TwoMembers, twoMembers } from './testing/two-members.ts'

interface Bench extends OpenStore {
  readonly paper: TwoMembers
}

/** The evidence of DEWA, the provider. */
async function open(context: TestContext): Promise<Bench> {
  const paper = await twoMembers()
  return { paper, ...(await openStore(context, paper, paper.dewa)) }
}

/** An exchange whose answer has to be acknowledged, as DEWA records it. */
async function awaited({ store, paper }: Bench): Promise<PaperExchange> {
  const exchange = nextExchange(paper)
  await store.record(exchange.requestBatch, 'received')
  await store.remember(awaitedNote(exchange.request.exchange, 'provider', paper.network.nowMs))
  await store.record(exchange.answerBatch, 'sent')
  return exchange
}

/** The acknowledgement of an exchange, with the answer that it gets. */
async function acknowledge(
  { store, paper }: Pick<Bench, 'store' | 'paper'>,
  about: PaperExchange,
  answer: { readonly status: number; readonly error?: string } = { status: 204 },
): Promise<PaperExchange> {
  const { exchange } = about.request
  const path = acknowledgementPath({ exchange, answer: digest256(encodeAnswerStatement(about.answer)) })
  const { agreement } = about.request
  const request = { agreement, method: 'PUT', path, ...NO_BODY }
  const made = nextExchange(paper, { request, answer: { ...NO_BODY, ...answer } })
  await recordExchange(store, made, false)
  return made
}

const missing = async (store: EvidenceStore): Promise<string[]> =>
  (await store.query({ unacknowledged: true })).rows.map(({ exchange }) => exchange)

async function rowOf(store: EvidenceStore, { request }: PaperExchange): Promise<ExchangeRow | undefined> {
  const [row] = (await store.query({ exchange: request.exchange })).rows
  assert.deepEqual(await store.find(request.exchange), row, 'found by its name as in a list')
  return row
}

test('an answer is awaited from its note on, and there with the answer to its acknowledgement', async (context) => {
  const bench = await open(context)
  const { store, paper } = bench
  await recordExchange(store, nextExchange(paper), false)
  const exchange = await awaited(bench)
  assert.deepEqual(await missing(store), [exchange.request.exchange])
  assert.equal((await rowOf(store, exchange))?.acknowledgement, 'awaited')
  const made = await acknowledge(bench, exchange)
  assert.deepEqual(await missing(store), [])
  const row = await rowOf(store, exchange)
  assert.deepEqual([row?.acknowledgement, row?.acknowledgedAt], ['there', made.answer.time])
})

test('a refused acknowledgement is none, and the first that is taken counts', async (context) => {
  const bench = await open(context)
  const { store } = bench
  const exchange = await awaited(bench)
  await acknowledge(bench, exchange, { status: 409, error: 'conflict' })
  assert.equal((await rowOf(store, exchange))?.acknowledgement, 'awaited')
  const first = await acknowledge(bench, exchange)
  await acknowledge(bench, exchange)
  assert.equal((await rowOf(store, exchange))?.acknowledgedAt, first.answer.time)
})

test('what is overdue stays in the list, and a late acknowledgement counts all the same', async (context) => {
  const bench = await open(context)
  const { store, paper } = bench
  const exchange = await awaited(bench)
  await store.remember(overdueNote(exchange.request.exchange, paper.network.nowMs))
  assert.equal((await rowOf(store, exchange))?.acknowledgement, 'overdue')
  assert.deepEqual(await missing(store), [exchange.request.exchange])
  assert.deepEqual((await store.query({ awaited: true })).rows, [])
  const made = await acknowledge(bench, exchange)
  // A note that was on its way when the acknowledgement came takes nothing back.
  await store.remember(overdueNote(exchange.request.exchange, paper.network.nowMs))
  const row = await rowOf(store, exchange)
  assert.deepEqual([row?.acknowledgement, row?.acknowledgedAt], ['there', made.answer.time])
})

test('an exchange without an answer of the service waits for no acknowledgement', async (context) => {
  const { store, paper } = await open(context)
  const unanswered = nextExchange(paper)
  await store.remember(awaitedNote(unanswered.request.exchange, 'provider', paper.network.nowMs))
  await store.record(unanswered.requestBatch, 'received')
  const refused = nextExchange(paper, { answer: { status: 502, error: 'backend_unreachable' } })
  await store.remember(awaitedNote(refused.request.exchange, 'provider', paper.network.nowMs))
  await recordExchange(store, refused, false)
  assert.deepEqual(await missing(store), [])
})

test('the evidence tells what this gateway answered, and only that', async (context) => {
  const bench = await open(context)
  const { store, paper } = bench
  const exchange = await awaited(bench)
  const { client, service, agreement } = exchange.request
  const answer = digest256(encodeAnswerStatement(exchange.answer))
  const told = { client, service, agreement, from: paper.rta.id, answer }
  assert.deepEqual(await store.answered(exchange.request.exchange), told)
  const own = nextExchange(paper)
  await recordExchange(store, own, true)
  assert.equal(await store.answered(own.request.exchange), undefined, 'it asked this one itself')
  assert.equal(await store.answered('019aafa1-3f23-7c10-9d4e-0f6f5c1f0a01'), undefined)
})

test('a gateway that was killed knows the same, also when its index is gone', async (context) => {
  const bench = await open(context)
  const { store, options, paper } = bench
  const [there, awaits, overdue] = [await awaited(bench), await awaited(bench), await awaited(bench)]
  await acknowledge(bench, there)
  await store.remember(overdueNote(overdue.request.exchange, paper.network.nowMs))
  // What lies on the disk at this moment is all that a killed process leaves: nothing was closed.
  const folder = await mkdtemp(join(tmpdir(), 'wusla-killed-'))
  context.after(async () => await rm(folder, { recursive: true }))
  for (const hasIndex of [true, false]) {
    const directory = join(folder, String(hasIndex))
    await cp(options.directory, directory, { recursive: true })
    if (!hasIndex)
      for (const suffix of ['', '-wal', '-shm'])
        await rm(join(directory, `index.sqlite${suffix}`), { force: true })
    await using again = await openEvidence({ ...options, directory, create: false })
    const states = [there, awaits, overdue].map(async (each) => (await rowOf(again, each))?.acknowledgement)
    assert.deepEqual(await Promise.all(states), ['there', 'awaited', 'overdue'])
    // And goes on where it was.
    const made = await acknowledge({ store: again, paper }, overdue)
    assert.equal((await rowOf(again, overdue))?.acknowledgedAt, made.answer.time)
  }
})

test('acknowledgements are in no figure of what was answered', async (context) => {
  const paper = await twoMembers()
  const { store } = await openStore(context, paper, paper.rta)
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  const path = acknowledgementPath({ exchange: exchange.request.exchange, answer: digest256('x') })
  const request = { agreement: exchange.request.agreement, method: 'PUT', path, ...NO_BODY }
  await recordExchange(store, nextExchange(paper, { request, answer: { ...NO_BODY, status: 204 } }), true)
  const until = formatTime(paper.network.nowMs + 1_000)
  const { counts } = await store.countAnswered({ until })
  assert.deepEqual(
    counts.map(({ answered }) => answered),
    [1],
  )
})
