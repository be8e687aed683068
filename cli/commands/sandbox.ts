import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { isErrorCode } from '../../src/protocol/error-codes.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { makeNamedFolder } from '../named-file.ts'
import { wholeNumber } from '../option-values.ts'
import { readSandbox } from '../sandbox-file.ts'
import { createVoice, EXIT, UsageError } from '../voice.ts'
import { sandboxBranchCommands } from './sandbox-branch.ts'

const DEFAULT_STATE = 'var/sandbox'
/** Ports of a sandbox lie within this many from the first. */
const PORTS = 100
/** Where they may begin: above those that only the machine's administrator opens, and so that all of them exist. */
const portBase = wholeNumber(1_024, 65_535 - PORTS)

interface UpOptions {
  readonly state: string
  readonly portBase: number
  readonly restart: boolean
}

interface StateOptions {
  readonly json?: boolean
  readonly state: string
}

/** `wusla sandbox …`: a whole network on one machine. */
export function sandboxCommands(): Command {
  const group = new Command('sandbox').description(
    'a whole network on this machine: registry, branches, gateways, real backends',
  )
  group.addCommand(
    new Command('up')
      .description('start it, or resume it from its state; Ctrl-C stops it')
      .option('--state <dir>', 'state folder', process.env['WUSLA_STATE'] ?? DEFAULT_STATE)
      .option('--port-base <number>', 'first of about 100 local ports', portBase, 7600)
      .option('--no-restart', 'do not start a part again that ended')
      .action(up),
  )
  group.addCommand(
    new Command('down')
      .description('stop it in good order')
      .option('--state <dir>', 'state folder', process.env['WUSLA_STATE'] ?? DEFAULT_STATE)
      .option('--json', 'print one line of JSON')
      .action(down),
  )
  group.addCommand(
    new Command('status')
      .description('what runs, and calls to try')
      .option('--state <dir>', 'state folder', process.env['WUSLA_STATE'] ?? DEFAULT_STATE)
      .option('--json', 'print one line of JSON')
      .action(status),
  )
  group.addCommand(sandboxBranchCommands(process.env['WUSLA_STATE'] ?? DEFAULT_STATE))
  return group
}

async function up(options: UpOptions): Promise<void> {
  await makeNamedFolder('--state', options.state)
  const args = ['--port-base', String(options.portBase)]
  const { code } = await runSandboxProcess(options.state, [
    ...args,
    ...(options.restart ? [] : ['--no-restart']),
  ])
  process.exitCode = code
}

async function down(options: StateOptions): Promise<void> {
  if (!isSandbox(options.state)) throw new UsageError(`there is no sandbox in ${options.state}`)
  const { report } = await runSandboxProcess(options.state, ['--stop'])
  const { ended = 0, remaining = [] } = report ?? {}
  const stopped = report !== undefined && remaining.length === 0
  const words = ended === 0 ? 'nothing was running' : 'sandbox stopped'
  const left = `not stopped: process ${remaining.join(', ')} goes on`
  createVoice(options.json === true).result({ stopped, ended, remaining }, [stopped ? words : left])
  process.exitCode = stopped ? EXIT.done : EXIT.refused
}

/** What the process of the sandbox tells over its channel. */
interface SandboxReport {
  readonly failure?: {
    readonly code: string
    readonly message: string
    readonly details: Record<string, unknown>
  }
  readonly ended?: number
  readonly remaining?: readonly number[]
}

/**
 * Runs the sandbox's own process and passes signals on to it; it takes any number of them, as a terminal sends them to
 * both.
 *
 * @throws WuslaError what it reports as a failure
 */
async function runSandboxProcess(
  state: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly report: SandboxReport | undefined }> {
  const script = new URL('../../sandbox/sandbox-process.ts', import.meta.url)
  const built = new URL('../../sandbox/sandbox-process.js', import.meta.url)
  const file = fileURLToPath(existsSync(script) ? script : built)
  // Its programs keep what the runtime makes of their files where the commands do.
  const compiled = getCompileCacheDir()
  const cache = compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }
  const child = spawn(process.execPath, [file, '--state', resolve(state), ...args], {
    env: { ...process.env, ...cache },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  let report: SandboxReport | undefined
  child.on('message', (message) => (report = message as SandboxReport))
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass)
  const code = await new Promise<number>((done) =>
    child.once('close', (status) => done(status ?? EXIT.refused)),
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass)
  if (report?.failure === undefined) return { code, report }
  const { code: error, message, details } = report.failure
  throw new WuslaError(isErrorCode(error) ? error : 'internal_error', { message, details })
}

function isSandbox(state: string): boolean {
  return ['sandbox.lock', 'sandbox.pid', 'sandbox.json'].some((name) => existsSync(join(state, name)))
}

async function status(options: StateOptions): Promise<void> {
  const sandbox = readSandbox(options.state)
  const lines = [
    `network ${sandbox.network}`,
    `registry  ${sandbox.registry.url}  process ${sandbox.registry.pid}`,
    ...sandbox.branches.map(({ id, url, pid }) => `${id}  ${url}  process ${pid}`),
    ...(sandbox.lines ?? []).map(({ id, ends }) => `line ${id}  ${ends.join(' – ')}`),
    ...sandbox.gateways.map(
      ({ id, frontDoor, admin, pid }) => `${id}  front door ${frontDoor}  admin ${admin.url}  process ${pid}`,
    ),
    ...sandbox.examples.flatMap(({ title, curl }) => ['', `# ${title}`, curl]),
  ]
  createVoice(options.json === true).result(sandbox, lines)
}
