/**
 * How fast a directory loads, how much memory it takes, how many look-ups it answers.
 *
 *   node bench/directory.ts [--members 10000] [--services 100000] [--agreements 100000] [--json]
 *
 * Writes an invented log, serves it on a port of this machine, and measures in processes of their own: a bootstrap
 * from the snapshot into an empty store, and a restart from that store without a network.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { DirectoryFollower } from '../src/directory/directory-follower.ts'
import { DirectoryMirror } from '../src/directory/directory-mirror.ts'
import { systemClock } from '../src/protocol/clock.ts'
import { parseAnchor } from '../src/trust/anchor.ts'
import { inventLog } from './directory-log.ts'
import type { LogScale } from './directory-log.ts'

interface Measured {
  readonly loadMs: number
  /** Processor time until ready: other programs on the machine do not lengthen it much. */
  readonly loadCpuMs: number
  readonly checkedMs: number
  readonly rssMiB: number
  readonly heapMiB: number
  readonly lookUpsPerSecond: Readonly<Record<string, number>>
}

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '10000' },
    services: { type: 'string', default: '100000' },
    agreements: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    load: { type: 'string' },
    source: { type: 'string', default: '' },
  },
})

if (values.load === undefined) await measureBoth()
else console.log(JSON.stringify(await measureLoad(values.load, values.source)))

async function measureBoth(): Promise<void> {
  const scale: LogScale = {
    members: Number(values.members),
    services: Number(values.services),
    agreements: Number(values.agreements),
  }
  const directory = await mkdtemp(join(tmpdir(), 'wusla-bench-'))
  const { anchor, source } = await inventLog(scale)
  await writeFile(join(directory, 'anchor.json'), JSON.stringify(anchor))
  const mirror = new DirectoryMirror(source)
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://bench')
    const serve = async (): Promise<void> => {
      const signal = new AbortController().signal
      const { status, headers, body } = await mirror.answer(
        pathname.replace('/log/', ''),
        searchParams,
        signal,
      )
      response.writeHead(status, headers)
      if (body instanceof Uint8Array) response.write(body)
      else for await (const piece of body) if (!response.write(piece)) await once(response, 'drain')
      response.end()
    }
    serve().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const bootstrap = await inOwnProcess(directory, url)
    server.closeAllConnections()
    server.close()
    report(scale, source.checkpoint()?.size ?? 0, bootstrap, await inOwnProcess(directory, ''))
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function inOwnProcess(directory: string, source: string): Promise<Measured> {
  const args = [import.meta.filename, '--load', directory, '--source', source]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  return JSON.parse(await text(child.stdout)) as Measured
}

async function measureLoad(directory: string, source: string): Promise<Measured> {
  const beganMs = performance.now()
  await using follower = await DirectoryFollower.open({
    anchor: parseAnchor(await readFile(join(directory, 'anchor.json'), 'utf8')),
    storeDirectory: join(directory, 'store'),
    sources: () => (source === '' ? [] : [source]),
    clock: systemClock,
    onEvent: (event) => {
      if (event.kind === 'change_refused' || event.kind === 'source_failed') console.error(event)
    },
  })
  follower.start()
  await follower.waitForSize(2, AbortSignal.timeout(600_000))
  while (follower.directory.size < follower.size) await follower.waitForSize(follower.size)
  const loadMs = performance.now() - beganMs
  const used = process.cpuUsage()
  const loadCpuMs = (used.user + used.system) / 1000
  while (follower.directory.checkedSize < follower.directory.size) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const checkedMs = performance.now() - beganMs
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const lookUpsPerSecond = measureLookUps(follower.directory)
  return {
    loadMs,
    loadCpuMs,
    checkedMs,
    rssMiB: rss / 2 ** 20,
    heapMiB: heapUsed / 2 ** 20,
    lookUpsPerSecond,
  }
}

function measureLookUps(directory: DirectoryFollower['directory']): Record<string, number> {
  const members = directory.members().map(({ member }) => member)
  const services = directory.services().map(({ service }) => service)
  const keys = members.flatMap((member) => directory.gatewaysOf(member).flatMap(({ sealKeys }) => sealKeys))
  const pairs = members.map((member, i) => [member, members[(i + 1) % members.length] ?? member] as const)
  return {
    service: perSecond(services, (id) => directory.service(id)),
    gatewaysOf: perSecond(members, (id) => directory.gatewaysOf(id)),
    tlsKeyOwner: perSecond(keys, (id) => directory.tlsKeyOwner(id)),
    sealKey: perSecond(keys.slice(0, 1000), (id) => directory.sealKey(id)),
    agreementsBetween: perSecond(pairs, ([a, b]) => directory.agreementsBetween(a, b)),
  }
}

function perSecond<T>(keys: readonly T[], lookUp: (key: T) => unknown): number {
  // Once before: the verifiers of keys are made at their first use.
  for (const key of keys.slice(0, 10_000)) lookUp(key)
  const beganMs = performance.now()
  let done = 0
  while (performance.now() - beganMs < 500) {
    for (const key of keys.slice(0, 10_000)) {
      lookUp(key)
      done += 1
    }
  }
  return Math.round((done * 1000) / (performance.now() - beganMs))
}

function report(scale: LogScale, entries: number, bootstrap: Measured, restart: Measured): void {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version }
  if (values.json) {
    console.log(JSON.stringify({ machine, ...scale, entries, bootstrap, restart }))
    return
  }
  const line = (name: string, { loadMs, loadCpuMs, checkedMs, rssMiB, heapMiB }: Measured): string =>
    `${name}: ready after ${seconds(loadMs)} (${seconds(loadCpuMs)} of processor), all checked after ${seconds(checkedMs)}, ` +
    `${Math.round(rssMiB)} MiB resident, ${Math.round(heapMiB)} MiB heap`
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${entries} entries`)
  console.log(line('bootstrap', bootstrap))
  console.log(line('restart', restart))
  for (const [name, rate] of Object.entries(restart.lookUpsPerSecond))
    console.log(`${name}: ${rate} look-ups/s`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
