import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { AnsweredCount, CountedPeriod } from '../answered-count.ts'
import { instantOf, type QueryTime } from './index-reader.ts'

/** Rows looked at in one step; between two steps the event loop has its turn. */
const STEP_ROWS = 1_000

const CURSOR = /^(\d{1,15})-(\d{1,15})$/

/**
 * How many requests of this side's systems the service answered with a status below 400, by agreement and service. Rows
 * are walked in steps by the index of times, so neither memory nor one stretch of work grows with the evidence.
 *
 * @throws WuslaError `invalid_request` for an instant or a cursor that has not the agreed form
 */
export async function countAnswered(
  database: DatabaseSync,
  period: CountedPeriod,
  time: QueryTime,
): Promise<{ counts: AnsweredCount[]; cursor?: string }> {
  const untilMs = period.until === undefined ? Number.MAX_SAFE_INTEGER : instantOf('until', period.until)
  const totals = new Map<string, AnsweredCount>()
  let place = placeOf(period)
  for (;;) {
    const end = endOfStep(database, place, untilMs)
    for (const row of countStep(database, place, end ?? { requestedAt: untilMs, id: 0 })) add(totals, row)
    if (end === undefined) return { counts: [...totals.values()] }
    if (time.isOver()) return { counts: [...totals.values()], cursor: `${end.requestedAt}-${end.id}` }
    place = end
    await time.pause()
  }
}

/** The first row of a step: rows are walked from the oldest on, so that those that come meanwhile are met last. */
interface StepPlace {
  readonly requestedAt: number
  readonly id: number
}

function placeOf({ from, cursor }: CountedPeriod): StepPlace {
  // Rows without a request have the time 0: an answer alone says nothing of agreement and service.
  if (cursor === undefined) return { requestedAt: from === undefined ? 1 : instantOf('from', from), id: 0 }
  const [, requestedAt, id] = CURSOR.exec(cursor) ?? []
  if (requestedAt === undefined || id === undefined)
    throw new WuslaError('invalid_request', {
      message: "The filter's cursor has not the agreed form",
      details: { name: 'cursor' },
    })
  return { requestedAt: Number(requestedAt), id: Number(id) }
}

/** The first row behind the step, or undefined when the step reaches the end. */
function endOfStep(database: DatabaseSync, from: StepPlace, untilMs: number): StepPlace | undefined {
  const row = database
    .prepare(
      'SELECT requested_at, id FROM exchanges WHERE (requested_at, id) >= (?, ?) AND requested_at < ? ' +
        'ORDER BY requested_at, id LIMIT 1 OFFSET ?',
    )
    .get(from.requestedAt, from.id, untilMs, STEP_ROWS)
  return row === undefined ? undefined : { requestedAt: Number(row['requested_at']), id: Number(row['id']) }
}

function countStep(
  database: DatabaseSync,
  from: StepPlace,
  end: StepPlace,
): Record<string, SQLOutputValue>[] {
  return database
    .prepare(
      'SELECT agreement, service, count(*) AS answered FROM exchanges WHERE (requested_at, id) >= (?, ?) ' +
        'AND (requested_at, id) < (?, ?) AND provider = 0 AND answered_at IS NOT NULL AND error IS NULL ' +
        // Acknowledgements are exchanges of gateways, and save nobody a sheet of paper.
        "AND status < 400 AND service IS NOT NULL AND (path IS NULL OR path NOT LIKE '/.wusla/%') GROUP BY agreement, service",
    )
    .all(from.requestedAt, from.id, end.requestedAt, end.id)
}

function add(totals: Map<string, AnsweredCount>, row: Record<string, SQLOutputValue>): void {
  const [agreement, service] = [String(row['agreement']), String(row['service'])]
  const key = `${agreement} ${service}`
  const answered = (totals.get(key)?.answered ?? 0) + Number(row['answered'])
  totals.set(key, { agreement, service, answered })
}
