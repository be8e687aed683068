import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HalfPlace } from '../index/index-reader.ts'
import { encodeBatchRecord } from '../record/batch-record.ts'
import { encodeNoteRecord } from '../record/note-record.ts'
import { exchangeOnPaper } from '../testing/paper-exchange.ts'
import type { PaperExchange } from '../testing/paper-exchange.ts'
import { newGateway } from '../testing/paper-network.ts'
import { isRecordedTwice, locateExchange } from './locate-exchange.ts'
import type { IndexView, JournalView } from './locate-exchange.ts'

const [rta, dewa] = [newGateway('AE-DU/GOV/RTA/gw-1'), newGateway('AE-DU/SEMI/DEWA/gw-1')]
const NOW = Date.UTC(2026, 10, 23)
const NOTHING: IndexView = { nextRecord: 0, halvesOf: () => [] }

class PaperJournal implements JournalView {
  readonly all: Buffer[] = []
  firstRecord = 0
  /** How many records a search has read. */
  read = 0

  get size(): number {
    return this.all.length
  }

  async *records(fromIndex: number): AsyncIterable<{ sequence: number; record: Buffer }> {
    for (const [sequence, record] of this.all.entries()) {
      if (sequence < Math.max(fromIndex, this.firstRecord)) continue
      this.read += 1
      yield { sequence, record }
    }
  }

  async readRecord(index: number): Promise<Buffer | undefined> {
    this.read += 1
    return index < this.firstRecord ? undefined : this.all[index]
  }

  add(exchange: PaperExchange): number {
    this.all.push(
      encodeBatchRecord(exchange.requestBatch, 'sent'),
      encodeBatchRecord(exchange.answerBatch, 'received'),
    )
    return this.all.length - 2
  }
}

function exchangeAt(nowMs: number, path: string = '/2026'): PaperExchange {
  return exchangeOnPaper(rta, dewa, { nowMs, size: 2, place: 1, request: { path } })
}

const placesOf = (record: number): HalfPlace[] => [
  { record, line: 1, isAnswer: false },
  { record: record + 1, line: 1, isAnswer: true },
]

test('an exchange is found in records the index has not seen', async () => {
  const journal = new PaperJournal()
  journal.add(exchangeAt(NOW))
  const wanted = exchangeAt(NOW + 1)
  const record = journal.add(wanted)
  journal.add(exchangeAt(NOW + 2))
  assert.deepEqual(await locateExchange(NOTHING, journal, wanted.request.exchange, 1_000), placesOf(record))
})

test('a name that only stands in a path, an issue or a note is not the exchange', async () => {
  const journal = new PaperJournal()
  const wanted = exchangeAt(NOW)
  const { exchange } = wanted.request
  journal.add(exchangeAt(NOW, `/${exchange}`))
  journal.all.push(encodeNoteRecord({ kind: 'refused', atMs: NOW, exchange }))
  assert.deepEqual(await locateExchange(NOTHING, journal, exchange, 1_000), [])
  const record = journal.add(wanted)
  assert.deepEqual(await locateExchange(NOTHING, journal, exchange, 1_000), placesOf(record))
})

test('what the index knows is joined with what it has not seen, each place once', async () => {
  const journal = new PaperJournal()
  const wanted = exchangeAt(NOW)
  const record = journal.add(wanted)
  const [request] = placesOf(record)
  const index: IndexView = { nextRecord: record, halvesOf: () => (request === undefined ? [] : [request]) }
  assert.deepEqual(await locateExchange(index, journal, wanted.request.exchange, 1_000), placesOf(record))
})

test('far behind, the search begins near the time in the name', async () => {
  const journal = new PaperJournal()
  const hour = exchangeAt(NOW)
  const old = encodeBatchRecord(hour.requestBatch, 'sent').toString('latin1')
  for (let minute = 0; minute < 10_000; minute += 1) {
    const time = new Date(NOW - (10_000 - minute) * 60_000).toISOString()
    journal.all.push(Buffer.from(old.replaceAll(hour.request.time, time), 'latin1'))
  }
  const wanted = exchangeAt(NOW + 60_000)
  const record = journal.add(wanted)
  assert.deepEqual(await locateExchange(NOTHING, journal, wanted.request.exchange, 10_000), placesOf(record))
  assert.ok(journal.read < 100, `${journal.read} records read`)
})

test('a consumer whose clock is off is found all the same', async () => {
  const journal = new PaperJournal()
  const wanted = exchangeAt(NOW + 3_600_000)
  const record = journal.add(wanted)
  for (let at = 0; at < 1_200; at += 1) journal.add(exchangeAt(NOW + at))
  assert.deepEqual(await locateExchange(NOTHING, journal, wanted.request.exchange, 10_000), placesOf(record))
})

test('without time enough it says so instead of saying no', async () => {
  const journal = new PaperJournal()
  for (let at = 0; at < 5; at += 1) journal.add(exchangeAt(NOW + at))
  const { exchange } = exchangeAt(NOW + 9).request
  await assert.rejects(locateExchange(NOTHING, journal, exchange, -1), { code: 'evidence_behind' })
})

test('a request is recorded twice when an earlier copy or its answer is there, or when that cannot be told', async () => {
  const ledger = new PaperJournal()
  const wanted = exchangeAt(NOW)
  const { exchange } = wanted.request
  const asked = (withinMs: number): Promise<boolean> =>
    isRecordedTwice({ index: NOTHING, ledger }, exchange, withinMs)
  ledger.all.push(encodeBatchRecord(exchangeAt(NOW).requestBatch, 'received'))
  assert.equal(await asked(1_000), false)
  ledger.all.push(encodeBatchRecord(wanted.requestBatch, 'received'))
  assert.equal(await asked(1_000), false)
  assert.equal(await asked(-1), true, 'no time to look')
  ledger.all.push(encodeBatchRecord(wanted.requestBatch, 'received'))
  assert.equal(await asked(1_000), true)
})
