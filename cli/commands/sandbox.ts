import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { readSandbox } from '../sandbox-file.ts'
import { createVoice, EXIT, UsageError } from '../voice.ts'

const DEFAULT_STATE = 'var/sandbox'

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
      .option('--port-base <number>', 'first of about 100 local ports', wholeNumber(1, 65_400), 7600)
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
  return group
}

async function up(options: UpOptions): Promise<void> {
  const script = new URL('../../sandbox/sandbox-process.ts', import.meta.url)
  const built = new URL('../../sandbox/sandbox-process.js', import.meta.url)
  const file = fileURLToPath(existsSync(script) ? script : built)
  const args = [
    file,
    '--state',
    resolve(options.state),
    '--port-base',
    String(options.portBase),
    ...(options.restart ? [] : ['--no-restart']),
  ]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; this process only waits for the sandbox to stop in good order.
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGTERM') child.kill('SIGTERM')
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const code = await new Promise<number>((done) =>
    child.once('exit', (status) => done(status ?? EXIT.refused)),
  )
  process.exitCode = code
}

async function down(options: StateOptions): Promise<void> {
  const pidFile = join(options.state, 'sandbox.pid')
  if (!existsSync(pidFile)) throw new UsageError(`there is no sandbox in ${options.state}`)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const joined = existsSync(join(options.state, 'sandbox.json')) ? readSandbox(options.state).gateways : []
  stop(pid)
  for (let waitedMs = 0; waitedMs < 30_000 && isAlive(pid); waitedMs += 50) {
    await new Promise((done) => setTimeout(done, 50))
  }
  // Gateways that joined later run as processes of their own.
  for (const gateway of joined) if (isOurs(gateway.pid, gateway.state)) stop(gateway.pid)
  createVoice(options.json === true).result({ stopped: !isAlive(pid) }, ['sandbox stopped'])
}

async function status(options: StateOptions): Promise<void> {
  const sandbox = readSandbox(options.state)
  const lines = [
    `network ${sandbox.network}`,
    `registry  ${sandbox.registry.url}  process ${sandbox.registry.pid}`,
    ...sandbox.branches.map(({ id, url, pid }) => `${id}  ${url}  process ${pid}`),
    ...sandbox.gateways.map(
      ({ id, frontDoor, admin, pid }) => `${id}  front door ${frontDoor}  admin ${admin.url}  process ${pid}`,
    ),
    ...sandbox.examples.flatMap(({ title, curl }) => ['', `# ${title}`, curl]),
  ]
  createVoice(options.json === true).result(sandbox, lines)
}

/** A process id may have passed to a stranger; `running.json` says whether it is still the actor of this folder. */
function isOurs(pid: number, state: string): boolean {
  const file = join(state, 'running.json')
  return (
    existsSync(file) &&
    (JSON.parse(readFileSync(file, 'utf8')) as { pid?: number }).pid === pid &&
    isAlive(pid)
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function stop(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGTERM')
}
