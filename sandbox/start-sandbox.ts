import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writePrivateFile } from '../src/trust/private-file.ts'
import { runCli } from './drive.ts'
import { buildNetwork } from './build-network.ts'
import { examplesFor, type Example } from './examples.ts'
import { actorDirectory, BRANCHES, MEMBERS, NETWORK, portsFrom } from './layout.ts'
import { type Program, Supervisor } from './supervisor.ts'

export interface SandboxOptions {
  readonly state: string
  readonly portBase: number
  /** Whether a program that ends is started again. */
  readonly restart: boolean
}

/** What `sandbox.json` says of one gateway. */
interface GatewayEntry {
  readonly id: string
  readonly member: string
  readonly frontDoor: string
  readonly admin: { readonly url: string; readonly token: string }
  readonly state: string
  readonly pid: number
}

/** Secrets and later members that a restart needs. */
interface Remembered {
  readonly registryToken: string
  /** API token by gateway. */
  readonly tokens: Readonly<Record<string, string>>
}

const LAUNCHER = fileURLToPath(new URL('../cli/bin/wusla.js', import.meta.url))
const BACKEND = fileURLToPath(new URL('backends/backend-process.ts', import.meta.url))

/** Starts the whole network, or resumes it from its state. Resolves when every part is ready. */
export async function startSandbox(
  options: SandboxOptions,
): Promise<{ readonly examples: readonly Example[]; readonly stop: () => Promise<void> }> {
  const { state, portBase } = options
  const remembered = await readRemembered(state)
  let examples: readonly Example[] = []
  const refresh = (): void => {
    if (examples.length === 0) return
    writeSandboxFile(options, supervisor, current, examples).catch((error: unknown) => {
      process.stderr.write(
        `cannot write sandbox.json: ${error instanceof Error ? error.message : String(error)}\n`,
      )
    })
  }
  const supervisor = new Supervisor({ restart: options.restart, onChange: refresh })
  let current: Remembered
  try {
    await Promise.all(
      MEMBERS.flatMap((member, index) =>
        startBackend(supervisor, state, portBase, member.backend?.program, index),
      ),
    )
    current = remembered ?? (await foundNetwork(options))
    await supervisor.start(actor('registry', state, 'registry'))
    if (remembered === undefined)
      current = await buildNetwork(options, current.registryToken, (id) =>
        supervisor.start(actor(kindOf(id), state, id)),
      )
    else await resumeActors(supervisor, state, Object.keys(current.tokens))
    examples = examplesFor(portBase)
    await writePrivateFile(join(state, 'remembered.json'), `${JSON.stringify(current)}\n`)
    await writeSandboxFile(options, supervisor, current, examples)
  } catch (error) {
    await supervisor.stop()
    throw error
  }
  return { examples, stop: async () => await supervisor.stop() }
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
    '--json',
  ])) as { adminToken: string }
  return { registryToken: created.adminToken, tokens: {} }
}

async function resumeActors(
  supervisor: Supervisor,
  state: string,
  gateways: readonly string[],
): Promise<void> {
  await Promise.all(
    BRANCHES.map(async ({ branch }) => await supervisor.start(actor('branch', state, branch))),
  )
  await Promise.all(gateways.map(async (id) => await supervisor.start(actor('gateway', state, id))))
}

async function readRemembered(state: string): Promise<Remembered | undefined> {
  const file = join(state, 'remembered.json')
  if (!existsSync(file)) return undefined
  const remembered = JSON.parse(await readFile(file, 'utf8')) as Remembered
  // Gateways that joined while the sandbox ran stand in sandbox.json only.
  const last = JSON.parse(await readFile(join(state, 'sandbox.json'), 'utf8')) as { gateways: GatewayEntry[] }
  const joined = last.gateways.map(({ id, admin }) => [id, admin.token] as const)
  return { ...remembered, tokens: { ...remembered.tokens, ...Object.fromEntries(joined) } }
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
  const args = [BACKEND, program, directory, String(portsFrom(portBase).backend(index))]
  return [supervisor.start({ name: `backend ${program}`, directory, args, readiness: 'line' })]
}

function kindOf(id: string): 'branch' | 'gateway' {
  return id.includes('/branch/') ? 'branch' : 'gateway'
}

function actor(kind: 'registry' | 'branch' | 'gateway', state: string, id: string): Program {
  const directory = actorDirectory(state, id)
  return { name: id, directory, args: [LAUNCHER, kind, 'run', '--dir', directory], readiness: 'file' }
}

async function writeSandboxFile(
  { state, portBase }: SandboxOptions,
  supervisor: Supervisor,
  remembered: Remembered,
  examples: readonly Example[],
): Promise<void> {
  const ports = portsFrom(portBase)
  const registryUrl = `http://127.0.0.1:${ports.registry}`
  const gateways = Object.entries(remembered.tokens).map(([id, token]) =>
    gatewayEntry(state, id, token, supervisor.pid(id)),
  )
  const file = {
    network: NETWORK,
    anchor: join(actorDirectory(state, 'registry'), 'anchor.json'),
    registry: { url: registryUrl, pid: supervisor.pid('registry'), adminToken: remembered.registryToken },
    branches: BRANCHES.map(({ branch }, index) => ({
      id: branch,
      url: `http://127.0.0.1:${ports.branch(index).http}`,
      pid: supervisor.pid(branch),
    })),
    gateways,
    examples,
  }
  await writePrivateFile(join(state, 'sandbox.json'), `${JSON.stringify(file, null, 2)}\n`)
}

function gatewayEntry(state: string, id: string, token: string, pid: number): GatewayEntry {
  const directory = actorDirectory(state, id)
  const running = JSON.parse(readFileSync(join(directory, 'running.json'), 'utf8')) as {
    frontDoor: string
    admin: string
  }
  return {
    id,
    member: id.split('/').slice(0, 3).join('/'),
    frontDoor: running.frontDoor,
    admin: { url: running.admin, token },
    state: directory,
    pid,
  }
}
