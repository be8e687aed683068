import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { EvidenceEvent } from '../evidence-event.ts'
import { encodeBatchRecord } from '../record/batch-record.ts'
import { encodeNoteRecord } from '../record/note-record.ts'
import { exchangeOnPaper, neighbours, sealBatch } from '../testing/paper-exchange.ts'
import { newGateway } from '../testing/paper-network.ts'
import { pauseBetweenSlices } from './index-pace.ts'
import { ExchangeIndex } from './exchange-index.ts'
import type { ExchangeIndexOptions, RecordSource } from './exchange-index.ts'

const [rta, dewa] = [newGateway('AE-DU/GOV/RTA/gw-1'), newGateway('AE-DU/SEMI/DEWA/gw-1')]
const NOW = Date.UTC(2026, 10, 23)

/** A journal in memory whose oldest records may be gone. */
class PaperJournal implements RecordSource {
  readonly origin = 'wusla/AE-DU/GOV/RTA/gw-1'
  readonly all: Buffer[] = []
  first = 0
  reads = 0

  get size(): number {
    return this.all.length
  }

  async *records(fromIndex: number): AsyncIterable<{ sequence: number; record: Buffer }> {
    this.reads += 1
    for (let sequence = Math.max(fromIndex, this.first); sequence < this.all.length; sequence += 1) {
      const record = this.all[sequence]
      if (record !== undefined) yield { sequence, record }
    }
  }

  /** Batches of requests that are never answered. */
  fill(batches: number, size: number): void {
    for (let at = 0; at < batches; at += 1) {
      const statements = neighbours(size, NOW + this.all.length * 1000)
      this.all.push(encodeBatchRecord(sealBatch(rta, dewa, statements), 'sent'))
    }
  }
}

function open(
  context: TestContext,
  source: RecordSource,
  others: Partial<ExchangeIndexOptions> = {},
): { index: ExchangeIndex; events: EvidenceEvent[]; file: string } {
  const directory = mkdtempSync(join(tmpdir(), 'wusla-index-'))
  const events: EvidenceEvent[] = []
  const file = join(directory, 'index.sqlite')
  const index = new ExchangeIndex({ file, source, onEvent: (event) => events.push(event), ...others })
  context.after(async () => {
    await index[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })
  return { index, events, file }
}

test('work is done in slices of five milliseconds, within a record as well', async (context) => {
  const journal = new PaperJournal()
  journal.fill(3, 100)
  // Every look at the clock costs a millisecond, so a slice takes about five statements.
  let nowMs = 0
  const elapsedMs = (): number => (nowMs += 1)
  const { index } = open(context, journal, { elapsedMs })
  let turns = 0
  const counter = setInterval(() => (turns += 1), 0)
  assert.equal(await index.catchUp(Infinity), true)
  clearInterval(counter)
  assert.equal((await index.query({ limit: 500 })).rows.length, 300)
  assert.ok(nowMs > 300)
  assert.ok(turns >= 3, `the event loop had ${turns} turns of its own`)
})

test('a question with too little time says how far behind the index is', async (context) => {
  const journal = new PaperJournal()
  journal.fill(50, 50)
  let nowMs = 0
  const { index } = open(context, journal, { elapsedMs: () => (nowMs += 1) })
  assert.equal(await index.catchUp(100), false)
  assert.ok(index.recordsBehind > 0 && index.recordsBehind < 50)
  assert.ok((await index.query({})).rows.length > 0)
  assert.equal(await index.catchUp(Infinity), true)
  assert.equal(index.recordsBehind, 0)
})

test('the index goes on where it stopped, in the middle of a record', async (context) => {
  const journal = new PaperJournal()
  journal.fill(2, 200)
  let nowMs = 0
  const { index, file } = open(context, journal, { elapsedMs: () => (nowMs += 1) })
  await index.catchUp(60)
  const before = (await index.query({ limit: 500 })).rows.length
  assert.ok(before > 0 && before < 200, `${before} rows`)
  await index[Symbol.asyncDispose]()
  const again = new ExchangeIndex({ file, source: journal, onEvent: () => undefined })
  context.after(() => again[Symbol.asyncDispose]())
  assert.equal((await again.query({ limit: 500 })).rows.length, before)
  assert.equal(await again.catchUp(60_000), true)
  assert.equal((await again.query({ limit: 500 })).rows.length, 400)
})

test('it catches up in the background, without a question', async (context) => {
  const journal = new PaperJournal()
  journal.fill(20, 20)
  const { index } = open(context, journal)
  for (let turn = 0; index.recordsBehind > 0; turn += 1) {
    assert.ok(turn < 2_000, 'it never caught up')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.equal((await index.query({ limit: 500 })).rows.length, 400)
})

test('while exchanges come in it steps back, and goes on when they do not', async (context) => {
  const journal = new PaperJournal()
  let nowMs = 0
  // Every look at the clock costs a millisecond, so that a slice of the background takes one statement.
  const { index } = open(context, journal, { elapsedMs: () => (nowMs += 1) })
  journal.fill(1, 100)
  index.touch()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const busy = (await index.query({ limit: 500 })).rows.length
  assert.ok(busy <= 8, `${busy} statements in 300 ms`)
  nowMs += 1_000
  for (let turn = 0; index.recordsBehind > 0; turn += 1) {
    assert.ok(turn < 2_000, 'it never went on')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
})

test('the pace: nothing to do, nobody about, exchanges coming in, far behind', () => {
  assert.equal(pauseBetweenSlices(0, 0), 250)
  assert.equal(pauseBetweenSlices(1, 250), 1)
  assert.equal(pauseBetweenSlices(1, 249), 49)
  assert.equal(pauseBetweenSlices(500_001, 249), 9)
})

test('a file of another ledger, or of a longer one, is not trusted', async (context) => {
  const journal = new PaperJournal()
  journal.fill(3, 2)
  const { index, file } = open(context, journal)
  await index.catchUp(1_000)
  await index[Symbol.asyncDispose]()
  const shorter = new PaperJournal()
  shorter.fill(1, 2)
  const other = Object.assign(new PaperJournal(), { origin: 'wusla/AE-DU/SEMI/DEWA/gw-1', all: journal.all })
  for (const source of [shorter, other]) {
    const again = new ExchangeIndex({ file, source, onEvent: () => undefined })
    assert.equal(again.nextRecord, 0)
    await again.catchUp(1_000)
    assert.equal((await again.query({})).rows.length, source.size * 2)
    await again[Symbol.asyncDispose]()
  }
})

test('records whose retention ended are passed over and forgotten', async (context) => {
  const journal = new PaperJournal()
  journal.fill(10, 3)
  const { index } = open(context, journal)
  await index.catchUp(1_000)
  journal.first = 6
  await index.forgetBefore(6)
  assert.equal((await index.query({})).rows.length, 12)
  const fresh = open(context, journal).index
  await fresh.catchUp(1_000)
  assert.deepEqual((await fresh.query({})).rows, (await index.query({})).rows)
  journal.first = 10
  const empty = open(context, journal).index
  assert.equal(await empty.catchUp(1_000), true)
  assert.equal((await empty.query({})).rows.length, 0)
})

test('an answer that comes before its request, twice, and for nothing', async (context) => {
  const journal = new PaperJournal()
  const exchange = exchangeOnPaper(rta, dewa, { nowMs: NOW, size: 1, place: 0 })
  const late = exchangeOnPaper(rta, dewa, { nowMs: NOW + 5, size: 1, place: 0 })
  const add = (batch: typeof exchange.requestBatch, direction: 'sent' | 'received'): number =>
    journal.all.push(encodeBatchRecord(batch, direction))
  add(exchange.answerBatch, 'received')
  add(exchange.requestBatch, 'sent')
  add(exchange.answerBatch, 'received')
  add(late.answerBatch, 'received')
  const { index } = open(context, journal)
  await index.catchUp(1_000)
  const { rows } = await index.query({})
  assert.deepEqual(
    rows.map(({ exchange: id, state, role }) => [id, state, role]),
    [
      [exchange.request.exchange, 'answered', 'consumer'],
      [late.request.exchange, 'unasked', 'consumer'],
    ],
  )
  assert.equal(index.halvesOf(exchange.request.exchange).length, 3)
})

test('a note about an erasure marks the exchange, known or not', async (context) => {
  const journal = new PaperJournal()
  const [known, unknown] = [NOW, NOW + 9].map((nowMs) =>
    exchangeOnPaper(rta, dewa, { nowMs, size: 1, place: 0 }),
  )
  assert.ok(known && unknown)
  journal.all.push(encodeBatchRecord(known.requestBatch, 'sent'))
  for (const { request } of [known, unknown]) {
    journal.all.push(encodeNoteRecord({ kind: 'statements_erased', atMs: NOW, exchange: request.exchange }))
  }
  const { index } = open(context, journal)
  await index.catchUp(1_000)
  const { rows } = await index.query({})
  assert.deepEqual(
    rows.map(({ exchange, state, path, messageId }) => [exchange, state, path, messageId]),
    [known, unknown].map(({ request }) => [request.exchange, 'erased', undefined, undefined]),
  )
})

test('a record that cannot be read stops the index, which says so once', async (context) => {
  const journal = new PaperJournal()
  journal.fill(1, 1)
  journal.all.push(Buffer.from('batch sent'))
  const { index, events } = open(context, journal)
  assert.equal(await index.catchUp(1_000), false)
  assert.equal(await index.catchUp(1_000), false)
  assert.deepEqual(
    events.map((event) => [event.kind, event.kind === 'index_failed' && event.error.code]),
    [['index_failed', 'ledger_corrupt']],
  )
})

test('of two answers to one exchange the row tells the last', async (context) => {
  const journal = new PaperJournal()
  const exchange = '019aaf35-3c55-7c3a-9d6a-5f7f0c1d2e3f'
  for (const time of ['2026-11-23T08:00:00.000Z', '2026-11-23T08:00:01.000Z']) {
    const paper = exchangeOnPaper(rta, dewa, { nowMs: NOW, request: { exchange }, answer: { time } })
    journal.all.push(encodeBatchRecord(paper.requestBatch, 'received'))
    journal.all.push(encodeBatchRecord(paper.answerBatch, 'sent'))
  }
  const { index } = open(context, journal)
  assert.equal(await index.catchUp(60_000), true)
  const { rows } = await index.query({ exchange })
  assert.deepEqual(
    rows.map(({ answeredAt }) => answeredAt),
    ['2026-11-23T08:00:01.000Z'],
  )
})
