import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writePrivateFile } from '../src/trust/private-file.ts'
import { buildNetwork } from './build-network.ts'
import { connectIdentity, runningStandIn, type RunningStandIn } from './connect-identity.ts'
import { runCli } from './drive.ts'
import { examplesFor, type Example } from './examples.ts'
import { isRetired, joinedActors, joinedPrograms } from './joined-actors.ts'
import { actorDirectory, BRANCHES, identityDirectory, MEMBERS, NETWORK, portsFrom } from './layout.ts'
import { RegisteredLines } from './registered-lines.ts'
import { SandboxFile } from './sandbox-file.ts'
import { type Program, Supervisor } from './supervisor.ts'

export interface SandboxOptions {
  readonly state: string
  readonly portBase: number
  /** Whether a program that ends is started again. */
  readonly restart: boolean
}

/** Secrets that a restart needs. */
interface Remembered {
  readonly registryToken: string
  /** API token by gateway. */
  readonly tokens: Readonly<Record<string, string>>
}

const LAUNCHER = fileURLToPath(new URL('../cli/bin/wusla.js', import.meta.url))
const IDENTITY = fileURLToPath(new URL('identity/identity-process.ts', import.meta.url))
const BACKEND = fileURLToPath(new URL('backends/backend-process.ts', import.meta.url))

/** How often `joined/` is looked at, in milliseconds. */
const LOOK_MS = 250

/** How often the registry is asked for its lines, in milliseconds. */
const LINES_LOOK_MS = 1_000

/**
 * Starts the whole network, or resumes it from its state, with everything that joined since. Resolves when every part
 * is ready. From then on, what joins is started here too and kept running like the rest.
 *
 * @param stopping - stops the start half-way; what was started is ended then
 * @throws WuslaError `actor_not_started`
 */
export async function startSandbox(
  options: SandboxOptions,
  stopping: AbortSignal,
): Promise<{ readonly examples: readonly Example[]; readonly stop: () => Promise<void> }> {
  const { state, portBase } = options
  const remembered = await readRemembered(state)
  let file: SandboxFile | undefined
  const supervisor = new Supervisor({
    restart: options.restart,
    onChange: () =>
      void file?.write().catch((error: unknown) => complain('cannot write sandbox.json', error)),
  })
  stopping.addEventListener('abort', () => void supervisor.stop())
  try {
    const current = await startNetwork(options, supervisor, remembered)
    const examples = examplesFor(portBase)
    const lines = new RegisteredLines(`http://127.0.0.1:${portsFrom(portBase).registry}`)
    await lines.look()
    const pidOf = (id: string): number => supervisor.pid(id)
    file = new SandboxFile({ state, portBase, ...current, examples, lines: () => lines.list(), pidOf })
    await file.write()
    const looking = setInterval(() => lookAround(supervisor, state, file), LOOK_MS)
    const asking = setInterval(() => noteLines(lines, file), LINES_LOOK_MS)
    return {
      examples,
      stop: async () => {
        clearInterval(looking)
        clearInterval(asking)
        await supervisor.stop()
      },
    }
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

/** The network, and beside it what no actor waits for. When one part fails, nothing goes on behind the failure. */
async function startNetwork(
  options: SandboxOptions,
  supervisor: Supervisor,
  remembered: Remembered | undefined,
): Promise<Remembered> {
  const { state, portBase } = options
  const standIn = supervisor.start(identity(state, portBase)).then(() => {
    const running = runningStandIn(state)
    if (running === undefined) throw new Error('the stand-in of the national identity ended at its start')
    return running
  })
  const beside = [
    standIn,
    ...MEMBERS.flatMap((member, index) =>
      startBackend(supervisor, state, portBase, member.backend?.program, index),
    ),
  ]
  const network =
    remembered === undefined
      ? build(options, supervisor, standIn)
      : resume(supervisor, state, remembered, standIn)
  try {
    const [current] = await Promise.all([network, ...beside])
    return current
  } catch (error) {
    await supervisor.stop()
    await Promise.allSettled([network, ...beside])
    throw error
  }
}

/** A first start that did not come to its end left nothing of value, and nothing that could be continued. */
async function build(
  options: SandboxOptions,
  supervisor: Supervisor,
  standIn: Promise<RunningStandIn>,
): Promise<Remembered> {
  const { state } = options
  const marker = join(state, 'building')
  if (existsSync(marker)) {
    for (const folder of ['registry', 'branches', 'gateways', 'joined', 'mandates'])
      await rm(join(state, folder), { recursive: true, force: true })
  }
  await writePrivateFile(marker, '')
  const founded = await foundNetwork(options)
  await supervisor.start(actor('registry', 'registry', actorDirectory(state, 'registry')))
  const start = async (id: string): Promise<void> =>
    await supervisor.start(actor(kindOf(id), id, actorDirectory(state, id)))
  const built = await buildNetwork(options, founded.registryToken, start, standIn)
  await writePrivateFile(join(state, 'remembered.json'), `${JSON.stringify(built)}\n`)
  await rm(marker)
  return built
}

/** What joined since the last look, and mandates that came or ended. */
function lookAround(supervisor: Supervisor, state: string, file: SandboxFile | undefined): void {
  file?.noteMandates().catch((error: unknown) => complain('cannot write sandbox.json', error))
  const standIn = runningStandIn(state)
  for (const joined of joinedPrograms(state)) {
    const { id, directory } = joined
    if (supervisor.has(id) || isRetired(directory)) continue
    // A gateway waits for the stand-in to be back: it is connected to it once, before its first start.
    if (joined.kind === 'gateway' && standIn === undefined) continue
    // Once started, one that does not get ready or ends is started again like any other.
    supervisor
      .start(joinedProgram(joined), joined.kind === 'gateway' ? connecting(directory, standIn) : undefined)
      .then(async () => await file?.write())
      .catch((error: unknown) => complain(`cannot start ${id}`, error))
  }
}

function connecting(directory: string, standIn: RunningStandIn | undefined): () => Promise<void> {
  return async () => {
    if (standIn !== undefined) await connectIdentity(directory, standIn)
  }
}

/** Lines that were registered or removed since the last look. */
function noteLines(lines: RegisteredLines, file: SandboxFile | undefined): void {
  lines.look().then(
    async (isChanged) => {
      if (isChanged) await file?.write()
    },
    (error: unknown) => {
      // A registry that is being started again answers soon, and its lines are the same then. The rest is a defect.
      if (!(error instanceof TypeError)) complain('cannot read the lines', error)
    },
  )
}

function joinedProgram(joined: ReturnType<typeof joinedPrograms>[number]): Program {
  const { kind, id, directory } = joined
  return kind === 'backend' ? backend(id, directory, joined.program, joined.port) : actor(kind, id, directory)
}

async function foundNetwork({ state, portBase }: SandboxOptions): Promise<Remembered> {
  const created = (await runCli([
    'registry',
    'create',
    NETWORK,
    '--dir',
    actorDirectory(state, 'registry'),
    '--listen',
    `127.0.0.1:${portsFrom(portBase).registry}`,
    '--name-en',
    'Dubai government information network',
    '--name-ar',
    'شبكة المعلومات الحكومية في دبي',
    '--test-authorities',
    '--json',
  ])) as { adminToken: string }
  return { registryToken: created.adminToken, tokens: {} }
}

async function resume(
  supervisor: Supervisor,
  state: string,
  remembered: Remembered,
  standIn: Promise<RunningStandIn>,
): Promise<Remembered> {
  await supervisor.start(actor('registry', 'registry', actorDirectory(state, 'registry')))
  const joined = joinedActors(state)
  const start = async (kind: 'branch' | 'gateway', id: string): Promise<void> => {
    const directory = joined.find((entry) => entry.id === id)?.directory ?? actorDirectory(state, id)
    // What joined while no sandbox ran is connected now.
    if (kind === 'gateway') await connectIdentity(directory, await standIn)
    await supervisor.start(actor(kind, id, directory))
  }
  const later = (kind: 'branch' | 'gateway'): string[] =>
    joined.filter((entry) => entry.kind === kind && !isRetired(entry.directory)).map(({ id }) => id)
  const backends = joinedPrograms(state).filter(({ kind }) => kind === 'backend')
  await Promise.all(backends.map(async (program) => await supervisor.start(joinedProgram(program))))
  const built = BRANCHES.map(({ branch }) => branch).filter((id) => !isRetired(actorDirectory(state, id)))
  const branches = new Set([...built, ...later('branch')])
  await Promise.all([...branches].map(async (id) => await start('branch', id)))
  await Promise.all(
    [...new Set([...Object.keys(remembered.tokens), ...later('gateway')])].map(
      async (id) => await start('gateway', id),
    ),
  )
  return remembered
}

async function readRemembered(state: string): Promise<Remembered | undefined> {
  const file = join(state, 'remembered.json')
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Remembered) : undefined
}

function startBackend(
  supervisor: Supervisor,
  state: string,
  portBase: number,
  program: string | undefined,
  index: number,
): Promise<void>[] {
  if (program === undefined) return []
  const directory = join(state, 'backends', program)
  const port = portsFrom(portBase).backend(index)
  return [supervisor.start(backend(`backend ${program}`, directory, program, port))]
}

/** The stand-in of the national digital identity. It idles most of the time: a small young generation keeps it small. */
function identity(state: string, portBase: number): Program {
  const directory = identityDirectory(state)
  const args = ['--max-semi-space-size=1', IDENTITY, directory, String(portsFrom(portBase).identity)]
  return { name: 'identity', directory, args }
}

function backend(name: string, directory: string, program: string, port: number): Program {
  return { name, directory, args: [BACKEND, program, directory, String(port)] }
}

function kindOf(id: string): 'branch' | 'gateway' {
  return id.includes('/branch/') ? 'branch' : 'gateway'
}

function actor(kind: 'registry' | 'branch' | 'gateway', name: string, directory: string): Program {
  return { name, directory, args: [LAUNCHER, kind, 'run', '--dir', directory] }
}

function complain(what: string, error: unknown): void {
  process.stderr.write(`${what}: ${error instanceof Error ? error.message : String(error)}\n`)
}
