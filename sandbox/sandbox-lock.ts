import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FileLock, lockFile } from '../src/ledger/file-lock.ts'
import { isWuslaError, WuslaError } from '../src/protocol/wusla-error.ts'
import { isProgram } from './program-of.ts'

/** How often a lock that is held is tried again, in milliseconds. */
const RETRY_MS = 50

/**
 * The one hold there is on a state folder. The operating system lets go of it with the process, however that ends, so
 * "held" means that a sandbox runs.
 *
 * @param patienceMs - how long to try, in milliseconds; others look at the lock for a moment to see whether it is held
 * @throws WuslaError `conflict` when it is still held then
 */
export async function holdSandbox(state: string, patienceMs: number = 1_000): Promise<FileLock> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return lockFile(join(state, 'sandbox.lock'))
    } catch (error) {
      if (!isWuslaError(error) || error.code !== 'ledger_locked') throw error
      if (waitedMs >= patienceMs) throw alreadyRuns(state, error)
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** The process that holds the state folder, if the folder names one and that process really is a sandbox of it. */
export function holderOf(state: string): number | undefined {
  const pid = Number(readIfThere(join(state, 'sandbox.pid')))
  return isProgram(pid, ['sandbox-process', '--state', state]) ? pid : undefined
}

function alreadyRuns(state: string, cause: Error): WuslaError {
  return new WuslaError('conflict', {
    message: `A sandbox runs in ${state} already; end it with \`wusla sandbox down --state ${state}\`.`,
    details: { state, pid: holderOf(state) ?? 'unknown' },
    cause,
  })
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
