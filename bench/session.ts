import { X509Certificate } from 'node:crypto'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/protocol/clock.ts'
import { createSealVerifier, generateSealKey, parseSealKey } from '../src/trust/seal-key.ts'
import { tlsKeyOf } from '../src/trust/tls-identity.ts'
import { createLinkFixture } from '../src/transport/link-fixture.ts'
import type { TlsIdentity } from '../src/transport/link-identity.ts'
import { openSession } from '../src/transport/session.ts'
import type { Session } from '../src/transport/session.ts'
import { ANSWER_TIME, CONSUMER, makeOpening, PROVIDER } from '../src/transport/session-fixture.ts'
import type { IncomingRequest } from '../src/transport/incoming-request.ts'
import { secureAcceptor, secureInitiator } from '../src/transport/session-tls.ts'

/**
 * One session between two processes over TLS 1.3 on the loopback, small exchanges, every one signed by both sides and
 * verified by both; evidence is not written. Prints exchanges per second and CPU time per exchange of both processes.
 *
 *     node bench/session.ts [--json] [--seconds 3] [--bytes 0]
 */

interface Setup {
  readonly identity: TlsIdentity
  readonly sealPem: string
  readonly peer: string
  /** Public key in DER, base64url. */
  readonly peerSealKey: string
  readonly peerTlsKey: string
}

interface Run {
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMicrosPerExchange: { readonly consumer: number; readonly provider: number }
  readonly statementsPerBatch: number
}

const HEADERS = 'Accept:application/json\r\nUser:2000000001\r\nx-road-id:f7a9c2\r\n'
const ANSWER_HEADERS = 'Content-Type:application/json\r\nDate:Mon, 23 Nov 2026 07:36:33 GMT\r\n'
const ANSWER_BODY = Buffer.from(`{"status":"ok","pad":"${'a'.repeat(128)}"}`)

const cpuMicros = (usage: NodeJS.CpuUsage): number => usage.user + usage.system

async function openBenchSession(setup: Setup, raw: Socket, role: 'initiator' | 'acceptor'): Promise<Session> {
  const tls = {
    identity: setup.identity,
    directory: {
      tlsKeyOwner: (id: string): string | undefined => (id === setup.peerTlsKey ? setup.peer : undefined),
    },
    expectPeer: setup.peer,
  }
  const { socket, exporter } = await (role === 'initiator'
    ? secureInitiator(raw, tls)
    : secureAcceptor(raw, tls))
  const verifier = createSealVerifier(Buffer.from(setup.peerSealKey, 'base64url'))
  return openSession({
    role,
    socket,
    exporter,
    network: 'AE-DU',
    localGateway: setup.identity.id,
    peerGateway: setup.peer,
    sealKey: parseSealKey(setup.sealPem),
    sealVerifier: (keyId) => (keyId === verifier.keyId ? verifier : undefined),
    recordBatch: () => Promise.resolve(),
    onRequest: serve,
    clock: systemClock,
    onEvent: (event) => {
      if (event.kind === 'session_ended' && event.step !== undefined) console.error(event)
    },
  })
}

function serve(incoming: IncomingRequest): void {
  const answer = Buffer.isBuffer(incoming.body) ? ANSWER_BODY : incoming.body
  void incoming.answer({ status: 200, time: ANSWER_TIME }, ANSWER_HEADERS, answer)
}

/** The child: one acceptor; tells its CPU time when asked. */
async function runProvider(): Promise<void> {
  process.once('disconnect', () => process.exit(0))
  const [setup] = (await once(process, 'message')) as [Setup]
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  process.send?.(listener.address())
  const [raw] = (await once(listener, 'connection')) as [Socket]
  await openBenchSession(setup, raw, 'acceptor')
  process.on('message', () => process.send?.(cpuMicros(process.cpuUsage())))
}

async function startProvider(setup: Setup): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(import.meta.filename, ['--provider'], { execArgv: process.execArgv })
  child.send(setup)
  const [address] = (await once(child, 'message')) as [{ port: number }]
  return { child, port: address.port }
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [micros] = (await once(child, 'message')) as [number]
  return micros
}

async function makeSetups(): Promise<readonly [Setup, Setup]> {
  const { identity } = await createLinkFixture()
  const a = { identity: await identity(CONSUMER), seal: generateSealKey() }
  const b = { identity: await identity(PROVIDER), seal: generateSealKey() }
  const setup = (own: typeof a, other: typeof a): Setup => ({
    identity: own.identity,
    sealPem: own.seal.privateKeyPem(),
    peer: other.identity.id,
    peerSealKey: Buffer.from(other.seal.publicKeyDer).toString('base64url'),
    peerTlsKey: tlsKeyOf(new X509Certificate(other.identity.certificateChainPem)),
  })
  return [setup(a, b), setup(b, a)]
}

/** Keeps so many exchanges under way for so long. */
async function load(
  session: Session,
  concurrency: number,
  seconds: number,
  body: Buffer | null,
): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      const start = performance.now()
      const answer = await session.request(makeOpening(HEADERS), HEADERS, body)
      await answer.recorded
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return times.sort((x, y) => x - y)
}

async function measure(
  session: Session,
  child: ChildProcess,
  concurrency: number,
  seconds: number,
  body: Buffer | null,
): Promise<Run> {
  const before = { provider: await cpuOf(child), own: process.cpuUsage(), sealed: session.statistics() }
  const start = performance.now()
  const times = await load(session, concurrency, seconds, body)
  const elapsed = (performance.now() - start) / 1000
  const own = cpuMicros(process.cpuUsage(before.own))
  const provider = (await cpuOf(child)) - before.provider
  const after = session.statistics()
  const percentile = (part: number): number =>
    Number((times[Math.floor(times.length * part)] ?? 0).toFixed(3))
  const perExchange = (micros: number): number => Number((micros / times.length).toFixed(1))
  const statements = after.statementsSealed - before.sealed.statementsSealed
  return {
    rps: Math.round(times.length / elapsed),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    cpuMicrosPerExchange: { consumer: perExchange(own), provider: perExchange(provider) },
    statementsPerBatch: Number((statements / (after.batchesSealed - before.sealed.batchesSealed)).toFixed(1)),
  }
}

/** MiB per second of one large body there and back. */
async function measureBulk(session: Session, mebibytes: number): Promise<number> {
  const chunk = Buffer.alloc(65_536, 'x')
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < mebibytes * 16; sent += 1) yield chunk
  }
  const start = performance.now()
  const answer = await session.request(makeOpening(), '', body())
  let bytes = 0
  if (!Buffer.isBuffer(answer.body)) for await (const piece of answer.body) bytes += piece.length
  if (bytes !== mebibytes * 1_048_576) throw new Error(`${bytes} bytes came back`)
  return Math.round((2 * mebibytes) / ((performance.now() - start) / 1000))
}

function print(name: string, run: Run): void {
  const { consumer, provider } = run.cpuMicrosPerExchange
  console.log(
    `${name.padEnd(5)} ${run.rps} exchanges/s, p50 ${run.p50Ms} ms, p99 ${run.p99Ms} ms, CPU ${consumer} + ${provider} µs` +
      `, ${run.statementsPerBatch} statements per batch`,
  )
}

async function runConsumer(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '3' },
      bytes: { type: 'string', default: '0' },
      provider: { type: 'boolean', default: false },
    },
  })
  const seconds = Number(values.seconds)
  const body = Number(values.bytes) === 0 ? null : Buffer.alloc(Number(values.bytes), 'b')
  const [consumerSetup, providerSetup] = await makeSetups()
  const { child, port } = await startProvider(providerSetup)
  const session = await openBenchSession(consumerSetup, connect(port, '127.0.0.1'), 'initiator')
  await load(session, 32, 1, body)
  const c1 = await measure(session, child, 1, seconds, body)
  const c32 = await measure(session, child, 32, seconds, body)
  const c128 = await measure(session, child, 128, seconds, body)
  const bulkMiBPerSecond = await measureBulk(session, 128)
  if (values.json) console.log(JSON.stringify({ c1, c32, c128, bulkMiBPerSecond }))
  else {
    for (const [name, run] of Object.entries({ c1, c32, c128 })) print(name, run)
    console.log(`bulk  ${bulkMiBPerSecond} MiB/s, both directions together`)
  }
  await session.close()
  child.disconnect()
}

await (process.argv.includes('--provider') ? runProvider() : runConsumer())
