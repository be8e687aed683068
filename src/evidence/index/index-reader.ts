import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { formatTime, parseTime } from '../../protocol/clock.ts'
import { isExchangeId } from '../../protocol/exchange-id.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS } from '../evidence-query.ts'
import type { ExchangeFilter, ExchangeRow } from '../evidence-query.ts'
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
}

const CURSOR = /^(\d{1,15})-(\d{1,15})$/

/**
 * The rows that fit a filter, newest first, and the cursor of the next page.
 *
 * @throws WuslaError `invalid_request` for a filter that has not the agreed form
 */
export function queryExchanges(
  database: DatabaseSync,
  filter: ExchangeFilter,
): { rows: ExchangeRow[]; cursor?: string } {
  const limit = filter.limit ?? DEFAULT_PAGE_ROWS
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_ROWS) throw malformed('limit')
  const conditions = conditionsOf(filter)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
  const found = database
    .prepare(`SELECT * FROM exchanges ${where} ORDER BY requested_at DESC, id DESC LIMIT ?`)
    .all(...conditions.flatMap(({ values }) => values), limit + 1)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const rows = page.map(toRow)
  if (found.length <= limit || last === undefined) return { rows }
  return { rows, cursor: `${Number(last['requested_at'])}-${Number(last['id'])}` }
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

function conditionsOf(filter: ExchangeFilter): Condition[] {
  const conditions: Condition[] = []
  const add = (sql: string, ...values: SQLInputValue[]): void => void conditions.push({ sql, values })
  const { exchange, messageId, client, service, user, from, until, status, error, unanswered, cursor } =
    filter
  if (exchange !== undefined) {
    if (!isExchangeId(exchange)) throw malformed('exchange')
    add('exchange = ?', exchangeKey(exchange))
  }
  if (messageId !== undefined) add('message_id = ?', messageId)
  if (user !== undefined) add('user = ?', user)
  if (client !== undefined) conditions.push(beneath('client', client))
  if (service !== undefined) conditions.push(beneath('service', service))
  if (from !== undefined) add('requested_at >= ?', instant('from', from))
  if (until !== undefined) add('requested_at < ?', instant('until', until))
  if (status !== undefined) add('status = ?', status)
  if (error !== undefined) {
    if (error === 'any') add('error IS NOT NULL')
    else add('error = ?', error)
  }
  if (unanswered === true) add('answered_at IS NULL AND erased = 0')
  if (cursor !== undefined) {
    const [, time, id] = CURSOR.exec(cursor) ?? []
    if (time === undefined || id === undefined) throw malformed('cursor')
    add('(requested_at, id) < (?, ?)', Number(time), Number(id))
  }
  return conditions
}

/** The identifier itself or anything beneath it: `0` is the character behind `/`. */
function beneath(column: 'client' | 'service', id: string): Condition {
  return { sql: `(${column} = ? OR (${column} >= ? AND ${column} < ?))`, values: [id, `${id}/`, `${id}0`] }
}

function instant(name: string, text: string): number {
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
    requestedAt: timeOf('requested_at'),
    requestBytes: numberOf('request_bytes'),
    answeredAt: timeOf('answered_at'),
    answerBytes: numberOf('answer_bytes'),
    status: numberOf('status'),
    error: textOf('error'),
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
