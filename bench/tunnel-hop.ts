import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { parseArgs } from 'node:util'
import { createLinkFixture } from '../src/transport/link-fixture.ts'
import type { TlsIdentity } from '../src/transport/link-identity.ts'
import { peerTlsOptions } from '../src/trust/tls-context.ts'
import { type BenchProcess, echo, machine, median, rounded, sendBulk, startProcess } from './relay-bench.ts'
import { BENCH_ALPN } from './relay-process.ts'

/**
 * What a second TLS on each hop of a tunnel would cost. In both variants the two gateways speak TLS 1.3 with each other
 * through the branch; in `ticket` the branch forwards that ciphertext as it is, in `tls-hops` each hop is mutual TLS
 * of its own around it. Three processes on the loopback, in turns; medians over the rounds.
 *
 *     node bench/tunnel-hop.ts [--json] [--rounds 5] [--seconds 2] [--gigabytes 0.5] [--idle 1000]
 */

interface Figures {
  readonly bulkMBps: number
  readonly branchCpuSecondsPerGB: number
  readonly farGatewayCpuSecondsPerGB: number
  readonly roundTripsPerSecond: number
  readonly branchCpuMicrosPerRoundTrip: number
  readonly openMs: number
  readonly branchCpuMicrosPerOpen: number
  readonly branchKiBPerIdleTunnel: number
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    gigabytes: { type: 'string', default: '0.5' },
    idle: { type: 'string', default: '1000' },
  },
})

type Dial = () => Promise<TLSSocket>

function dialer(identity: TlsIdentity, port: number, hasTlsHop: boolean): Dial {
  const options = { ...peerTlsOptions(identity), ALPNProtocols: [BENCH_ALPN] }
  return async () => {
    const near = { port, host: '127.0.0.1' }
    const hop: Socket = hasTlsHop ? connectTls({ ...options, ...near }) : connect(near)
    hop.setNoDelay(true)
    await once(hop, hasTlsHop ? 'secureConnect' : 'connect')
    const socket = connectTls({ ...options, socket: hop })
    await once(socket, 'secureConnect')
    return socket
  }
}

async function endSocket(socket: Socket): Promise<void> {
  socket.resume().end()
  await once(socket, 'close')
}

async function measure(relay: BenchProcess, sink: BenchProcess, dial: Dial): Promise<Figures> {
  const gigabytes = Number(values.gigabytes)
  // First of all, while the memory of the process is what it needs for itself.
  await Promise.all((await Promise.all(Array.from({ length: 50 }, dial))).map(endSocket))
  const fresh = await relay.used()
  const opens: number[] = []
  const idle: TLSSocket[] = []
  while (idle.length < Number(values.idle)) {
    const startedAt = performance.now()
    idle.push(await dial())
    opens.push(performance.now() - startedAt)
  }
  const opened = await relay.used()
  for (const socket of idle) socket.destroy()
  await sendBulk(await dial(), 5e7)
  const [start, farStart] = [await relay.used(), await sink.used()]
  const bulkMBps = await sendBulk(await dial(), gigabytes * 1e9)
  const [afterBulk, farEnd] = [await relay.used(), await sink.used()]
  const talkers = await Promise.all(Array.from({ length: 32 }, dial))
  const beforeEcho = await relay.used()
  const { trips, seconds } = await echo(talkers, Number(values.seconds))
  const afterEcho = await relay.used()
  return {
    bulkMBps,
    branchCpuSecondsPerGB: (afterBulk.cpuMicros - start.cpuMicros) / 1e6 / gigabytes,
    farGatewayCpuSecondsPerGB: (farEnd.cpuMicros - farStart.cpuMicros) / 1e6 / gigabytes,
    roundTripsPerSecond: trips / seconds,
    branchCpuMicrosPerRoundTrip: (afterEcho.cpuMicros - beforeEcho.cpuMicros) / trips,
    openMs: median(opens),
    branchCpuMicrosPerOpen: (opened.cpuMicros - fresh.cpuMicros) / opens.length,
    branchKiBPerIdleTunnel: (opened.rssBytes - fresh.rssBytes) / 1_024 / opens.length,
  }
}

function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {}) as (keyof Figures)[]
  const entries = names.map((name) => [name, rounded(median(runs.map((run) => run[name])))])
  return Object.fromEntries(entries) as Figures
}

async function runOnce(variant: 'ticket' | 'tls-hops', identity: TlsIdentity): Promise<Figures> {
  const hasTlsHop = variant === 'tls-hops'
  const sink = await startProcess({ role: hasTlsHop ? 'tls-in-tls-sink' : 'tls-sink', target: 0, identity })
  const relay = await startProcess({ role: hasTlsHop ? 'tls-hops' : 'branch', target: sink.port, identity })
  try {
    return await measure(relay, sink, dialer(identity, relay.port, hasTlsHop))
  } finally {
    await Promise.all([relay.stop(), sink.stop()])
  }
}

async function main(): Promise<void> {
  const { identity } = await createLinkFixture()
  const bench = await identity('AE-DU/branch/BENCH')
  const ticket: Figures[] = []
  const tlsHops: Figures[] = []
  for (let round = 0; round < Number(values.rounds); round += 1) {
    ticket.push(await runOnce('ticket', bench))
    tlsHops.push(await runOnce('tls-hops', bench))
  }
  const figures = { ticket: medians(ticket), 'tls-hops': medians(tlsHops) }
  if (values.json) console.log(JSON.stringify({ machine: machine(), rounds: Number(values.rounds), figures }))
  else console.table(figures)
}

await main()
