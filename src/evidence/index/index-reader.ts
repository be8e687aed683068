import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { formatTime, parseTime } from '../../protocol/clock.ts'
import { isExchangeId } from '../../protocol/exchange-id.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS } from '../evidence-query.ts'
import type { ExchangeFilter, ExchangeRow } from '../evidence-query.ts'
import { acknowledgementColumns } from './acknowledgement-columns.ts'
import { exchangeKey, exchangeOfKey } from './exchange-key.ts'

/** Where in the journal half an exchange lies. */
export interface HalfPlace {
  readonly record: number
  readonly line: number
  readonly isAnswer: boolean
}

interface Condition {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
  /** An index gives the rows that fit in the order of time. */
  readonly isIndexed?: true
}

const CURSOR = /^(\d{1,15})-(\d{1,15})$/

/** A place in the order of rows: newest first. */
interface RowPlace {
  readonly requestedAt: number
  readonly id: number
}

const NEWEST: RowPlace = Object.freeze({ requestedAt: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER })

/** Rows looked at in one step; between two steps the event loop has its turn. */
const STEP_ROWS = 2_000

/** How long a question may look at rows. */
export interface QueryTime {
  /** True when the time is up. */
  readonly isOver: () => boolean
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>
}

/**
 * The rows that fit a filter, newest first, and where to go on. Rows are looked at a few at a time, because a rare
 * status among a hundred million exchanges must not hold up a single one of them; when time is up there are fewer
 * rows than asked for and a cursor all the same.
 *
 * @throws WuslaError `invalid_request` for a filter that has not the agreed form
 */
export async function queryExchanges(
  database: DatabaseSync,
  filter: ExchangeFilter,
  time: QueryTime,
): Promise<{ rows: ExchangeRow[]; cursor?: string }> {
  const limit = filter.limit ?? DEFAULT_PAGE_ROWS
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_ROWS) throw malformed('limit')
  const plan = planOf(filter)
  const rows: Record<string, SQLOutputValue>[] = []
  let place = placeOf(filter.cursor)
  for (;;) {
    const end = endOfStep(database, plan, place)
    rows.push(...rowsUpTo(database, plan, { from: place, to: end, limit: limit + 1 - rows.length }))
    const last = rows[limit - 1]
    if (rows.length > limit && last !== undefined) return pageOf(rows.slice(0, limit), rowPlaceOf(last))
    if (end === undefined) return pageOf(rows)
    if (time.isOver()) return pageOf(rows, end)
    place = end
    await time.pause()
  }
}

function pageOf(
  rows: readonly Record<string, SQLOutputValue>[],
  next?: RowPlace,
): { rows: ExchangeRow[]; cursor?: string } {
  const found = rows.map(toRow)
  return next === undefined ? { rows: found } : { rows: found, cursor: `${next.requestedAt}-${next.id}` }
}

/** The conditions of a filter: those one index answers, and those that are left for the rows it gives. */
interface QueryPlan {
  readonly driver: readonly Condition[]
  readonly rest: readonly Condition[]
}

/** The last row of the next step, or undefined when the step reaches the end. */
function endOfStep(database: DatabaseSync, plan: QueryPlan, from: RowPlace): RowPlace | undefined {
  const { sql, values } = whereOf([...plan.driver, behind(from)])
  const row = database
    .prepare(
      `SELECT requested_at, id FROM exchanges ${sql} ORDER BY requested_at DESC, id DESC LIMIT 1 OFFSET ?`,
    )
    .get(...values, STEP_ROWS - 1)
  return row === undefined ? undefined : rowPlaceOf(row)
}

function rowsUpTo(
  database: DatabaseSync,
  plan: QueryPlan,
  step: { readonly from: RowPlace; readonly to: RowPlace | undefined; readonly limit: number },
): Record<string, SQLOutputValue>[] {
  const { from, to, limit } = step
  const bounds = to === undefined ? [behind(from)] : [behind(from), upTo(to)]
  const { sql, values } = whereOf([...plan.driver, ...bounds, ...plan.rest])
  return database
    .prepare(`SELECT * FROM exchanges ${sql} ORDER BY requested_at DESC, id DESC LIMIT ?`)
    .all(...values, limit)
}

function behind({ requestedAt, id }: RowPlace): Condition {
  return { sql: '(requested_at, id) < (?, ?)', values: [requestedAt, id] }
}

function upTo({ requestedAt, id }: RowPlace): Condition {
  return { sql: '(requested_at, id) >= (?, ?)', values: [requestedAt, id] }
}

function whereOf(conditions: readonly Condition[]): Condition {
  const sql =
    conditions.length === 0 ? '' : `WHERE ${conditions.map((condition) => condition.sql).join(' AND ')}`
  return { sql, values: conditions.flatMap(({ values }) => values) }
}

function rowPlaceOf(row: Record<string, SQLOutputValue>): RowPlace {
  return { requestedAt: Number(row['requested_at']), id: Number(row['id']) }
}

function placeOf(cursor: string | undefined): RowPlace {
  if (cursor === undefined) return NEWEST
  const [, time, id] = CURSOR.exec(cursor) ?? []
  if (time === undefined || id === undefined) throw malformed('cursor')
  return { requestedAt: Number(time), id: Number(id) }
}

/** Where the halves of an exchange lie, in the order of the journal; empty when the index does not know it. */
export function halvesOf(database: DatabaseSync, exchange: string): HalfPlace[] {
  return database
    .prepare(
      'SELECT record, line, answer FROM halves WHERE exchange = (SELECT id FROM exchanges WHERE exchange = ?) ' +
        'ORDER BY record, line',
    )
    .all(exchangeKey(exchange))
    .map((row) => ({
      record: Number(row['record']),
      line: Number(row['line']),
      isAnswer: row['answer'] === 1,
    }))
}

/** The first condition that one index answers in the order of time drives; times go with it. */
function planOf(filter: ExchangeFilter): QueryPlan {
  const { from, until } = filter
  const times: Condition[] = []
  if (from !== undefined) times.push({ sql: 'requested_at >= ?', values: [instantOf('from', from)] })
  if (until !== undefined) times.push({ sql: 'requested_at < ?', values: [instantOf('until', until)] })
  const [driver, ...rest] = [...indexedConditions(filter), ...otherConditions(filter)]
  if (driver === undefined) return { driver: times, rest: [] }
  return driver.isIndexed === true
    ? { driver: [driver, ...times], rest }
    : { driver: times, rest: [driver, ...rest] }
}

/** Conditions with an index of their own, the most selective first. */
function indexedConditions(filter: ExchangeFilter): Condition[] {
  const { exchange, messageId, user, error, unanswered, client, service } = filter
  const { unacknowledged, awaited } = filter
  if (exchange !== undefined && !isExchangeId(exchange)) throw malformed('exchange')
  const equals = (sql: string, value: SQLInputValue | undefined): Condition[] =>
    value === undefined ? [] : [{ sql, values: [value], isIndexed: true }]
  return [
    ...equals('exchange = ?', exchange === undefined ? undefined : exchangeKey(exchange)),
    ...equals('message_id = ?', messageId),
    ...equals('user = ?', user),
    ...equals('error = ?', error === 'any' ? undefined : error),
    ...(error === 'any' ? [{ sql: 'error IS NOT NULL', values: [], isIndexed: true as const }] : []),
    ...(unanswered === true ? [{ sql: 'answered_at IS NULL', values: [], isIndexed: true as const }] : []),
    ...(awaited === true ? [{ sql: 'acknowledgement = 1', values: [], isIndexed: true as const }] : []),
    ...(unacknowledged === true
      ? [{ sql: 'acknowledgement > 0', values: [], isIndexed: true as const }]
      : []),
    ...equals('service = ?', isWhole(service, SERVICE_SEGMENTS) ? service : undefined),
    ...equals('client = ?', isWhole(client, SYSTEM_SEGMENTS) ? client : undefined),
  ]
}

const SYSTEM_SEGMENTS = 4
const SERVICE_SEGMENTS = 5

function isWhole(id: string | undefined, segments: number): boolean {
  return id !== undefined && id.split('/').length >= segments
}

function otherConditions(filter: ExchangeFilter): Condition[] {
  const { unanswered, unacknowledged, awaited, status, client, service } = filter
  const conditions: Condition[] = []
  // Without an answer of the service there is nothing to acknowledge.
  if (unacknowledged === true || awaited === true)
    conditions.push({ sql: 'erased = 0 AND answered_at IS NOT NULL AND error IS NULL', values: [] })
  if (unanswered === true) conditions.push({ sql: 'erased = 0', values: [] })
  if (status !== undefined) conditions.push({ sql: 'status = ?', values: [status] })
  if (client !== undefined && !isWhole(client, SYSTEM_SEGMENTS)) conditions.push(beneath('client', client))
  if (service !== undefined && !isWhole(service, SERVICE_SEGMENTS))
    conditions.push(beneath('service', service))
  return conditions
}

/** The identifier itself or anything beneath it: `0` is the character behind `/`. */
function beneath(column: 'client' | 'service', id: string): Condition {
  return { sql: `(${column} = ? OR (${column} >= ? AND ${column} < ?))`, values: [id, `${id}/`, `${id}0`] }
}

/** An instant of a filter, in milliseconds since 1970. @throws WuslaError `invalid_request` */
export function instantOf(name: string, text: string): number {
  try {
    return parseTime(text)
  } catch {
    throw malformed(name)
  }
}

function malformed(name: string): WuslaError {
  return new WuslaError('invalid_request', {
    message: `The filter's ${name} has not the agreed form`,
    details: { name },
  })
}

function toRow(row: Record<string, SQLOutputValue>): ExchangeRow {
  const { exchange, provider, ...columns } = row
  const textOf = (name: string): string | undefined => {
    const value = columns[name]
    return typeof value === 'string' ? value : undefined
  }
  const numberOf = (name: string): number | undefined => {
    const value = columns[name]
    return typeof value === 'number' ? value : undefined
  }
  const timeOf = (name: string): string | undefined => {
    const value = numberOf(name)
    return value === undefined || value === 0 ? undefined : formatTime(value)
  }
  return dropUndefined({
    exchange: exchangeOfKey(exchange as Uint8Array),
    role: provider === 1 ? 'provider' : 'consumer',
    state: stateOf(columns),
    client: textOf('client'),
    service: textOf('service'),
    method: textOf('method'),
    path: textOf('path'),
    messageId: textOf('message_id'),
    user: textOf('user'),
    agreement: textOf('agreement'),
    purpose: textOf('purpose'),
    requestedAt: timeOf('requested_at'),
    requestBytes: numberOf('request_bytes'),
    answeredAt: timeOf('answered_at'),
    answerBytes: numberOf('answer_bytes'),
    status: numberOf('status'),
    error: textOf('error'),
    ...acknowledgementColumns(columns),
  })
}

function stateOf(columns: Record<string, SQLOutputValue>): ExchangeRow['state'] {
  if (columns['erased'] === 1) return 'erased'
  if (columns['requested_at'] === 0) return 'unasked'
  return columns['answered_at'] === null ? 'unanswered' : 'answered'
}

function dropUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
