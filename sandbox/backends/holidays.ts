import type { Server } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { type Call, type Reply, serveJson } from './json-server.ts'

/** The operator's calendar of public holidays: an open service that every member may call without an agreement. */
export async function startHolidays(databaseFile: string, port: number): Promise<Server> {
  const database = new DatabaseSync(databaseFile)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS holiday (day TEXT PRIMARY KEY, name_en TEXT NOT NULL, name_ar TEXT NOT NULL);
    INSERT OR IGNORE INTO holiday VALUES
      ('2026-01-01', 'New Year''s Day', 'رأس السنة الميلادية'),
      ('2026-12-02', 'National Day', 'اليوم الوطني'),
      ('2026-12-03', 'National Day holiday', 'عطلة اليوم الوطني');
  `)
  const server = await serveJson(port, (call) => route(database, call))
  server.on('close', () => database.close())
  return server
}

function route(database: DatabaseSync, call: Call): Reply {
  const [collection, day] = call.segments
  if (call.method !== 'GET' || collection !== 'holidays') return { status: 404, json: { error: 'not_found' } }
  const select = 'SELECT day, name_en AS nameEn, name_ar AS nameAr FROM holiday'
  if (day === undefined)
    return { status: 200, json: { holidays: database.prepare(`${select} ORDER BY day`).all() } }
  const holiday = database.prepare(`${select} WHERE day = ?`).get(day)
  return holiday === undefined
    ? { status: 404, json: { error: 'not a holiday' } }
    : { status: 200, json: holiday }
}
