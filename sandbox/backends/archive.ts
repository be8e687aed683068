import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { IncomingMessage, Server } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Call, type Reply, serveJson } from './json-server.ts'

/** One stored document, as the index keeps it. */
interface StoredObject {
  readonly name: string
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly type: string
  readonly stored_at: string
}

/**
 * The document archive that MORO hosts in the sandbox: an object store with range requests. Contents are files,
 * their index is SQLite; an object appears only when it has arrived whole.
 */
export async function startArchive(directory: string, port: number): Promise<Server> {
  mkdirSync(join(directory, 'objects'), { recursive: true })
  const database = new DatabaseSync(join(directory, 'archive.sqlite'))
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS object (
      name TEXT PRIMARY KEY, file TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, type TEXT NOT NULL, stored_at TEXT NOT NULL
    );
  `)
  const server = await serveJson(port, (call) => route(directory, database, call))
  server.requestTimeout = 0
  server.on('close', () => database.close())
  return server
}

async function route(directory: string, database: DatabaseSync, call: Call): Promise<Reply> {
  const [collection, ...rest] = call.segments
  const name = rest.join('/')
  if (collection !== 'objects') return { status: 404, json: { error: 'not_found' } }
  if (name === '' && call.method === 'GET') return list(database)
  if (name === '') return { status: 405, json: { error: 'method_not_allowed' } }
  if (call.method === 'PUT') return put(directory, database, name, call.request)
  const stored = database.prepare('SELECT * FROM object WHERE name = ?').get(name) as StoredObject | undefined
  if (stored === undefined) return { status: 404, json: { error: 'no such object' } }
  if (call.method === 'GET' || call.method === 'HEAD') return sendObject(directory, stored, call)
  if (call.method === 'DELETE') return remove(directory, database, stored)
  return { status: 405, json: { error: 'method_not_allowed' } }
}

function list(database: DatabaseSync): Reply {
  const objects = database
    .prepare('SELECT name, bytes, sha256, type, stored_at AS storedAt FROM object ORDER BY name')
    .all()
  return { status: 200, json: { objects } }
}

async function put(
  directory: string,
  database: DatabaseSync,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const file = randomUUID()
  const path = join(directory, 'objects', file)
  const hash = createHash('sha256')
  let bytes = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  try {
    await pipeline(request, count, createWriteStream(`${path}.part`, { flush: true }))
  } catch {
    // The sender went away before the end: nothing of a half object is kept.
    await rm(`${path}.part`, { force: true })
    return undefined
  }
  await rename(`${path}.part`, path)
  const before = database.prepare('SELECT file FROM object WHERE name = ?').get(name) as
    { file: string } | undefined
  const sha256 = hash.digest('hex')
  database
    .prepare('INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?)')
    .run(
      name,
      file,
      bytes,
      sha256,
      request.headers['content-type'] ?? 'application/octet-stream',
      new Date().toISOString(),
    )
  if (before !== undefined) await rm(join(directory, 'objects', before.file), { force: true })
  return { status: before === undefined ? 201 : 200, json: { name, bytes, sha256 } }
}

async function remove(directory: string, database: DatabaseSync, stored: StoredObject): Promise<Reply> {
  database.prepare('DELETE FROM object WHERE name = ?').run(stored.name)
  await rm(join(directory, 'objects', stored.file), { force: true })
  return { status: 200, json: { removed: stored.name } }
}

async function sendObject(directory: string, stored: StoredObject, call: Call): Promise<Reply> {
  const range = parseRange(call.request.headers.range, stored.bytes)
  const { response } = call
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('etag', `"${stored.sha256}"`)
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${stored.bytes}`, 'content-length': 0 }).end()
    return undefined
  }
  const { first, last } = range ?? { first: 0, last: stored.bytes - 1 }
  response.writeHead(range === undefined ? 200 : 206, {
    'content-type': stored.type,
    'content-length': last - first + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${stored.bytes}` }),
  })
  if (call.method === 'HEAD' || stored.bytes === 0) {
    response.end()
    return undefined
  }
  const source = createReadStream(join(directory, 'objects', stored.file), { start: first, end: last })
  await pipeline(source, response).catch(() => source.destroy())
  return undefined
}

/** One range of RFC 9110 section 14.1.2; several ranges, or none that is understood, mean the whole object. */
function parseRange(
  header: string | undefined,
  bytes: number,
): { first: number; last: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  if (match[1] === '') {
    const suffix = Number(match[2])
    return suffix === 0 ? 'unsatisfiable' : { first: Math.max(0, bytes - suffix), last: bytes - 1 }
  }
  const first = Number(match[1])
  const last = match[2] === '' ? bytes - 1 : Math.min(Number(match[2]), bytes - 1)
  return first >= bytes || last < first ? 'unsatisfiable' : { first, last }
}
