import type { Server } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { type Call, readJson, type Reply, serveJson } from './json-server.ts'

/** The register of health facilities of DHA in the sandbox, with inspections that other entities may report. */
export async function startFacilities(databaseFile: string, port: number): Promise<Server> {
  const database = new DatabaseSync(databaseFile)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS facility (id TEXT PRIMARY KEY, name_en TEXT NOT NULL, name_ar TEXT NOT NULL, licence TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS inspection (
      reference TEXT PRIMARY KEY, facility TEXT NOT NULL REFERENCES facility(id), result TEXT NOT NULL, recorded_at TEXT NOT NULL
    );
    INSERT OR IGNORE INTO facility VALUES
      ('F-100', 'Al Wasl Clinic', 'عيادة الوصل', 'valid'),
      ('F-101', 'Jumeirah Dental Centre', 'مركز جميرا لطب الأسنان', 'valid'),
      ('F-102', 'Deira Laboratory', 'مختبر ديرة', 'suspended');
  `)
  const server = await serveJson(port, (call) => route(database, call))
  server.on('close', () => database.close())
  return server
}

async function route(database: DatabaseSync, call: Call): Promise<Reply> {
  const [collection, id, action] = call.segments
  if (collection !== 'facilities') return { status: 404, json: { error: 'not_found' } }
  if (call.method === 'GET' && id === undefined) {
    const facilities = database
      .prepare('SELECT id, name_en AS nameEn, name_ar AS nameAr, licence FROM facility ORDER BY id')
      .all()
    return { status: 200, json: { facilities } }
  }
  const facility =
    id === undefined ? undefined : database.prepare('SELECT * FROM facility WHERE id = ?').get(id)
  if (id === undefined || facility === undefined) return { status: 404, json: { error: 'no such facility' } }
  if (call.method === 'GET' && action === undefined) {
    const inspections = database
      .prepare('SELECT reference, result, recorded_at AS recordedAt FROM inspection WHERE facility = ?')
      .all(id)
    return { status: 200, json: { ...facility, inspections } }
  }
  if (call.method === 'POST' && action === 'inspections')
    return record(database, id, await readJson(call.request))
  return { status: 405, json: { error: 'method_not_allowed' } }
}

function record(database: DatabaseSync, facility: string, body: Record<string, unknown> | undefined): Reply {
  const reference = body?.['reference']
  const result = body?.['result']
  if (typeof reference !== 'string' || typeof result !== 'string') {
    return { status: 400, json: { error: 'reference and result (text) are needed' } }
  }
  const { changes } = database
    .prepare('INSERT INTO inspection VALUES (?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING')
    .run(reference, facility, result, new Date().toISOString())
  return { status: changes === 1 ? 201 : 200, json: { reference, facility, result } }
}
