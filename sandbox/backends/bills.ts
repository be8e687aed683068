import type { Server } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { type Call, readJson, type Reply, serveJson } from './json-server.ts'

/**
 * The billing system of DEWA in the sandbox: accounts, their bills and payments, kept in SQLite.
 * Paying with the same `reference` twice is one payment.
 */
export async function startBills(databaseFile: string, port: number): Promise<Server> {
  const database = openDatabase(databaseFile)
  const server = await serveJson(port, (call) => route(database, call))
  server.on('close', () => database.close())
  return server
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, holder_en TEXT NOT NULL, holder_ar TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS bill (
      id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id), month TEXT NOT NULL,
      electricity_fils INTEGER NOT NULL, water_fils INTEGER NOT NULL, due TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS payment (
      reference TEXT PRIMARY KEY, bill TEXT NOT NULL REFERENCES bill(id), amount_fils INTEGER NOT NULL, paid_at TEXT NOT NULL
    );
  `)
  const { count } = database.prepare('SELECT count(*) AS count FROM account').get() as { count: number }
  if (count === 0) seed(database)
  return database
}

function seed(database: DatabaseSync): void {
  const account = database.prepare('INSERT INTO account VALUES (?, ?, ?)')
  const bill = database.prepare('INSERT INTO bill VALUES (?, ?, ?, ?, ?, ?)')
  database.exec('BEGIN')
  const holders = [
    ['2000000001', 'Al Safa Trading', 'الصفا للتجارة'],
    ['2000000002', 'Creek Workshop', 'ورشة الخور'],
    ['2000000003', 'Palm Kindergarten', 'روضة النخلة'],
  ] as const
  for (const [id, english, arabic] of holders) {
    account.run(id, english, arabic)
    for (let month = 1; month <= 10; month += 1) {
      const name = `2026-${String(month).padStart(2, '0')}`
      const electricity = 30_000 + ((Number(id) * 37 + month * 911) % 25_000)
      bill.run(`${id}-${name}`, id, name, electricity, Math.round(electricity / 4), `${name}-28`)
    }
  }
  database.exec('COMMIT')
}

async function route(database: DatabaseSync, call: Call): Promise<Reply> {
  const [collection, id, action] = call.segments
  if (call.method === 'GET' && collection === 'openapi.json') return { status: 200, json: OPENAPI }
  if (call.method === 'GET' && collection === 'bills' && id === undefined)
    return listBills(database, call.query)
  if (call.method === 'GET' && collection === 'bills' && id !== undefined) return showBill(database, id)
  if (call.method === 'POST' && collection === 'bills' && id !== undefined && action === 'payments') {
    return payBill(database, id, await readJson(call.request))
  }
  return { status: 404, json: { error: 'not_found' } }
}

const BILL_QUERY = `
  SELECT bill.id, bill.account, account.holder_en AS holderEn, account.holder_ar AS holderAr, bill.month,
    (bill.electricity_fils + bill.water_fils) AS amountFils, bill.due,
    (SELECT coalesce(sum(amount_fils), 0) FROM payment WHERE payment.bill = bill.id) AS paidFils
  FROM bill JOIN account ON account.id = bill.account`

function listBills(database: DatabaseSync, query: URLSearchParams): Reply {
  const account = query.get('account')
  if (account === null) return { status: 400, json: { error: 'account is missing' } }
  const bills = database.prepare(`${BILL_QUERY} WHERE bill.account = ? ORDER BY bill.month DESC`).all(account)
  return { status: 200, json: { account, bills } }
}

function showBill(database: DatabaseSync, id: string): Reply {
  const bill = database.prepare(`${BILL_QUERY} WHERE bill.id = ?`).get(id)
  return bill === undefined ? { status: 404, json: { error: 'no such bill' } } : { status: 200, json: bill }
}

function payBill(database: DatabaseSync, id: string, body: Record<string, unknown> | undefined): Reply {
  const reference = body?.['reference']
  const amountFils = body?.['amountFils']
  if (
    typeof reference !== 'string' ||
    typeof amountFils !== 'number' ||
    !Number.isSafeInteger(amountFils) ||
    amountFils <= 0
  ) {
    return {
      status: 400,
      json: { error: 'reference (text) and amountFils (whole number above 0) are needed' },
    }
  }
  if (database.prepare('SELECT 1 FROM bill WHERE id = ?').get(id) === undefined) {
    return { status: 404, json: { error: 'no such bill' } }
  }
  const { changes } = database
    .prepare('INSERT INTO payment VALUES (?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING')
    .run(reference, id, amountFils, new Date().toISOString())
  return {
    status: changes === 1 ? 201 : 200,
    json: { reference, bill: id, amountFils, recorded: changes === 1 },
  }
}

const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Bills', version: '1.0.0' },
  paths: {
    '/bills': { get: { summary: 'Bills of an account', responses: { 200: { description: 'bills' } } } },
    '/bills/{id}': { get: { summary: 'One bill', responses: { 200: { description: 'bill' } } } },
    '/bills/{id}/payments': {
      post: { summary: 'Record a payment', responses: { 201: { description: 'recorded' } } },
    },
  },
}
