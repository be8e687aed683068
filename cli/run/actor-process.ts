import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { collectBodyMemory } from './collect-body-memory.ts'
import { settleMemory } from './settle-memory.ts'

/** What an actor is given to start with. */
export interface ActorStart {
  /**
   * Everything the start opens is put here at once, in the order in which it is opened. It is closed in the opposite
   * order when the actor is told to stop, and also when a later step of the start fails: what stays open would keep
   * the process alive for ever.
   */
  readonly opened: AsyncDisposableStack
  /** Aborts when the actor is told to stop, also in the middle of its start. Steps that wait for others watch it. */
  readonly stopping: AbortSignal
  /** Sets how the actor takes its leave on SIGTERM, before anything of it is closed. Default: it does not. */
  readonly leaveWith: (leave: Leave) => void
  /** Lets the actor end as SIGTERM does: it has nothing left to do. */
  readonly end: () => void
}

/** Hands over what runs to others; resolves when that is done. The signal fires when there is no time left for it. */
type Leave = (atOnce: AbortSignal) => Promise<void>

/** Starts an actor; gives the addresses to publish in `running.json`. */
type StartActor = (start: ActorStart) => Promise<Readonly<Record<string, string>>>

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
 * Keeps an actor running until SIGTERM or SIGINT, then closes it. On SIGTERM it takes its leave first: what runs over it
 * moves elsewhere. On SIGINT, also during its leave, it closes at once. `running.json` in the state folder says that it is
 * ready, where it listens and as which process; the file goes when the actor ends in good order. When this settles
 * nothing of the actor is open, so that the process ends by itself. A second signal of the same kind ends it at once.
 *
 * @throws WuslaError `config_invalid` when an address is taken; whatever the start throws
 */
export async function runActor(directory: string, start: StartActor): Promise<void> {
  const stop = new AbortController()
  const stopped = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const atOnce = new AbortController()
  const end = (): void => stop.abort()
  process.once('SIGTERM', end)
  process.once('SIGINT', () => {
    atOnce.abort()
    end()
  })
  let leave: Leave | undefined
  const leaveWith = (given: Leave): void => void (leave = given)
  outliveFullLog()
  await using opened = new AsyncDisposableStack()
  const addresses = await startOrStop(start, { opened, stopping: stop.signal, leaveWith, end })
  if (addresses === undefined) return
  const file = join(directory, 'running.json')
  await writePrivateFile(file, `${JSON.stringify({ pid: process.pid, ...addresses })}\n`)
  opened.use(settleMemory())
  opened.use(collectBodyMemory())
  await stopped
  if (!atOnce.signal.aborted) await leave?.(atOnce.signal)
  await opened.disposeAsync()
  await rm(file, { force: true })
}

/** Undefined when the actor was told to stop before it was ready: that is no failure. */
async function startOrStop(
  start: StartActor,
  given: ActorStart,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return await start(given)
  } catch (error) {
    if (!given.stopping.aborted) throw asConfigMistake(error)
    logEvent({ kind: 'stopped_before_ready', detail: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

/** An address that cannot be listened on is a mistake of the configuration, whichever part of the actor found it. */
function asConfigMistake(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { syscall, code, address, port } = error as NodeJS.ErrnoException & {
    readonly address?: string
    readonly port?: number
  }
  if (syscall !== 'listen') return error
  const problem = `${address}:${port}: ${code === 'EADDRINUSE' ? 'somebody else listens there' : code}`
  return new WuslaError('config_invalid', { details: { problems: [problem] }, cause: error })
}
