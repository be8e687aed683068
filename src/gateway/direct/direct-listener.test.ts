import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { createLinkFixture, type LinkFixture } from '../../transport/link-fixture.ts'
import type { TlsIdentity } from '../../transport/link-identity.ts'
import { secureAcceptor, secureInitiator } from '../../transport/session-tls.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { FakeSession } from '../testing/fake-session.ts'
import { DirectListener } from './direct-listener.ts'
import { HANDSHAKE_LIMITS, type HandshakeLimits } from './handshake-bounds.ts'

const BOUNDED = { timeout: 60_000 }
const OWN = 'AE-DU/SEMI/DEWA/gw-1'
const PEER = 'AE-DU/GOV/RTA/gw-1'
const HONEST = '127.0.0.1'
const HOSTILE = '127.0.0.2'

interface Bench extends AsyncDisposable {
  readonly fixture: LinkFixture
  readonly listener: DirectListener
  readonly peer: TlsIdentity
  /** Peers whose sessions were taken into use. */
  readonly adopted: string[]
  readonly sessions: FakeSession[]
  readonly events: GatewayEvent[]
  readonly connectFrom: (localAddress: string) => Promise<Socket>
  /** A whole handshake; rejects when it is refused. */
  readonly dialAs: (identity: TlsIdentity, from?: string) => Promise<void>
  /** How many were turned away, by code. */
  readonly counts: () => Record<string, number>
}

async function bench(
  limits: Partial<HandshakeLimits> = {},
  options: { handshakeMs?: number; sessionsPerPeer?: number; tellMs?: number } = {},
): Promise<Bench> {
  const fixture = await createLinkFixture()
  const { directory } = fixture
  const own = await fixture.identity(OWN)
  const peer = await fixture.identity(PEER)
  const adopted: string[] = []
  const sessions: FakeSession[] = []
  const events: GatewayEvent[] = []
  const { handshakeMs = 5_000, ...rest } = options
  const listener = await DirectListener.open({
    listen: { host: HONEST, port: 0 },
    secure: async (socket) =>
      await secureAcceptor(socket, { identity: own, directory, timeoutMs: handshakeMs }),
    establish: async () => {
      const fake = new FakeSession()
      sessions.push(fake)
      return await Promise.resolve({ session: fake.asSession, path: [], peerTlsKey: '' })
    },
    adopt: (id) => adopted.push(id),
    onEvent: (event) => events.push(event),
    limits: { ...HANDSHAKE_LIMITS, ...limits },
    tellMs: 5,
    ...rest,
  })
  const port = Number(listener.address.split(':')[1])
  const open = new Set<Socket>()
  const connectFrom = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host: HONEST, port, localAddress })
    socket.on('error', () => undefined)
    open.add(socket)
    await once(socket, 'connect')
    return socket
  }
  return {
    fixture,
    listener,
    peer,
    adopted,
    sessions,
    events,
    connectFrom,
    dialAs: async (identity, from = HONEST) => {
      const socket = await connectFrom(from)
      await secureInitiator(socket, { identity, directory, expectPeer: OWN })
    },
    counts: () => {
      const counts: Record<string, number> = {}
      for (const event of events) {
        if (event.kind !== 'direct_turned_away') continue
        for (const [code, times] of Object.entries(event.counts)) counts[code] = (counts[code] ?? 0) + times
      }
      return counts
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      for (const session of sessions) session.end()
      listener.close()
      await Promise.resolve()
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !holds();) {
    assert.ok(Date.now() < deadline, 'it did not come true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('a gateway of the network is taken, and nobody else', BOUNDED, async () => {
  await using b = await bench()
  await b.dialAs(b.peer)
  await until(() => b.adopted.length === 1)
  assert.deepEqual(b.adopted, [PEER])

  const unbound = await b.fixture.identity('AE-DU/GOV/DHA/gw-1', { bind: false })
  const foreign = await (await createLinkFixture()).identity(PEER)
  const foreigner = { ...foreign, rootCertificatePem: b.peer.rootCertificatePem }
  // With TLS 1.3 the client is done before the server has judged it: what tells is whether it is taken.
  await Promise.allSettled([b.dialAs(unbound), b.dialAs(foreigner)])
  const stranger = await b.connectFrom(HONEST)
  stranger.write('GET / HTTP/1.1\r\n\r\n')
  await until(() => {
    const { unknown_key = 0, invalid_certificate = 0 } = b.counts()
    return unknown_key === 1 && invalid_certificate === 2
  })
  assert.equal(b.adopted.length, 1)
  assert.equal(b.listener.strangers, 0)
})

test('who says nothing holds so many places of its own, and none of others', BOUNDED, async () => {
  await using b = await bench({}, { handshakeMs: 60_000 })
  for (let n = 0; n < 12; n += 1) await b.connectFrom(HOSTILE)
  await until(() => b.counts()['too_many_requests'] === 4)
  assert.equal(b.listener.strangers, 8)
  await b.dialAs(b.peer)
  await until(() => b.adopted.length === 1)
})

test('who says nothing is dropped in time', BOUNDED, async () => {
  await using b = await bench({}, { handshakeMs: 50 })
  const silent = await b.connectFrom(HOSTILE)
  await once(silent.resume(), 'close')
  await until(() => b.listener.strangers === 0 && b.counts()['session_closed'] === 1)
})

test('when too many wait, the one that has waited longest makes room', BOUNDED, async () => {
  await using b = await bench({ open: 3 }, { handshakeMs: 120_000 })
  const silent: Socket[] = []
  for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) silent.push(await b.connectFrom(from))
  await until(() => b.listener.strangers === 3)
  const dropped = once(silent[0]?.resume() ?? assert.fail(), 'close')
  await b.dialAs(b.peer)
  await dropped
  await until(() => b.adopted.length === 1)
  assert.deepEqual(
    silent.map(({ destroyed }) => destroyed),
    [true, false, false],
  )
})

test('one address that begins again and again uses up its own share only', BOUNDED, async () => {
  await using b = await bench({ burstPerAddress: 5, perSecondPerAddress: 0 })
  for (let n = 0; n < 20; n += 1) {
    const socket = await b.connectFrom(HOSTILE)
    socket.destroy()
  }
  await until(() => b.counts()['too_many_requests'] === 15)
  await b.dialAs(b.peer)
  await until(() => b.adopted.length === 1)
})

test('one gateway holds so many sessions; their end makes room', BOUNDED, async () => {
  await using b = await bench({}, { sessionsPerPeer: 2 })
  for (let n = 0; n < 2; n += 1) await b.dialAs(b.peer)
  await until(() => b.adopted.length === 2)
  await Promise.allSettled([b.dialAs(b.peer)])
  await until(() => b.counts()['too_many_requests'] === 1)
  assert.equal(b.adopted.length, 2)
  b.sessions[0]?.end()
  await new Promise((resolve) => setImmediate(resolve))
  await b.dialAs(b.peer)
  await until(() => b.adopted.length === 3)
})

test('strangers make it write one line, however many they are', BOUNDED, async () => {
  await using b = await bench({ burstPerAddress: 0 }, { tellMs: 3_600_000 })
  for (let n = 0; n < 30; n += 1) {
    const socket = await b.connectFrom(HOSTILE)
    await once(socket.resume(), 'close')
  }
  assert.deepEqual(b.events, [])
  b.listener.close()
  assert.deepEqual(b.events, [{ kind: 'direct_turned_away', counts: { too_many_requests: 30 } }])
})

test('a port that is taken is a problem of the configuration', BOUNDED, async () => {
  await using b = await bench()
  const port = Number(b.listener.address.split(':')[1])
  const secure = (): never => assert.fail()
  await assert.rejects(
    DirectListener.open({
      listen: { host: HONEST, port },
      secure,
      establish: secure,
      adopt: secure,
      onEvent: () => undefined,
    }),
    { code: 'config_invalid' },
  )
})
