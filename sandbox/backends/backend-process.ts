import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { startArchive } from './archive.ts'
import { startBills } from './bills.ts'
import { startFacilities } from './facilities.ts'
import { startHolidays } from './holidays.ts'
import { portOf } from './json-server.ts'

/**
 * One backend of the sandbox as a process of its own: `node backend-process.ts NAME STATE_DIRECTORY PORT`.
 * Writes `running.json` when it listens, and ends on SIGTERM or SIGINT.
 */
const [name, directory, port] = process.argv.slice(2)
if (name === undefined || directory === undefined || port === undefined) {
  throw new Error('usage: backend-process.ts bills|archive|facilities|holidays STATE_DIRECTORY PORT')
}
mkdirSync(directory, { recursive: true })

const server = await start(name, directory, Number(port))
const runningFile = join(directory, 'running.json')
await writePrivateFile(runningFile, `${JSON.stringify({ pid: process.pid, port: portOf(server) })}\n`)
server.once('close', () => void rm(runningFile, { force: true }))
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}

async function start(
  which: string,
  state: string,
  at: number,
): Promise<Awaited<ReturnType<typeof startBills>>> {
  if (which === 'bills') return await startBills(join(state, 'bills.sqlite'), at)
  if (which === 'archive') return await startArchive(state, at)
  if (which === 'facilities') return await startFacilities(join(state, 'facilities.sqlite'), at)
  if (which === 'holidays') return await startHolidays(join(state, 'holidays.sqlite'), at)
  throw new Error(`no such backend: ${which}`)
}
