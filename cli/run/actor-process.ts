import { rm } from 'node:fs/promises'
import { join } from 'node:path'
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

/** How often an actor looks whether lines of its log were lost, in milliseconds. */
const LOST_LINES_LOOK_MS = 10_000

/**
 * A log on a full disk must not end the actor: it refuses exchanges by its own judgement, and goes on when there is space.
 * How many lines were lost is the first thing said when the log takes lines again.
 */
function outliveFullLog(): void {
  let lost = 0
  process.stderr.on('error', () => {
    lost += 1
  })
  const look = (): void => {
    if (lost === 0) return
    const lines = lost
    lost = 0
    logEvent({ kind: 'log_lines_lost', lines })
  }
  setInterval(look, LOST_LINES_LOOK_MS).unref()
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
  outliveFullLog()
  const actor = await start()
  const file = join(directory, 'running.json')
  await writePrivateFile(file, `${JSON.stringify({ pid: process.pid, ...actor.addresses })}\n`)
  await stopped
  await actor.close()
  await rm(file, { force: true })
}
