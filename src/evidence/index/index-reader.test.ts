import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import type { ExchangeFilter } from '../evidence-query.ts'
import { exchangeKey } from './exchange-key.ts'
import { queryExchanges } from './index-reader.ts'
import { openIndexFile } from './index-schema.ts'

const NOW = Date.UTC(2026, 10, 23)
const ROWS = 9_000
const CLIENT = 'AE-DU/GOV/RTA/LICENSING'

/** Many rows, a few of each rare kind, several at the same millisecond. */
function filledIndex(): DatabaseSync {
  const database = openIndexFile(':memory:', 'wusla/x', 0)
  const insert = database.prepare(
    'INSERT INTO exchanges (exchange, provider, client, service, method, path, message_id, user, agreement, ' +
      'requested_at, answered_at, status, error) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  database.exec('BEGIN')
  for (let at = 0; at < ROWS; at += 1) {
    const isRare = at % 3_000 === 7
    insert.run(
      exchangeKey(newExchangeId(NOW + at)),
      at % 2 === 0 ? CLIENT : 'AE-DU/GOV/DHA/X',
      'AE-DU/SEMI/DEWA/BILLING/bills',
      'GET',
      '/',
      `m-${at % 100}`,
      at % 50 === 0 ? 'AE784' : null,
      'open',
      NOW + Math.floor(at / 3),
      isRare ? null : NOW + at + 5,
      isRare ? null : at % 500 === 3 ? 502 : 200,
      at % 500 === 3 ? 'backend_unreachable' : null,
    )
  }
  database.exec('COMMIT')
  return database
}

const database = filledIndex()
const patient = { isOver: () => false, pause: async () => undefined }

async function countAll(filter: ExchangeFilter, isOver: () => boolean = () => false): Promise<number> {
  const seen = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await queryExchanges(
      database,
      { limit: 100, ...filter, ...(cursor === undefined ? {} : { cursor }) },
      { ...patient, isOver },
    )
    for (const { exchange } of page.rows) {
      assert.ok(!seen.has(exchange), 'a row stands on two pages')
      seen.add(exchange)
    }
    ;({ cursor } = page)
  } while (cursor !== undefined)
  return seen.size
}

const QUESTIONS: readonly (readonly [ExchangeFilter, number])[] = [
  [{}, ROWS],
  [{ status: 502 }, 18],
  [{ status: 404 }, 0],
  [{ error: 'backend_unreachable' }, 18],
  [{ error: 'any' }, 18],
  [{ unanswered: true }, 3],
  [{ messageId: 'm-7' }, 90],
  [{ user: 'AE784' }, 180],
  [{ client: CLIENT }, ROWS / 2],
  [{ client: 'AE-DU/GOV/RTA' }, ROWS / 2],
  [{ client: CLIENT, user: 'AE784', status: 200 }, 180],
  [{ service: 'AE-DU/SEMI/DEWA', client: 'AE-DU/GOV/DHA/X', error: 'any' }, 18],
  [{ from: new Date(NOW + 100).toISOString(), until: new Date(NOW + 200).toISOString() }, 300],
]

test('every page together gives every row once, whatever is asked', async () => {
  for (const [filter, count] of QUESTIONS) assert.equal(await countAll(filter), count, JSON.stringify(filter))
})

test('a question whose time is over gives what it has, and a cursor that misses nothing', async () => {
  for (const [filter, count] of QUESTIONS) {
    assert.equal(await countAll(filter, () => true), count, JSON.stringify(filter))
  }
})

test('a rare row is looked for in steps, and others have their turn between them', async () => {
  let pauses = 0
  const time = { isOver: () => false, pause: async () => void (pauses += 1) }
  const { rows, cursor } = await queryExchanges(database, { status: 404 }, time)
  assert.deepEqual([rows.length, cursor], [0, undefined])
  assert.equal(pauses, 4)
  const soon = await queryExchanges(database, { status: 404 }, { ...time, isOver: () => true })
  assert.equal(soon.rows.length, 0)
  assert.ok(soon.cursor !== undefined)
})

test('no step sorts or walks through the whole table', async () => {
  const statements: string[] = []
  const watched = Object.create(database, {
    prepare: {
      value: (sql: string) => {
        statements.push(sql)
        return database.prepare(sql)
      },
    },
  }) as DatabaseSync
  for (const [filter] of QUESTIONS) await queryExchanges(watched, filter, { ...patient, isOver: () => true })
  assert.ok(statements.length >= 2 * QUESTIONS.length)
  for (const sql of new Set(statements)) {
    const values = Array.from({ length: sql.split('?').length - 1 }, () => 1)
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
    const text = plan.map((row) => String(row['detail'])).join('; ')
    assert.ok(!/\bSCAN\b|TEMP B-TREE/.test(text), `${sql}: ${text}`)
  }
})
