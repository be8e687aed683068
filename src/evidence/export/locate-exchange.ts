import type { BatchHeader } from '../../protocol/batch.ts'
import { exchangeTime } from '../../protocol/exchange-id.ts'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { HalfPlace } from '../index/index-reader.ts'
import { decodeBatchRecord, isBatchRecord } from '../record/batch-record.ts'
import { timeOfRecord } from '../record/record-time.ts'

/** Where the journal is read from. */
export interface JournalView {
  readonly size: number
  readonly firstRecord: number
  records(fromIndex: number): AsyncIterable<{ readonly sequence: number; readonly record: Buffer }>
  readRecord(index: number): Promise<Buffer | undefined>
}

/** What the index knows. */
export interface IndexView {
  readonly nextRecord: number
  halvesOf(exchange: string): HalfPlace[]
}

/** From so many records on the search begins near the time in the exchange's name. */
const MANY_RECORDS = 2_000

/** The time in a name is the consumer's; clocks may be apart by this. Unit: milliseconds. */
const CLOCK_SLACK_MS = 60_000

/**
 * Where the halves of an exchange lie, up to its first answer. What the index knows is asked of the index; records
 * that are newer than it are searched byte by byte, so an exchange is found at once however far the index is
 * behind.
 *
 * @param withinMs - how long the search may take
 * @throws WuslaError `evidence_behind` when that was not enough
 */
export async function locateExchange(
  index: IndexView,
  journal: JournalView,
  exchange: string,
  withinMs: number,
): Promise<HalfPlace[]> {
  const { size } = journal
  const from = Math.max(index.nextRecord, journal.firstRecord)
  const found = index.halvesOf(exchange)
  if (hasAnswer(found) || from >= size) return found
  const search = { journal, exchange, size, deadline: performance.now() + withinMs }
  if (size - from > MANY_RECORDS) {
    const near = await recordNear(journal, from, size, exchangeTime(exchange) - CLOCK_SLACK_MS)
    const early = await searchRecords({ ...search, from: near })
    // Without an answer there it may lie before: a clock was far off.
    if (hasAnswer(early)) return joined(found, early)
  }
  return joined(found, await searchRecords({ ...search, from }))
}

/**
 * Whether the journal holds more of an exchange than one half, the copy of a request that was recorded last: then a
 * backend may have been called for it. True also when that cannot be found out in time.
 */
export async function isRecordedTwice(
  { index, ledger }: { readonly index: IndexView; readonly ledger: JournalView },
  exchange: string,
  withinMs: number,
): Promise<boolean> {
  try {
    return (await locateExchange(index, ledger, exchange, withinMs)).length > 1
  } catch (cause) {
    if (isWuslaError(cause) && cause.code === 'evidence_behind') return true
    throw cause
  }
}

function hasAnswer(places: readonly HalfPlace[]): boolean {
  return places.some(({ isAnswer }) => isAnswer)
}

async function searchRecords(search: {
  readonly journal: JournalView
  readonly exchange: string
  readonly from: number
  readonly size: number
  readonly deadline: number
}): Promise<HalfPlace[]> {
  const { journal, exchange, from, size, deadline } = search
  const found: HalfPlace[] = []
  for await (const { sequence, record } of journal.records(from)) {
    if (sequence >= size || hasAnswer(found)) break
    if (performance.now() > deadline) {
      throw new WuslaError('evidence_behind', { details: { recordsBehind: size - sequence } })
    }
    if (record.includes(exchange) && isBatchRecord(record))
      found.push(...placesIn(record, sequence, exchange))
  }
  return found
}

function placesIn(bytes: Buffer, record: number, exchange: string): HalfPlace[] {
  const { lines, header } = decodeBatchRecord(bytes)
  const isAnswer = (JSON.parse(header) as BatchHeader).kind === 'answers'
  return lines.flatMap((line, at) => {
    // The name may also stand in a path or an issue: only the member itself counts.
    const isHalf =
      line.includes(exchange) && (JSON.parse(line) as { exchange?: string }).exchange === exchange
    return isHalf ? [{ record, line: at, isAnswer }] : []
  })
}

/** The first record from about this time on, by halving; records follow each other in time, if not strictly. */
async function recordNear(journal: JournalView, from: number, to: number, timeMs: number): Promise<number> {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const record = await journal.readRecord(middle)
    const madeMs = record === undefined ? undefined : timeOfRecord(record)
    if (madeMs !== undefined && madeMs >= timeMs) high = middle
    else low = middle + 1
  }
  return low
}

function joined(known: readonly HalfPlace[], more: readonly HalfPlace[]): HalfPlace[] {
  const places = new Map([...known, ...more].map((place) => [`${place.record} ${place.line}`, place]))
  return [...places.values()].sort((a, b) => a.record - b.record || a.line - b.line)
}
