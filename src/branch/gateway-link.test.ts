import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import test from 'node:test'
import { createServer } from 'node:tls'
import type { Directory } from '../directory/directory.ts'
import { CONTROL_ALPN, encodeControl } from '../transport/branch-control.ts'
import { serverTlsOptions } from '../transport/link-identity.ts'
import { secureAcceptor, secureInitiator } from '../transport/session-tls.ts'
import type { DirectoryReader } from './branch-directory.ts'
import { branchId, branchNetwork, isOver, readBytes, refused, until } from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

/** Fails to compile when the directory no longer has what a branch reads of it. */
export type DirectoryFits = Directory extends DirectoryReader ? true : never

await test('two gateways speak TLS through two branches that cannot read it', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro] = await network.row(['CORE', 'MORO'])
  assert.ok(core !== undefined && moro !== undefined)
  const { directory, identity } = network.fixture
  const [rtaIdentity, dewaIdentity] = [await identity(RTA), await identity(DEWA)]
  const rta = await network.gateway(RTA, core, rtaIdentity)
  const dewa = await network.gateway(DEWA, moro, dewaIdentity)
  await until(
    () => core.handle.status().mesh.some((each) => each.gateways === 1 && each.branch === moro.id),
    'presence',
  )
  const { near, far } = await network.tunnel(rta, dewa)
  const [atRta, atDewa] = await Promise.all([
    secureInitiator(near.socket, { identity: rtaIdentity, directory, expectPeer: DEWA }),
    secureAcceptor(far.socket, { identity: dewaIdentity, directory, expectPeer: far.from }),
  ])
  assert.deepEqual(atRta.exporter, atDewa.exporter)
  atRta.socket.write('through the tunnel')
  assert.equal((await readBytes(atDewa.socket, 18)).toString(), 'through the tunnel')
  atDewa.socket.end('good bye')
  assert.equal((await readBytes(atRta.socket, 8)).toString(), 'good bye')
  await Promise.all([isOver(atRta.socket), isOver(atDewa.socket)])
  await until(() => moro.handle.status().tunnels.open === 0, 'both branches let go')
})

await test('a link survives the restart of its branch', async (t) => {
  const network = await branchNetwork(t)
  const identity = await network.fixture.identity(branchId('CORE'))
  const first = await network.branch('CORE', {}, { identity })
  const rta = await network.gateway(RTA, first)
  assert.equal(rta.link.state, 'up')
  const waiting = refused(rta.link.open(DEWA, { timeoutMs: 60_000 }))
  await waiting
  await first.handle.close()
  await rta.log.seen('link_down')
  assert.equal(rta.link.state, 'connecting')
  assert.equal((await refused(rta.link.open(DEWA))).code, 'branch_unreachable')
  const second = await network.branch('CORE', {}, { identity, port: first.handle.controlAddress })
  await rta.link.whenUp()
  await network.tunnel(rta, await network.gateway(DEWA, second))
})

await test('an address that leads to another branch is not believed', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  await network.fixture.identity(branchId('MORO'))
  network.fixture.directory.placeBranch(branchId('MORO'), core.handle.controlAddress)
  const rta = network.dial(RTA, { id: branchId('MORO') }, await network.fixture.identity(RTA))
  const failed = await rta.log.seen('link_attempt_failed')
  assert.equal(failed.reason, 'wrong_peer')
  assert.equal(core.handle.status().gateways.length, 0)
})

await test('a branch whose key the directory no longer binds is left at once', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const rta = await network.gateway(RTA, core)
  network.fixture.directory.retire(core.id)
  const down = await rta.log.seen('link_down')
  assert.ok(down.reason === 'key_not_bound')
})

await test('a link waits for a branch that the directory does not know yet', async (t) => {
  const network = await branchNetwork(t)
  const identity = await network.fixture.identity(RTA)
  const rta = network.dial(RTA, { id: branchId('CORE') }, identity)
  const failed = await rta.log.seen('link_attempt_failed')
  assert.equal(failed.reason, 'no_address')
  await network.branch('CORE')
  await rta.link.whenUp()
})

await test('a caller that gives up, or a link that closes, ends a request at once', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { dialBackMs: 60_000, openMs: 60_000 })
  const rta = await network.gateway(RTA, core)
  await network.speaker(await network.fixture.identity(DEWA), core)
  const stop = new AbortController()
  const given = refused(rta.link.open(DEWA, { signal: stop.signal }))
  stop.abort()
  assert.equal((await given).code, 'stream_cancelled')
  assert.equal((await refused(rta.link.open(DEWA, { signal: stop.signal }))).code, 'stream_cancelled')
  const open = refused(rta.link.open(DEWA))
  rta.link.close()
  assert.equal((await open).code, 'stream_cancelled')
  assert.equal(rta.link.state, 'closed')
  assert.equal((await refused(rta.link.open(DEWA))).code, 'branch_unreachable')
})

await test('a branch that takes the connection and never answers is found out, at first and later on', async (t) => {
  const network = await branchNetwork(t)
  const { directory, identity } = network.fixture
  const core = await identity(branchId('CORE'))
  const deaf = createTcpServer().listen(0, '127.0.0.1')
  const mute = createServer(serverTlsOptions(core, CONTROL_ALPN), (socket) => {
    socket.on('error', () => undefined)
    socket.write(encodeControl({ t: 'welcome', branch: core.id, tunnel: '127.0.0.1:1' }))
  }).listen(0, '127.0.0.1')
  await Promise.all([once(deaf, 'listening'), once(mute, 'listening')])
  t.after(() => [deaf, mute].forEach((server) => server.close()))
  directory.placeBranch(core.id, `127.0.0.1:${(deaf.address() as AddressInfo).port}`)
  const rta = network.dial(RTA, core, await identity(RTA))
  assert.equal((await rta.log.seen('link_attempt_failed')).reason, 'no_answer')
  directory.placeBranch(core.id, `127.0.0.1:${(mute.address() as AddressInfo).port}`)
  await rta.link.whenUp()
  assert.equal((await rta.log.seen('link_down')).reason, 'silent')
})

await test('the round trip to the branch is measured', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const rta = await network.gateway(RTA, core)
  await until(() => rta.link.rttMs !== undefined, 'the round trip is measured')
  assert.ok(rta.link.rttMs !== undefined && rta.link.rttMs > 0 && rta.link.rttMs < 3_000)
})
