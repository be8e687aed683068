import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import type { AnsweredCount, CountedPeriod } from '../answered-count.ts'
import { countAnswered } from './count-answered.ts'
import { exchangeKey } from './exchange-key.ts'
import { openIndexFile } from './index-schema.ts'

const NOW = Date.UTC(2026, 10, 23)
const ROWS = 5_500
const SERVICES = ['AE-DU/SEMI/DEWA/BILLING/bills', 'AE-DU/GOV/DDA/PORTAL/holidays'] as const

interface Row {
  readonly requestedAt: number
  readonly service: string
  readonly isCounted: boolean
}

/** Rows of every kind, five of them at each millisecond; `isCounted` is worked out by hand. */
function rowOf(at: number): Row & { readonly values: (string | number | Uint8Array | null)[] } {
  const requestedAt = at % 13 === 0 ? 0 : NOW + Math.floor(at / 5)
  const service = SERVICES[at % 2] ?? SERVICES[0]
  const isProvider = at % 7 === 0
  const answeredAt = at % 11 === 0 ? null : NOW + at
  const status = at % 17 === 0 ? 404 : at % 19 === 0 ? 399 : 200
  const error = at % 23 === 0 ? 'backend_unreachable' : null
  const isCounted = requestedAt > 0 && !isProvider && answeredAt !== null && status !== 404 && error === null
  const key = exchangeKey(newExchangeId(NOW + at))
  const agreement = at % 3 === 0 ? 'open' : 'agreed'
  return {
    requestedAt,
    service,
    isCounted,
    values: [key, isProvider ? 1 : 0, service, agreement, requestedAt, answeredAt, status, error],
  }
}

const all = Array.from({ length: ROWS }, (_, at) => rowOf(at))

function filledIndex(): DatabaseSync {
  const made = openIndexFile(':memory:', 'wusla/x', 0)
  const insert = made.prepare(
    'INSERT INTO exchanges (exchange, provider, service, agreement, requested_at, answered_at, status, error) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  made.exec('BEGIN')
  for (const { values } of all) insert.run(...values)
  made.exec('COMMIT')
  return made
}

const database = filledIndex()

async function count(
  period: CountedPeriod,
  isOver: () => boolean = () => false,
): Promise<{ counts: AnsweredCount[]; parts: number; pauses: number }> {
  const counts: AnsweredCount[] = []
  let [parts, pauses] = [0, 0]
  let cursor: string | undefined
  do {
    const asked = cursor === undefined ? period : { ...period, cursor }
    const part = await countAnswered(database, asked, { isOver, pause: async () => void (pauses += 1) })
    counts.push(...part.counts)
    ;({ cursor } = part)
    parts += 1
  } while (cursor !== undefined)
  return { counts, parts, pauses }
}

const total = (counts: readonly AnsweredCount[], service?: string): number =>
  counts
    .filter((each) => service === undefined || each.service === service)
    .reduce((sum, { answered }) => sum + answered, 0)

const expected = (keep: (row: Row) => boolean): number =>
  all.filter((row) => row.isCounted && keep(row)).length

test("this side's requests that the service answered are counted once, by agreement and service", async () => {
  const { counts, parts } = await count({})
  assert.equal(parts, 1)
  assert.equal(counts.length, 4)
  for (const service of SERVICES)
    assert.equal(
      total(counts, service),
      expected((row) => row.service === service),
    )
})

test('a period begins with its first instant and ends before its last', async () => {
  const [fromMs, untilMs] = [NOW + 100, NOW + 900]
  const period = { from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() }
  const within = expected(({ requestedAt }) => requestedAt >= fromMs && requestedAt < untilMs)
  assert.ok(within > 1_000)
  assert.equal(total((await count(period)).counts), within)
})

test('a count is taken in steps, and parts that end early add up to the same', async () => {
  const whole = await count({})
  assert.ok(whole.pauses >= 4, `${whole.pauses} pauses`)
  const pieces = await count({}, () => true)
  assert.ok(pieces.parts >= 5, `${pieces.parts} parts`)
  assert.equal(total(pieces.counts), total(whole.counts))
})

test('a cursor or an instant that is none is refused', async () => {
  for (const period of [{ cursor: 'x' }, { from: '2026-11-23' }, { until: 'soon' }]) {
    await assert.rejects(
      count(period),
      (error: unknown) => isWuslaError(error) && error.code === 'invalid_request',
    )
  }
})

test('no step sorts or walks through the whole table', async () => {
  const statements: string[] = []
  const watched = Object.create(database, {
    prepare: { value: (sql: string) => (statements.push(sql), database.prepare(sql)) },
  }) as DatabaseSync
  await countAnswered(watched, {}, { isOver: () => false, pause: async () => undefined })
  for (const sql of new Set(statements)) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(1, 1, 1, 1)
    const text = plan.map((row) => String(row['detail'])).join('; ')
    assert.match(text, /USING (?:COVERING )?INDEX by_time/)
    // Only the few rows of a step are put into groups.
    if (!sql.includes('GROUP BY')) assert.doesNotMatch(text, /\bSCAN\b|TEMP B-TREE/)
  }
})
