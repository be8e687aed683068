import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import test from 'node:test'
import { connect } from 'node:tls'
import { CONTROL_ALPN, encodeControl } from '../transport/branch-control.ts'
import { parseLinkAddress } from '../transport/link-address.ts'
import { createIssuingCa, createNetworkRoot } from '../trust/certificate-authority.ts'
import { peerTlsOptions } from '../trust/tls-context.ts'
import { branchNetwork, isOver, readBytes, until } from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

await test('a certificate in the name of another member, with a key that member never bound, is refused', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  await network.gateway(DEWA, core)
  const forged = await network.fixture.identity(DEWA, { bind: false })
  const thief = network.dial(DEWA, core, forged)
  const refusal = await core.log.seen('control_refused')
  assert.equal(refusal.reason, 'key_not_bound')
  await thief.log.seen('link_attempt_failed')
  assert.equal(core.handle.status().gateways.length, 1)
})

await test('a good certificate with a greeting in another name is refused', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const rta = await network.fixture.identity(RTA)
  await network.fixture.identity(DEWA)
  network.dial(RTA, core, { ...rta, id: DEWA })
  const refusal = await core.log.seen('control_refused')
  assert.equal(refusal.reason, 'bad_hello')
  assert.equal(refusal.id, RTA)
})

await test('a chain from another root, and no TLS at all, end in the handshake', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { handshakeMs: 200 })
  const root = await createNetworkRoot({ network: 'AE-DU', nowMs: Date.now() })
  const ca = await createIssuingCa({ network: 'AE-DU', root, nowMs: Date.now() })
  network.dial(RTA, core, await network.fixture.identity(RTA, { ca }))
  assert.equal((await core.log.seen('control_refused')).reason, 'handshake_failed')
  const address = parseLinkAddress(core.handle.controlAddress) ?? assert.fail()
  const [plain, silent] = [connectTcp(address), connectTcp(address)]
  plain.write('GET / HTTP/1.1\r\n\r\n')
  await Promise.all([isOver(plain), isOver(silent)])
  assert.equal(core.handle.status().gateways.length, 0)
})

await test('the middle of a handshake is a bounded place', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { maxHandshakes: 8 })
  const address = parseLinkAddress(core.handle.controlAddress) ?? assert.fail()
  const crowd = Array.from({ length: 40 }, () => connectTcp(address))
  t.after(() => crowd.forEach((socket) => socket.destroy()))
  await Promise.all(crowd.slice(0, 32).map(isOver))
  await network.gateway(RTA, core)
})

await test('a retired gateway is cut at once, with its tunnels, and cannot come back', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const other = await network.gateway('AE-DU/GOV/DHA/gw-1', core)
  const cut = await network.tunnel(rta, dewa)
  const kept = await network.tunnel(rta, other)
  network.fixture.directory.retire(DEWA)
  await Promise.all([isOver(cut.near.socket), isOver(cut.far.socket)])
  await dewa.log.seen('link_down')
  const event = await core.log.seen('peer_cut')
  assert.deepEqual([event.id, event.tunnels], [DEWA, 1])
  await core.log.seen('control_refused', ({ reason }) => reason === 'key_not_bound')
  kept.near.socket.write('on')
  assert.equal((await readBytes(kept.far.socket, 2)).toString(), 'on')
})

await test('the newest connection of a gateway wins and the older one is told', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const identity = await network.fixture.identity(DEWA)
  const older = await network.speaker(identity, core)
  const newer = await network.gateway(DEWA, core, identity)
  await until(() => older.ends.length === 1, 'the older one is closed')
  assert.equal(older.ends[0], 'replaced')
  assert.equal(core.handle.status().gateways.length, 1)
  const rta = await network.gateway(RTA, core)
  await network.tunnel(rta, newer)
  assert.ok(!older.heard.some((message) => message.t === 'incoming'))
})

await test('a gateway that falls silent is dropped and comes back by itself', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const mute = await network.fixture.identity(RTA)
  const socket = connect({
    ...(parseLinkAddress(core.handle.controlAddress) ?? assert.fail()),
    ...peerTlsOptions(mute),
    ALPNProtocols: [CONTROL_ALPN],
  })
  await once(socket, 'secureConnect')
  socket.write(encodeControl({ t: 'hello', version: 1, id: RTA }))
  await core.log.seen('gateway_connected')
  const left = await core.log.seen('gateway_disconnected')
  assert.equal(left.reason, 'silent')
  await isOver(socket)
})

await test('hostile lines close the connection they came on and nothing else', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const { near, far } = await network.tunnel(rta, dewa)
  const hostile = await network.fixture.identity('AE-DU/GOV/DHA/gw-1')
  const attacks: readonly (readonly [string, string])[] = [
    ['x'.repeat(70_000), 'line_too_long'],
    ['{"t":"open"\n', 'bad_line'],
    ['\u0000\u0001\n', 'bad_line'],
    [`${'[1,'.repeat(20_000)}\n`, 'bad_line'],
    ['{"t":"open","n":1,"target":"x","path":[]}\n', 'bad_line'],
    ['{"t":"ping","n":1}\n'.repeat(3_000), 'too_many_lines'],
  ]
  for (const [index, [bytes, reason]] of attacks.entries()) {
    const { channel } = await network.speaker(hostile, core)
    channel.socket.write(bytes)
    await until(
      () => core.log.events.filter((event) => event.kind === 'gateway_disconnected').length === index + 1,
      `attack ${index} is cut off`,
    )
    const last = core.log.events.findLast((event) => event.kind === 'gateway_disconnected')
    assert.ok(
      last?.kind === 'gateway_disconnected' && last.reason === reason,
      `${index}: ${JSON.stringify(last)}`,
    )
  }
  near.socket.write('on')
  assert.equal((await readBytes(far.socket, 2)).toString(), 'on')
})

await test('what a gateway has no business saying is ignored', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const stamp = { epoch: Date.now(), count: 1 }
  const speaker = await network.speaker(await network.fixture.identity(RTA), core)
  speaker.channel.send({ t: 'presence', branch: core.id, stamp, part: 0, parts: 1, gateways: [DEWA] })
  speaker.channel.send({ t: 'extend', n: 1, from: RTA, target: RTA, path: [core.id], hop: 0, waitMs: 1_000 })
  speaker.channel.send({ t: 'opened', n: 1, ticket: 'A'.repeat(43), path: [core.id] })
  speaker.channel.send({ t: 'open', n: 9, target: 'AE-DU/X/Y/z' })
  await until(() => speaker.heard.length > 0, 'an answer')
  assert.deepEqual(
    speaker.heard.map((message) => message.t),
    ['refused'],
  )
})

await test('a full branch refuses one gateway more', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { maxGateways: 1 })
  await network.gateway(RTA, core)
  network.dial(DEWA, core, await network.fixture.identity(DEWA))
  assert.equal((await core.log.seen('control_refused')).reason, 'full')
})

await test('a draining branch says so, takes nothing new and keeps what runs', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const { near, far } = await network.tunnel(rta, dewa)
  core.handle.drain()
  await rta.log.seen('link_draining')
  assert.equal(rta.link.state, 'draining')
  await assert.rejects(rta.link.open(DEWA), { code: 'branch_unreachable' })
  near.socket.write('on')
  assert.equal((await readBytes(far.socket, 2)).toString(), 'on')
})

await test('a renewed certificate is shown to whoever comes next', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const rta = await network.gateway(RTA, core)
  const renewed = await network.fixture.identity(core.id)
  core.handle.renewIdentity(renewed)
  rta.link.reconnect()
  await rta.link.whenUp()
  const socket = connect({
    ...(parseLinkAddress(core.handle.controlAddress) ?? assert.fail()),
    ...peerTlsOptions(await network.fixture.identity(DEWA)),
    ALPNProtocols: [CONTROL_ALPN],
  })
  await once(socket, 'secureConnect')
  const leaf = new X509Certificate(renewed.certificateChainPem)
  assert.equal(socket.getPeerX509Certificate()?.fingerprint256, leaf.fingerprint256)
  socket.destroy()
})

await test('a branch that is closed leaves nothing open', async (t) => {
  const network = await branchNetwork(t)
  const before = openHandles()
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const { near } = await network.tunnel(rta, dewa)
  const pending = rta.link.open('AE-DU/GOV/DHA/gw-1').catch(() => undefined)
  rta.link.close()
  dewa.link.close()
  await core.handle.close()
  await Promise.all([pending, isOver(near.socket)])
  // Something of the test before may still have been closing.
  const isBack = (): boolean => [...openHandles()].every(([kind, count]) => count <= (before.get(kind) ?? 0))
  await until(isBack, 'no handle is left')
  assert.equal(network.fixture.directory.listeners, 0)
})

/** How many handles of each kind keep this process alive. */
function openHandles(): ReadonlyMap<string, number> {
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind)
  return new Map([...kinds].map(([kind, all]) => [kind, all.length]))
}
