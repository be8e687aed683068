import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { joinedPrograms } from './joined-actors.ts'
import { identityDirectory } from './layout.ts'
import { isAlive, isProgram } from './program-of.ts'
import { readNote } from './read-note.ts'

/** A process of this sandbox that no supervisor looks after. */
interface Leftover {
  readonly directory: string
  readonly pid: number
}

/** Time to close in good order before a process is ended the hard way, in milliseconds. */
const GRACE_MS = 10_000

/**
 * Ends the programs of a sandbox whose supervisor is gone. Call it while holding the sandbox, so that nobody starts
 * them meanwhile.
 *
 * @returns the ids of the processes that ended, and of those that did not
 */
export async function endLeftovers(
  state: string,
): Promise<{ readonly ended: readonly number[]; readonly remaining: readonly number[] }> {
  const found = leftoversOf(state)
  for (const { pid } of found) signal(pid, 'SIGINT')
  await untilGone(found, GRACE_MS)
  for (const { pid } of found) if (isAlive(pid)) signal(pid, 'SIGKILL')
  await untilGone(found, 2_000)
  for (const { directory, pid } of found) {
    if (!isAlive(pid)) await rm(join(directory, 'running.json'), { force: true })
  }
  return {
    ended: found.filter(({ pid }) => !isAlive(pid)).map(({ pid }) => pid),
    remaining: found.filter(({ pid }) => isAlive(pid)).map(({ pid }) => pid),
  }
}

function leftoversOf(state: string): Leftover[] {
  const directories = new Set([
    join(state, 'registry'),
    identityDirectory(state),
    ...foldersIn(join(state, 'branches')),
    ...foldersIn(join(state, 'gateways')),
    ...foldersIn(join(state, 'backends')),
    ...joinedPrograms(state).map(({ directory }) => directory),
  ])
  // `running.json` is what the program says once it is ready; `started.json` what its supervisor said before.
  const named = [...directories].flatMap((directory) =>
    ['running.json', 'started.json'].map((name) => ({ directory, pid: pidIn(join(directory, name)) })),
  )
  const ours = named.filter(
    ({ directory, pid }) =>
      isProgram(pid, ['wusla.js', 'run', '--dir', directory]) ||
      isProgram(pid, ['backend-process', directory]) ||
      isProgram(pid, ['identity-process', directory]),
  )
  return [...new Map(ours.map((leftover) => [leftover.pid, leftover])).values()]
}

function foldersIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : []
}

function pidIn(file: string): number {
  const note = readNote(file) as { readonly pid?: unknown } | undefined
  return note === undefined ? 0 : Number(note.pid)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function untilGone(leftovers: readonly Leftover[], withinMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs && leftovers.some(({ pid }) => isAlive(pid)); waitedMs += 25) {
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
