import { DatabaseSync } from 'node:sqlite'
import { WuslaError } from '../protocol/wusla-error.ts'

/** What a one-time token was made for. */
export interface IssuedToken {
  readonly kind: 'gateway' | 'branch'
  readonly subject: string
  readonly member: string
  readonly branches: readonly string[]
  readonly expires: string
}

interface TokenRow {
  readonly kind: 'gateway' | 'branch'
  readonly subject: string
  readonly member: string
  readonly branches: string
  readonly expires: string
  readonly used_by: string | null
  readonly answer: string | null
}

/** The one-time tokens, by the public half of their secret: what lies here enrols nobody. Durable at once: a used token stays used across any crash. */
export class EnrolmentStore {
  readonly #database: DatabaseSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS token (
        enrolment_key TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, member TEXT NOT NULL,
        branches TEXT NOT NULL, expires TEXT NOT NULL, used_by TEXT, answer TEXT
      );
    `)
  }

  add(enrolmentKey: string, token: IssuedToken): void {
    this.#database
      .prepare(
        'INSERT INTO token (enrolment_key, kind, subject, member, branches, expires) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(
        enrolmentKey,
        token.kind,
        token.subject,
        token.member,
        JSON.stringify(token.branches),
        token.expires,
      )
  }

  /**
   * Claims a token for the request whose digest is `requestDigest`, in one step: of two that race one wins. The same
   * request may come again and gets the answer it got before.
   *
   * @throws WuslaError `token_invalid`, `token_expired`, `token_used`.
   */
  claim(
    enrolmentKey: string,
    requestDigest: string,
    now: string,
  ): { readonly token: IssuedToken; readonly answer: string | undefined } {
    const row = this.#database.prepare('SELECT * FROM token WHERE enrolment_key = ?').get(enrolmentKey) as
      TokenRow | undefined
    if (row === undefined) throw new WuslaError('token_invalid')
    if (row.used_by === null && row.expires < now) throw new WuslaError('token_expired')
    const { changes } = this.#database
      .prepare('UPDATE token SET used_by = ? WHERE enrolment_key = ? AND (used_by IS NULL OR used_by = ?)')
      .run(requestDigest, enrolmentKey, requestDigest)
    if (changes !== 1) throw new WuslaError('token_used')
    const { kind, subject, member, branches, expires, answer } = row
    return {
      token: { kind, subject, member, branches: JSON.parse(branches) as string[], expires },
      answer: answer ?? undefined,
    }
  }

  /** Keeps the answer of a claimed token for a repeated call. */
  finish(enrolmentKey: string, answer: string): void {
    this.#database.prepare('UPDATE token SET answer = ? WHERE enrolment_key = ?').run(answer, enrolmentKey)
  }

  /** Gives a claimed token back when its enrolment was refused, so that a mistake does not cost the token. */
  release(enrolmentKey: string): void {
    this.#database
      .prepare('UPDATE token SET used_by = NULL WHERE enrolment_key = ? AND answer IS NULL')
      .run(enrolmentKey)
  }

  close(): void {
    this.#database.close()
  }
}
