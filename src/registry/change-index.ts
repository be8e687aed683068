import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { enrolmentSignature } from '../directory/enrolment-key.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
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

/** The form of the table. Another one than the file has makes the file worthless: it is built anew. */
const VERSION = 2

/**
 * The history of the directory as a table for questions: what changed, which change is at which index, which enrolment
 * key was used. Only an index: it follows the log, and is rebuilt from it when its file is missing, behind or ahead.
 */
export class ChangeIndex {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #findDigest: StatementSync
  readonly #findKey: StatementSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const found = this.#database.prepare('PRAGMA user_version').get() as { user_version: number }
    if (found.user_version !== VERSION)
      this.#database.exec(`DROP TABLE IF EXISTS change; PRAGMA user_version = ${VERSION}`)
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS change (
        "index" INTEGER PRIMARY KEY, kind TEXT NOT NULL, time TEXT NOT NULL, subject TEXT NOT NULL, member TEXT,
        digest TEXT NOT NULL, enrolment_key TEXT
      );
      CREATE INDEX IF NOT EXISTS change_subject ON change (subject, "index");
      CREATE INDEX IF NOT EXISTS change_member ON change (member, "index");
      CREATE INDEX IF NOT EXISTS change_kind ON change (kind, "index");
      CREATE INDEX IF NOT EXISTS change_digest ON change (digest);
      CREATE INDEX IF NOT EXISTS change_enrolment_key ON change (enrolment_key) WHERE enrolment_key IS NOT NULL;
    `)
    this.#insert = this.#database.prepare('INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#findDigest = this.#database.prepare('SELECT min("index") AS "index" FROM change WHERE digest = ?')
    this.#findKey = this.#database.prepare(
      'SELECT min("index") AS "index" FROM change WHERE enrolment_key = ?',
    )
  }

  /** Number of entries the index holds: the next one to add. */
  get size(): number {
    const row = this.#database.prepare('SELECT coalesce(max("index") + 1, 0) AS size FROM change').get() as {
      size: number
    }
    return row.size
  }

  add(index: number, { change, signatures }: SignedChange): void {
    const subject = SUBJECT_FIELDS.map((field) => change[field]).find((value) => typeof value === 'string')
    const member = typeof change['member'] === 'string' ? change['member'] : null
    const enrolmentKey = enrolmentSignature(signatures)?.key ?? null
    const subjectText = typeof subject === 'string' ? subject : ''
    this.#insert.run(index, change.kind, change.time, subjectText, member, digestOf(change), enrolmentKey)
  }

  /** Adds many in one transaction: for a rebuild. */
  addAll(entries: Iterable<readonly [number, SignedChange]>): void {
    this.#database.exec('BEGIN')
    for (const [index, signed] of entries) this.add(index, signed)
    this.#database.exec('COMMIT')
  }

  /** Forgets everything, to be built anew. */
  clear(): void {
    this.#database.exec('DELETE FROM change')
  }

  /** Where this very change stands, whoever signed it how often. */
  indexOf(change: SignedChange['change']): number | undefined {
    return indexIn(this.#findDigest.get(digestOf(change)))
  }

  /** Where the holder of this enrolment key was enrolled. */
  enrolmentBy(key: string): number | undefined {
    return indexIn(this.#findKey.get(key))
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

// A signature is no name for a change: ECDSA gives another one each time.
function digestOf(change: SignedChange['change']): string {
  return digest256(canonicalJson(change))
}

function indexIn(row: unknown): number | undefined {
  return (row as { index: number | null } | undefined)?.index ?? undefined
}
