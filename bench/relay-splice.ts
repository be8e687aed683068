import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { createLinkFixture } from '../src/transport/link-fixture.ts'
import {
  type BenchProcess,
  echo,
  findNginx,
  machine,
  median,
  rounded,
  sendBulk,
  startNginx,
  startProcess,
} from './relay-bench.ts'

/**
 * How fast a branch moves bytes that it cannot read: with ordinary streams, as the branch does it, and nginx `stream`
 * with one worker beside it. Everything runs on this machine over the loopback, in turns; medians over the rounds.
 * Also what idle tunnels cost in memory.
 *
 *     node bench/relay-splice.ts [--json] [--rounds 5] [--seconds 2] [--gigabytes 1] [--idle 5000]
 */

interface Figures {
  readonly bulkMBps: number
  readonly cpuSecondsPerGB: number
  readonly roundTripsPerSecond: number
  readonly cpuMicrosPerRoundTrip: number
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    gigabytes: { type: 'string', default: '1' },
    idle: { type: 'string', default: '5000' },
  },
})

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

async function measure(relay: BenchProcess): Promise<Figures> {
  const bytes = Number(values.gigabytes) * 1e9
  await sendBulk(await dial(relay.port), 1e8)
  const start = await relay.used()
  const bulkMBps = await sendBulk(await dial(relay.port), bytes)
  const middle = await relay.used()
  const sockets = await Promise.all(Array.from({ length: 32 }, () => dial(relay.port)))
  const { trips, seconds } = await echo(sockets, Number(values.seconds))
  const end = await relay.used()
  return {
    bulkMBps,
    cpuSecondsPerGB: (middle.cpuMicros - start.cpuMicros) / 1e6 / (bytes / 1e9),
    roundTripsPerSecond: trips / seconds,
    cpuMicrosPerRoundTrip: (end.cpuMicros - middle.cpuMicros) / trips,
  }
}

function medians(runs: readonly Figures[]): Figures {
  const of = (name: keyof Figures): number => rounded(median(runs.map((run) => run[name])))
  return {
    bulkMBps: of('bulkMBps'),
    cpuSecondsPerGB: of('cpuSecondsPerGB'),
    roundTripsPerSecond: of('roundTripsPerSecond'),
    cpuMicrosPerRoundTrip: of('cpuMicrosPerRoundTrip'),
  }
}

/** Resident memory of a relay that holds idle tunnels, each used once by an echo, in MiB. */
async function idleMiB(relay: BenchProcess, count: number): Promise<number> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const some = await Promise.all(
      Array.from({ length: Math.min(250, count - sockets.length) }, () => dial(relay.port)),
    )
    for (const socket of some) socket.write(Buffer.alloc(1_500, 'E'))
    await Promise.all(some.map((socket) => once(socket, 'data')))
    sockets.push(...some)
  }
  const { rssBytes } = await relay.used()
  for (const socket of sockets) socket.destroy()
  return rounded(rssBytes / 1_048_576)
}

async function main(): Promise<void> {
  const { identity } = await createLinkFixture()
  const bench = await identity('AE-DU/branch/BENCH')
  const sink = await startProcess({ role: 'sink', target: 0, identity: bench })
  const nginx = findNginx()
  const start = {
    pipe: () => startProcess({ role: 'pipe', target: sink.port, identity: bench }),
    branch: () => startProcess({ role: 'branch', target: sink.port, identity: bench }),
    ...(nginx === undefined ? {} : { nginx: () => startNginx(nginx, 18_998, sink.port) }),
  }
  const runs: Record<string, Figures[]> = {}
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, begin] of Object.entries(start)) {
      const relay = await begin()
      runs[name] = [...(runs[name] ?? []), await measure(relay)]
      await relay.stop()
    }
  }
  const figures = Object.fromEntries(Object.entries(runs).map(([name, all]) => [name, medians(all)]))
  const idler = await start.branch()
  const idle = { tunnels: Number(values.idle), rssMiB: await idleMiB(idler, Number(values.idle)) }
  await Promise.all([idler.stop(), sink.stop()])
  if (values.json)
    console.log(JSON.stringify({ machine: machine(), rounds: Number(values.rounds), figures, idle }))
  else {
    console.table(figures)
    console.log(`${idle.tunnels} idle tunnels: ${idle.rssMiB} MiB resident`)
    if (nginx === undefined) {
      console.log(
        'nginx was not found: install nginx with its stream module (Debian: nginx libnginx-mod-stream),',
      )
      console.log('or name them in NGINX and NGINX_STREAM_MODULE.')
    }
  }
}

await main()
