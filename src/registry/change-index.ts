import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { SignedChange } from '../trust/signed-change.ts'

/** Which changes are asked for. */
export interface ChangeQuery {
  readonly kind?: string
  /** Identifier that the change is about or that it names. */
  readonly subject?: string
  /** Only entries before this index; for the next page. */
  readonly before?: number
  readonly limit: number
}

/** One row of the history of the directory. */
export interface ChangeRow {
  readonly index: number
  readonly kind: string
  readonly time: string
  readonly subject: string
}

const SUBJECT_FIELDS = [
  'agreement',
  'service',
  'system',
  'gateway',
  'branch',
  'line',
  'member',
  'network',
] as const

/**
 * The history of the directory as a table for questions. Only an index: it is rebuilt from the log when its file is
 * missing or behind, and nothing is ever decided by it.
 */
export class ChangeIndex {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS change ("index" INTEGER PRIMARY KEY, kind TEXT NOT NULL, time TEXT NOT NULL, subject TEXT NOT NULL, member TEXT);
      CREATE INDEX IF NOT EXISTS change_subject ON change (subject, "index");
      CREATE INDEX IF NOT EXISTS change_member ON change (member, "index");
      CREATE INDEX IF NOT EXISTS change_kind ON change (kind, "index");
    `)
    this.#insert = this.#database.prepare('INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?)')
  }

  /** Number of entries the index holds: the next one to add. */
  get size(): number {
    const row = this.#database.prepare('SELECT coalesce(max("index") + 1, 0) AS size FROM change').get() as {
      size: number
    }
    return row.size
  }

  add(index: number, change: SignedChange['change']): void {
    const subject = SUBJECT_FIELDS.map((field) => change[field]).find((value) => typeof value === 'string')
    const member = typeof change['member'] === 'string' ? change['member'] : null
    this.#insert.run(index, change.kind, change.time, typeof subject === 'string' ? subject : '', member)
  }

  /** Adds many in one transaction: for a rebuild. */
  addAll(changes: Iterable<readonly [number, SignedChange['change']]>): void {
    this.#database.exec('BEGIN')
    for (const [index, change] of changes) this.add(index, change)
    this.#database.exec('COMMIT')
  }

  /** Newest first. */
  query(query: ChangeQuery): ChangeRow[] {
    const conditions = ['"index" < ?']
    const values: (string | number)[] = [query.before ?? Number.MAX_SAFE_INTEGER]
    if (query.kind !== undefined) {
      conditions.push('kind = ?')
      values.push(query.kind)
    }
    if (query.subject !== undefined) {
      conditions.push('(subject = ? OR member = ?)')
      values.push(query.subject, query.subject)
    }
    const where = conditions.join(' AND ')
    const rows = this.#database
      .prepare(`SELECT "index", kind, time, subject FROM change WHERE ${where} ORDER BY "index" DESC LIMIT ?`)
      .all(...values, query.limit)
    return rows as unknown as ChangeRow[]
  }

  close(): void {
    this.#database.close()
  }
}
