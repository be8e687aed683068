import { existsSync, mkdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isWuslaError, toWuslaError } from '../src/protocol/wusla-error.ts'
import { endLeftovers } from './leftovers.ts'
import { holderOf, holdSandbox } from './sandbox-lock.ts'
import { startSandbox } from './start-sandbox.ts'

/** What this process tells `wusla` over their channel. People hear it in the command line's voice. */
type Report =
  | { readonly failure: { readonly code: string; readonly message: string; readonly details: object } }
  | { readonly ended: number; readonly remaining: readonly number[] }

/** How long a running sandbox may take to stop, in milliseconds. */
const STOP_MS = 60_000

/**
 * The sandbox as a process: `node sandbox-process.ts --state DIR --port-base N [--no-restart]` starts or resumes the
 * network, prints `sandbox ready`, and stops everything on SIGINT or SIGTERM, of which any number may come.
 * `node sandbox-process.ts --stop --state DIR` stops that process, and whatever one that was killed left behind.
 */
const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    'port-base': { type: 'string', default: '7600' },
    'no-restart': { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
  },
})
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
try {
  const { state } = values
  if (state === undefined) throw new TypeError('--state is missing')
  if (values.stop) await stop(state)
  else await run(state, Number(values['port-base']), !values['no-restart'])
} catch (error) {
  const { code, message, details } = toWuslaError(error, 'internal_error')
  const unexpected = error instanceof Error && !isWuslaError(error) ? { cause: error.message } : {}
  report({ failure: { code, message, details: { ...details, ...unexpected } } })
  process.exitCode = 1
}

async function run(state: string, portBase: number, restart: boolean): Promise<void> {
  mkdirSync(state, { recursive: true })
  const lock = await holdSandbox(state)
  const pidFile = join(state, 'sandbox.pid')
  try {
    await writeFile(pidFile, `${process.pid}\n`)
    const { ended } = await endLeftovers(state)
    if (ended.length > 0)
      process.stdout.write(`ended ${ended.length} processes that a sandbox had left behind\n`)
    const resumed = existsSync(join(state, 'remembered.json'))
    process.stdout.write(`${resumed ? 'resuming' : 'building'} the network in ${state}\n`)
    const sandbox = await startSandbox({ state, portBase, restart }, stopping.signal)
    for (const { title, curl } of sandbox.examples) process.stdout.write(`\n# ${title}\n${curl}\n`)
    process.stdout.write('\nsandbox ready\n')
    await untilAborted(stopping.signal)
    await sandbox.stop()
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    // Told to stop before it was ready: that is why the start failed, and no failure.
    process.stderr.write(
      `stopped before it was ready: ${error instanceof Error ? error.message : String(error)}\n`,
    )
  } finally {
    await rm(pidFile, { force: true })
    lock.release()
  }
}

async function stop(state: string): Promise<void> {
  const holder = holderOf(state)
  if (holder !== undefined) process.kill(holder, 'SIGTERM')
  const lock = await holdSandbox(state, holder === undefined ? 1_000 : STOP_MS)
  try {
    const { ended, remaining } = await endLeftovers(state)
    await rm(join(state, 'sandbox.pid'), { force: true })
    report({ ended: ended.length + (holder === undefined ? 0 : 1), remaining })
  } finally {
    lock.release()
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

function report(told: Report): void {
  if (process.send !== undefined) process.send(told)
  else process.stderr.write(`${JSON.stringify(told)}\n`)
}
