import type { ExchangeIndex } from '../index/exchange-index.ts'
import type { HalfPlace } from '../index/index-reader.ts'
import type { BatchHeader } from '../../protocol/batch.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { decodeBatchRecord, isBatchRecord } from '../record/batch-record.ts'

/** Where the journal is read from. */
export interface JournalView {
  readonly size: number
  records(fromIndex: number): AsyncIterable<{ readonly sequence: number; readonly record: Buffer }>
}

/**
 * Where the halves of an exchange lie. What the index knows is asked of the index; records that are newer than it
 * are searched byte by byte, so an exchange is found at once however far the index is behind.
 *
 * @param withinMs - how long the search may take
 * @throws WuslaError `evidence_behind` when that was not enough
 */
export async function locateExchange(
  index: ExchangeIndex,
  journal: JournalView,
  exchange: string,
  withinMs: number,
): Promise<HalfPlace[]> {
  const from = index.nextRecord
  const places = new Map<string, HalfPlace>()
  const add = (place: HalfPlace): void => void places.set(`${place.record} ${place.line}`, place)
  for (const place of index.halvesOf(exchange)) add(place)
  const deadline = performance.now() + withinMs
  const size = journal.size
  for await (const { sequence, record } of journal.records(from)) {
    if (sequence >= size) break
    if (performance.now() > deadline) {
      throw new WuslaError('evidence_behind', { details: { recordsBehind: size - sequence } })
    }
    if (record.includes(exchange) && isBatchRecord(record))
      for (const place of placesIn(record, sequence, exchange)) add(place)
  }
  return [...places.values()].sort((a, b) => a.record - b.record || a.line - b.line)
}

function placesIn(bytes: Buffer, record: number, exchange: string): HalfPlace[] {
  const { lines, header } = decodeBatchRecord(bytes)
  const isAnswer = (JSON.parse(header) as BatchHeader).kind === 'answers'
  return lines.flatMap((line, at) => {
    // The id may also stand in a path or a header's text: only the member itself counts.
    const isHalf =
      line.includes(exchange) && (JSON.parse(line) as { exchange?: string }).exchange === exchange
    return isHalf ? [{ record, line: at, isAnswer }] : []
  })
}
