import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { LineShares } from '../src/branch/lines/line-shares.ts'
import { ReadBuffers } from '../src/branch/tunnels/read-buffers.ts'
import { splice } from '../src/branch/tunnels/splice.ts'
import { acceptEnd, dialEnd } from '../src/branch/tunnels/tunnel-end.ts'
import { serverTlsOptions, type TlsIdentity } from '../src/transport/link-identity.ts'
import { peerTlsOptions } from '../src/trust/tls-context.ts'

/**
 * One process of the relay benches; `relay-bench.ts` starts it. It takes one task, answers with its port, and from
 * then on answers every message with what it has used so far.
 */

/** What the process does. */
export type RelayRole =
  /** Forwards with ordinary streams. */
  | 'pipe'
  /** Forwards as a branch does. */
  | 'branch'
  /** Forwards with mutual TLS on both hops. */
  | 'tls-hops'
  /** Far end: swallows or echoes what comes, by its first byte. */
  | 'sink'
  /** The same inside TLS. */
  | 'tls-sink'
  /** The same inside TLS inside the TLS of the last hop. */
  | 'tls-in-tls-sink'

/** What the bench tells the process to begin with. */
export interface RelayTask {
  readonly role: RelayRole
  /** Port to forward to. */
  readonly target: number
  readonly identity: TlsIdentity
}

/** What the process answers. */
export type RelayReport =
  | { readonly port: number }
  | { readonly cpuMicros: number; readonly rssBytes: number; readonly connections: number }

/** Mbit/s of the line of a branch under test. */
const LINE_MBPS = 400_000

/** The application protocol of every TLS connection of the benches. */
export const BENCH_ALPN = 'bench'

function serve(socket: Socket): void {
  let isEcho: boolean | undefined
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    isEcho ??= chunk[0] === 0x45
    if (isEcho) socket.write(chunk)
  })
  socket.on('end', () => socket.end())
}

function pipeBoth(a: Socket, b: Socket): void {
  a.on('error', () => b.destroy())
  b.on('error', () => a.destroy())
  a.pipe(b)
  b.pipe(a)
}

function createRelay({ role, target, identity }: RelayTask): Server {
  const far = { port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }
  if (role === 'pipe') {
    return createServer({ noDelay: true, allowHalfOpen: true }, (socket) => pipeBoth(socket, connect(far)))
  }
  if (role === 'branch') {
    const buffers = new ReadBuffers()
    // A registered line that is faster than the loopback: what its sharing costs is measured, not what it holds back.
    const lines = new LineShares({ capacityMbps: () => LINE_MBPS, pacePercent: 95 })
    const turns = {
      toA: { share: lines.towards('near'), flow: 'back' },
      toB: { share: lines.towards('far'), flow: 'forth' },
    }
    return createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      const near = acceptEnd(socket, buffers)
      const end = dialEnd(far, buffers)
      end.socket.once('connect', () => splice(near, end, () => undefined, turns))
    })
  }
  const options = { ...peerTlsOptions(identity), ALPNProtocols: [BENCH_ALPN] }
  return createTlsServer({ ...serverTlsOptions(identity, BENCH_ALPN), noDelay: true }, (socket) => {
    pipeBoth(socket, connectTls({ ...options, ...far }).setNoDelay(true))
  })
}

function createSink({ role, identity }: RelayTask): Server {
  if (role === 'sink') return createServer({ noDelay: true }, serve)
  const options = { ...serverTlsOptions(identity, BENCH_ALPN), noDelay: true }
  const inner = createTlsServer(options, serve)
  if (role === 'tls-sink') return inner
  return createTlsServer(options, (socket) => void inner.emit('connection', socket))
}

function run(task: RelayTask): void {
  const server = task.role.endsWith('sink') ? createSink(task) : createRelay(task)
  let connections = 0
  server.on(task.role.startsWith('tls') ? 'secureConnection' : 'connection', () => (connections += 1))
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, () => {
    process.send?.({ port: (server.address() as AddressInfo).port } satisfies RelayReport)
  })
  process.on('message', () => {
    globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    const rssBytes = process.memoryUsage.rss()
    process.send?.({ cpuMicros: user + system, rssBytes, connections } satisfies RelayReport)
  })
}

if (process.send !== undefined) process.once('message', (task) => run(task as RelayTask))
