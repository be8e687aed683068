import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile } from '../../src/ledger/file-lock.ts'
import { isWuslaError, WuslaError } from '../../src/protocol/wusla-error.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { type RunningFile, startDetached } from '../run/start-detached.ts'
import { readSandbox, type SandboxFile } from '../sandbox-file.ts'

/** What a sandbox must know of an actor that joined while it ran, to start it again as often as it starts itself. */
export interface JoinedActor {
  readonly kind: 'branch' | 'gateway'
  readonly id: string
  readonly directory: string
  /** API token of a gateway. */
  readonly adminToken?: string
}

/** A program of a host that a sandbox keeps running beside its actors: one of the sandbox's backends. */
export interface JoinedBackend {
  readonly kind: 'backend'
  /** The service behind which it answers. */
  readonly id: string
  readonly directory: string
  readonly program: string
  readonly port: number
}

/** How long the sandbox may take to start an actor, in milliseconds. */
const PATIENCE_MS = 30_000

/**
 * Makes an actor that has joined a part of the sandbox, durably, and has it started: by the sandbox when it runs, else
 * as a process of its own, which the sandbox takes over at its next start. Resolves when the actor runs and
 * `sandbox.json` names it.
 *
 * @throws WuslaError `actor_not_started`
 */
export async function startInSandbox(state: string, actor: JoinedActor): Promise<RunningFile> {
  await noteJoined(state, actor)
  if (isSandboxRunning(state)) return await untilListed(state, actor)
  const running = await startDetached([actor.kind, 'run', '--dir', actor.directory], actor.directory)
  await list(state, actor, running)
  return running
}

/** Makes a program a part of the sandbox, durably. A sandbox that runs starts it within a second. */
export async function noteJoined(state: string, joined: JoinedActor | JoinedBackend): Promise<void> {
  const folder = join(state, 'joined')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${joined.id.replaceAll('/', '-')}.json`)
  await writePrivateFile(file, `${JSON.stringify(joined)}\n`)
}

/** The operating system lets go of the lock with the sandbox's process: held means running. */
export function isSandboxRunning(state: string): boolean {
  try {
    lockFile(join(state, 'sandbox.lock')).release()
    return false
  } catch (error) {
    if (isWuslaError(error) && error.code === 'ledger_locked') return true
    throw error
  }
}

async function untilListed(state: string, { id, directory }: JoinedActor): Promise<RunningFile> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 50) {
    const { branches, gateways } = readSandbox(state)
    const listed = [...branches, ...gateways].find((entry) => entry.id === id)
    if (listed !== undefined) {
      const running = JSON.parse(await readFile(join(directory, 'running.json'), 'utf8')) as RunningFile
      if (running.pid === listed.pid) return running
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new WuslaError('actor_not_started', { details: { log: join(directory, 'wusla.log') } })
}

async function list(state: string, actor: JoinedActor, running: RunningFile): Promise<void> {
  const sandbox = readSandbox(state)
  const { id, directory, kind, adminToken = '' } = actor
  const others = <T extends { readonly id: string }>(entries: readonly T[]): T[] =>
    entries.filter((entry) => entry.id !== id)
  const { pid } = running
  const next: SandboxFile =
    kind === 'branch'
      ? {
          ...sandbox,
          branches: [...others(sandbox.branches), { id, url: String(running['http']), pid }],
        }
      : {
          ...sandbox,
          gateways: [
            ...others(sandbox.gateways),
            {
              id,
              member: id.split('/').slice(0, 3).join('/'),
              frontDoor: String(running['frontDoor']),
              admin: { url: String(running['admin']), token: adminToken },
              state: directory,
              pid,
            },
          ],
        }
  await writePrivateFile(join(state, 'sandbox.json'), `${JSON.stringify(next, null, 2)}\n`)
}
