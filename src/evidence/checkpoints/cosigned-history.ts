import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

const MINUTE_MS = 60_000

/** Checkpoints younger than this are all kept; older ones one a minute. Unit: milliseconds. */
const FULL_DETAIL_MS = 86_400_000

/**
 * Every cosigned checkpoint of a ledger, not only the newest: the first one behind a record is what shows, years
 * later, that the record was there before a key was revoked. Not an index: it cannot be made again from the
 * journal. A power cut may cost the newest row, in whose place a later checkpoint serves.
 */
export class CosignedHistory {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #covering: StatementSync
  readonly #thin: StatementSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;' +
        'CREATE TABLE IF NOT EXISTS cosigned (size INTEGER PRIMARY KEY, minute INTEGER NOT NULL, note TEXT NOT NULL);' +
        'CREATE INDEX IF NOT EXISTS by_minute ON cosigned (minute);',
    )
    this.#insert = this.#database.prepare('INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?)')
    this.#covering = this.#database.prepare(
      'SELECT size, note FROM cosigned WHERE size > ? ORDER BY size LIMIT ?',
    )
    this.#thin = this.#database.prepare(
      'DELETE FROM cosigned WHERE minute < ?1 AND minute >= ?2 AND size NOT IN ' +
        '(SELECT max(size) FROM cosigned WHERE minute < ?1 AND minute >= ?2 GROUP BY minute)',
    )
  }

  /** Keeps a checkpoint with its cosignatures; one of the same size takes the place of the one before. */
  put(size: number, note: string, nowMs: number): void {
    this.#insert.run(size, Math.floor(nowMs / MINUTE_MS), note)
  }

  /** The first checkpoints that cover a record, smallest first, at most `limit`. */
  covering(index: number, limit: number): { readonly size: number; readonly note: string }[] {
    return this.#covering
      .all(index, limit)
      .map((row) => ({ size: Number(row['size']), note: String(row['note']) }))
  }

  /** Thins out what left the time of full detail, of the last two days before it. Cheap; once an hour is enough. */
  thin(nowMs: number): void {
    const border = Math.floor((nowMs - FULL_DETAIL_MS) / MINUTE_MS)
    this.#thin.run(border, border - (2 * FULL_DETAIL_MS) / MINUTE_MS)
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
