import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { collectBodyMemory } from './collect-body-memory.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'

/** One running actor as its process sees it. */
export interface RunningActor {
  /** Addresses to publish in `running.json`. */
  readonly addresses: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

/** One event as one line of JSON on standard error: time first, then what the event says. */
export function logEvent(event: object): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
}

/**
 * Keeps an actor running until SIGTERM or SIGINT, then closes it. `running.json` in the state folder says that it is
 * ready, where it listens and as which process; the file goes when the actor ends in good order.
 */
export async function runActor(directory: string, start: () => Promise<RunningActor>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  const actor = await start()
  const file = join(directory, 'running.json')
  await writePrivateFile(file, `${JSON.stringify({ pid: process.pid, ...actor.addresses })}\n`)
  using _memory = collectBodyMemory()
  await stopped
  await actor.close()
  await rm(file, { force: true })
}
