import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { callAdmin } from '../sandbox/drive.ts'
import { actorDirectory } from '../sandbox/layout.ts'
import { STAY_DOWN } from '../sandbox/supervisor.ts'
import { type BenchSandbox, CLIENT, gatewayOf, publishForBench, startBenchSandbox } from './bench-sandbox.ts'
import { type LoadCall, SteadyLoad } from './failover/steady-load.ts'

/**
 * What callers notice when branches are killed under load: exchanges failed, carried out twice, and how long the longest
 * one stood still. 500 calls a second, half GET and half POST, from RTA to a service behind DEWA's gateway; one branch at a
 * time gets SIGKILL at a random moment; half of them are started again at once, the others after some seconds. A backend
 * counts every exchange by its name.
 *
 *     npm run bench:failover -- [--json] [--kills 20] [--rate 500] [--seconds 3]
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    kills: { type: 'string', default: '20' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '3' },
  },
})

const PORT_BASE = 8_300

/** A call counts to a kill when it was under way at that moment or began within this time. Unit: milliseconds. */
const AFTER_KILL_MS = 3_000

await main()

async function main(): Promise<void> {
  const backend = await countingBackend()
  const sandbox = await startBenchSandbox(mkdtempSync(join(tmpdir(), 'wusla-failover-')), PORT_BASE)
  try {
    const url = await publishForBench(sandbox, { name: 'failover', method: '*', backendUrl: backend.url })
    await untilSpares(sandbox)
    const load = new SteadyLoad(url, { 'X-Road-Client': CLIENT }, Number(values.rate))
    await pause(2_000)
    const kills: number[] = []
    for (let kill = 0; kill < Number(values.kills); kill += 1) {
      kills.push(await killOne(sandbox, kill))
      await untilSpares(sandbox)
    }
    await load.end()
    report(load.calls, kills, backend.duplicated())
  } finally {
    await sandbox.stop()
    backend.close()
    rmSync(sandbox.state, { recursive: true, force: true })
  }
}

/** Kills one branch at a random moment. @returns when, by the clock of the load */
async function killOne(sandbox: BenchSandbox, kill: number): Promise<number> {
  await pause(500 + Math.random() * Number(values.seconds) * 1_000)
  const ids = sandbox.file().branches.map(({ id }) => id)
  const branch = ids[Math.floor(Math.random() * ids.length)] ?? ''
  const down = join(actorDirectory(sandbox.state, branch), STAY_DOWN)
  const staysDown = kill % 2 === 1
  if (staysDown) writeFileSync(down, '')
  while (!killed(sandbox, branch)) await pause(20)
  const at = performance.now()
  // Until the loss has been noticed everywhere the sessions of before still count as there.
  await pause(staysDown ? 2_000 : 1_000)
  if (staysDown) rmSync(down)
  return at
}

/** False while the file still names the process that was there before the last start. */
function killed(sandbox: BenchSandbox, branch: string): boolean {
  const pid = sandbox.file().branches.find(({ id }) => id === branch)?.pid ?? 0
  try {
    return pid > 0 && process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Waits until RTA's gateway holds two sessions to DEWA's over paths without a common branch. */
async function untilSpares(sandbox: BenchSandbox): Promise<void> {
  const rta = gatewayOf(sandbox, 'AE-DU/GOV/RTA')
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const status = (await callAdmin(rta.admin.url, rta.admin.token, 'GET', '/v1/status')) as {
      sessions: { gateway: string; path: string[] }[]
    }
    const paths = status.sessions
      .filter(({ gateway: peer }) => peer.startsWith('AE-DU/SEMI/DEWA'))
      .map(({ path }) => path)
    if (paths.some((one) => paths.some((other) => one.every((branch) => !other.includes(branch))))) return
    await pause(50)
  }
  throw new Error(
    `no spare session was opened within 30 s: ${JSON.stringify(await callAdmin(rta.admin.url, rta.admin.token, 'GET', '/v1/status'))}`,
  )
}

function report(calls: readonly LoadCall[], kills: readonly number[], duplicated: number): void {
  const touched = calls.filter(({ startedMs, waitedMs }) =>
    kills.some((at) => startedMs + waitedMs >= at && startedMs <= at + AFTER_KILL_MS),
  )
  const waits = touched.map(({ waitedMs }) => waitedMs).sort((a, b) => a - b)
  const quiet = calls.filter((call) => !touched.includes(call)).map(({ waitedMs }) => waitedMs)
  const result = {
    machine: { cores: cpus().length, cpu: cpus()[0]?.model ?? '', kernel: release(), node: process.version },
    setting: { perSecond: Number(values.rate), afterKillMs: AFTER_KILL_MS },
    kills: kills.length,
    exchanges: calls.length,
    failed: calls.filter(({ status }) => status !== 200).length,
    duplicated,
    longestStallMs: rounded(waits.at(-1)),
    p99StallMs: rounded(waits[Math.floor(waits.length * 0.99)]),
    p99QuietMs: rounded(quiet.sort((a, b) => a - b)[Math.floor(quiet.length * 0.99)]),
    statuses: Object.fromEntries(
      [...Map.groupBy(calls, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    ),
  }
  process.stdout.write(`${JSON.stringify(result, null, values.json ? undefined : 2)}\n`)
}

/** Answers after a few milliseconds, as a real backend would, and counts every exchange by its name. */
async function countingBackend(): Promise<{ url: string; duplicated: () => number; close: () => void }> {
  const seen = new Map<string, number>()
  const server = createServer((request, response) => {
    const exchange = String(request.headers['x-road-request-id'])
    seen.set(exchange, (seen.get(exchange) ?? 0) + 1)
    request.resume()
    request.once('end', () => setTimeout(() => response.end('{"ok":true}'), 5))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    duplicated: () => [...seen.values()].filter((count) => count > 1).length,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function rounded(ms: number | undefined): number {
  return Math.round((ms ?? Number.NaN) * 10) / 10
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
