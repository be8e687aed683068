import { DatabaseSync } from 'node:sqlite'
import { WuslaError } from '../protocol/wusla-error.ts'

/** SQLITE_BUSY: another connection, in this process or another, holds the lock. */
const BUSY = 5

/** An exclusive hold on a directory, by a file in it. */
export interface FileLock {
  /** Lets go; once is enough. */
  release(): void
}

/**
 * Takes the one hold there is on what `file` guards. The lock is an empty SQLite database in an exclusive
 * transaction: the operating system lets go of it when the process ends in whatever way, so there is no stale
 * lock after a kill, no process number to be mistaken, and no race between two that find one.
 *
 * @throws WuslaError `ledger_locked` when somebody else holds it
 */
export function lockFile(file: string): FileLock {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 0')
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === BUSY) {
      throw new WuslaError('ledger_locked', { details: { file }, cause })
    }
    throw cause
  }
  return {
    release: () => {
      if (database.isOpen) database.close()
    },
  }
}
