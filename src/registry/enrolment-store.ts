import { DatabaseSync } from 'node:sqlite'
import { WuslaError } from '../protocol/wusla-error.ts'

/** What a one-time token was made for. */
export interface IssuedToken {
  readonly kind: 'gateway' | 'branch'
  readonly subject: string
  readonly member: string
  readonly branches: readonly string[]
  readonly expires: string
  /** Of a branch. */
  readonly class?: string | undefined
}

interface TokenRow extends Omit<IssuedToken, 'branches' | 'class'> {
  readonly branches: string
  readonly class: string | null
}

/**
 * The tokens that were issued, by the public half of their secret: what lies here enrols nobody. Durable before a token
 * is handed out. Whether one was used is not kept here but read from the log, whose entry is the use itself: no crash
 * can come between the two.
 */
export class EnrolmentStore {
  readonly #database: DatabaseSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS token (
        enrolment_key TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, member TEXT NOT NULL,
        branches TEXT NOT NULL, expires TEXT NOT NULL, class TEXT
      ) STRICT;
    `)
    this.#addClass()
  }

  add(enrolmentKey: string, token: IssuedToken): void {
    const { kind, subject, member, branches, expires } = token
    this.#database
      .prepare(
        'INSERT INTO token (enrolment_key, kind, subject, member, branches, expires, class) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(enrolmentKey, kind, subject, member, JSON.stringify(branches), expires, token.class ?? null)
  }

  /** The token that was issued for this key. @throws WuslaError `token_invalid` when none was */
  find(enrolmentKey: string): IssuedToken {
    const row = this.#database
      .prepare('SELECT kind, subject, member, branches, expires, class FROM token WHERE enrolment_key = ?')
      .get(enrolmentKey) as TokenRow | undefined
    if (row === undefined) throw new WuslaError('token_invalid')
    return { ...row, branches: JSON.parse(row.branches) as string[], class: row.class ?? undefined }
  }

  /** A store from before branches had classes. */
  #addClass(): void {
    const columns = this.#database.prepare('PRAGMA table_info(token)').all()
    if (columns.some(({ name }) => name === 'class')) return
    this.#database.exec('ALTER TABLE token ADD COLUMN class TEXT')
  }

  close(): void {
    this.#database.close()
  }
}
