import { existsSync, mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startSandbox } from './start-sandbox.ts'

/**
 * The sandbox as a process: `node sandbox-process.ts --state DIR --port-base N`. Starts or resumes the network, prints
 * `sandbox ready`, and stops everything on SIGINT or SIGTERM.
 */
const { values } = parseArgs({
  options: {
    state: { type: 'string', default: 'var/sandbox' },
    'port-base': { type: 'string', default: '7600' },
    'no-restart': { type: 'boolean', default: false },
  },
})
const state = resolve(values.state)
mkdirSync(state, { recursive: true })

const stopped = new Promise<void>((resolveStop) => {
  process.once('SIGINT', () => resolveStop())
  process.once('SIGTERM', () => resolveStop())
})
const pidFile = join(state, 'sandbox.pid')
await writeFile(pidFile, `${process.pid}\n`)

const resumed = existsSync(join(state, 'sandbox.json'))
process.stdout.write(`${resumed ? 'resuming' : 'building'} the network in ${state}\n`)
const sandbox = await startSandbox({
  state,
  portBase: Number(values['port-base']),
  restart: !values['no-restart'],
})
for (const { title, curl } of sandbox.examples) process.stdout.write(`\n# ${title}\n${curl}\n`)
process.stdout.write('\nsandbox ready\n')

await stopped
await sandbox.stop()
