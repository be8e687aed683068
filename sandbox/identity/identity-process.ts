import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { giveBackMemory } from './give-back-memory.ts'
import { startStandIn } from './start-stand-in.ts'

/**
 * The stand-in of the national digital identity as a process of its own: `node identity-process.ts STATE_DIRECTORY PORT`.
 * Writes `running.json` when it listens, and ends on SIGTERM or SIGINT.
 */
const [state, port] = process.argv.slice(2)
if (state === undefined || port === undefined)
  throw new Error('usage: identity-process.ts STATE_DIRECTORY PORT')

const standIn = await startStandIn({
  state,
  port: Number(port),
  now: () => new Date(),
  // A telephone that is slow keeps no process alive.
  waitMs: async (ms) => await wait(ms, undefined, { ref: false }),
})
giveBackMemory()
const runningFile = join(state, 'running.json')
const { url, controlToken, client } = standIn
await writePrivateFile(runningFile, `${JSON.stringify({ pid: process.pid, url, controlToken, client })}\n`)
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void rm(runningFile, { force: true }).then(standIn.close)
  })
}
