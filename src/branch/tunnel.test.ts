import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import test from 'node:test'
import { encodePreamble } from '../transport/tunnel-preamble.ts'
import {
  branchId,
  branchNetwork,
  dialTunnel,
  isOver,
  readBytes,
  refused,
  until,
} from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

await test('a tunnel through one branch carries bytes both ways and passes the end of each direction on', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const { near, far } = await network.tunnel(rta, dewa)
  assert.deepEqual(near.path, [core.id])
  assert.deepEqual(far.path, [core.id])
  assert.equal(far.from, RTA)
  near.socket.write('ping')
  assert.equal((await readBytes(far.socket, 4)).toString(), 'ping')
  far.socket.write('pong')
  assert.equal((await readBytes(near.socket, 4)).toString(), 'pong')
  near.socket.end('last')
  assert.equal((await readBytes(far.socket, 4)).toString(), 'last')
  await Promise.all([isOver(near.socket), isOver(far.socket)])
  const closed = await core.log.seen('tunnel_closed')
  assert.equal(core.handle.status().tunnels.open, 0)
  assert.ok(closed.bytesForward >= 8)
})

await test('a tunnel through three branches in a row, large in both directions at once', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro, jafza] = await network.row(['CORE', 'MORO', 'JAFZA'])
  assert.ok(core !== undefined && moro !== undefined && jafza !== undefined)
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, jafza)]
  await until(
    () => core.handle.status().mesh.some((each) => each.branch === jafza.id && each.gateways === 1),
    'presence',
  )
  const { near, far } = await network.tunnel(rta, dewa)
  assert.deepEqual(near.path, [core.id, moro.id, jafza.id])
  assert.deepEqual(far.path, near.path)
  const body = randomBytes(8 * 1_048_576 + 17)
  near.socket.write(body)
  far.socket.write(body)
  const [atFar, atNear] = await Promise.all([
    readBytes(far.socket, body.length),
    readBytes(near.socket, body.length),
  ])
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  assert.equal(digest(atFar), digest(body))
  assert.equal(digest(atNear), digest(body))
  const { lines, pairs } = moro.handle.status()
  const toCore = lines.find((line) => line.neighbour === core.id)
  assert.ok(toCore !== undefined && toCore.bytesIn >= body.length && toCore.bytesOut >= body.length)
  assert.deepEqual(
    pairs.map(({ from, target }) => [from, target]),
    [[RTA, DEWA]],
  )
  near.socket.destroy()
  await isOver(far.socket)
  await until(() => moro.handle.status().tunnels.open === 0, 'the middle branch lets go')
})

await test('bytes that either end sends before it may are passed on, not lost', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const asker = await network.speaker(await network.fixture.identity(RTA), core)
  const dewa = await network.gateway(DEWA, core)
  asker.channel.send({ t: 'open', n: 1, target: DEWA })
  const far = await dewa.incoming()
  far.socket.write('from the far end')
  await until(() => asker.heard.length === 1, 'opened')
  const [opened] = asker.heard
  assert.ok(opened?.t === 'opened')
  const socket = dialTunnel(t, core)
  socket.write(`${encodePreamble(opened.ticket)}from the near end`)
  assert.equal((await readBytes(socket, 17)).toString(), '\u0001from the far end')
  assert.equal((await readBytes(far.socket, 17)).toString(), 'from the near end')
})

await test('the same across two branches, where the ready byte and the first bytes come together', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro] = await network.row(['CORE', 'MORO'])
  assert.ok(core !== undefined && moro !== undefined)
  const identity = await network.fixture.identity(DEWA)
  const rta = await network.gateway(RTA, core)
  const target = await network.speaker(identity, moro)
  await until(
    () => core.handle.status().mesh.some((each) => each.branch === moro.id && each.gateways === 1),
    'presence',
  )
  const opening = rta.link.open(DEWA)
  await until(() => target.heard.length === 1, 'incoming')
  const [incoming] = target.heard
  assert.ok(incoming?.t === 'incoming')
  const far = dialTunnel(t, moro)
  far.write(`${encodePreamble(incoming.ticket)}from the far end`)
  const { socket } = await opening
  t.after(() => socket.destroy())
  assert.equal((await readBytes(socket, 16)).toString(), 'from the far end')
  socket.write('back')
  assert.equal((await readBytes(far, 4)).toString(), 'back')
})

await test('an unknown gateway, and one that is connected nowhere, are refused with the reason', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const rta = await network.gateway(RTA, core)
  assert.equal((await refused(rta.link.open('AE-DU/GOV/NOBODY/gw-1'))).code, 'unknown_gateway')
  await network.fixture.identity(DEWA)
  const error = await refused(rta.link.open(DEWA))
  assert.equal(error.code, 'no_path')
  assert.match(error.message, /connected to no branch/)
  const [why] = error.details['tried'] as { path: string[]; code: string; at: string }[]
  assert.deepEqual([why?.path, why?.code, why?.at], [[], 'gateway_unreachable', core.id])
})

await test('a target that never dials back frees everything in time', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { dialBackMs: 100 })
  const rta = await network.gateway(RTA, core)
  const deaf = await network.speaker(await network.fixture.identity(DEWA), core)
  const error = await refused(rta.link.open(DEWA))
  assert.equal(error.code, 'no_path')
  assert.deepEqual(error.details['tried'], [
    { path: [core.id], code: 'gateway_unreachable', at: core.id, reason: 'the gateway did not dial back' },
  ])
  assert.equal(deaf.heard.filter(({ t: type }) => type === 'incoming').length, 1)
  const { tunnels } = core.handle.status()
  assert.deepEqual([tunnels.tickets, tunnels.open], [0, 0])
})

await test('an asker that never comes frees the end that waits for it', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { ticketMs: 100 })
  const asker = await network.speaker(await network.fixture.identity(RTA), core)
  const dewa = await network.gateway(DEWA, core)
  asker.channel.send({ t: 'open', n: 1, target: DEWA })
  const far = await dewa.incoming()
  await core.log.seen('tunnel_abandoned')
  await isOver(far.socket)
  assert.equal(core.handle.status().tunnels.tickets, 0)
})

await test('when a branch dies both ends of its tunnels see the end', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const { near, far } = await network.tunnel(rta, dewa)
  const ends = [isOver(near.socket), isOver(far.socket)]
  await core.handle.close()
  await Promise.all(ends)
  await rta.log.seen('link_down')
})

await test('a slow reader stops the sender, and the branch holds no more than one read', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  const { near, far } = await network.tunnel(rta, dewa)
  far.socket.pause()
  const total = 256 * 1_048_576
  const piece = Buffer.alloc(1_048_576, 'x')
  let sent = 0
  for (; sent < total; sent += piece.length) {
    if (near.socket.write(piece)) continue
    const patience = AbortSignal.timeout(300)
    const isHeldBack = await once(near.socket, 'drain', { signal: patience }).then(
      () => false,
      () => true,
    )
    if (isHeldBack) break
  }
  assert.ok(sent < total, 'the sender was never held back')
  sent += piece.length
  const [pair] = core.handle.status().pairs
  // What the branch has read it has either passed to the kernel or holds in one buffer.
  assert.ok(pair !== undefined && pair.bytesForward < 64 * 1_048_576, `${pair?.bytesForward}`)
  assert.ok(core.handle.status().tunnels.largeBuffers <= 2)
  near.socket.end()
  assert.equal((await readBytes(far.socket, sent)).length, sent)
})

await test('avoid, only and a given path are kept, or the tunnel is refused', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro, jafza] = await network.row(['CORE', 'MORO', 'JAFZA'])
  assert.ok(core !== undefined && moro !== undefined && jafza !== undefined)
  network.fixture.directory.addLine(core.id, jafza.id)
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, jafza)]
  const hasLink = (to: string): boolean =>
    core.handle
      .status()
      .mesh.some((each) => each.branch === jafza.id && each.links.some((link) => link.to === to))
  await until(() => hasLink(core.id) && hasLink(moro.id), 'both links to the exit are known')
  await until(
    () => core.handle.status().mesh.some((each) => each.branch === jafza.id && each.gateways === 1),
    'presence',
  )
  const given = await network.tunnel(rta, dewa, { path: [core.id, moro.id, jafza.id] })
  assert.deepEqual(given.near.path, [core.id, moro.id, jafza.id])
  const around = await network.tunnel(rta, dewa, { avoid: [moro.id] })
  assert.deepEqual(around.near.path, [core.id, jafza.id])
  const only = await network.tunnel(rta, dewa, { only: [core.id, jafza.id] })
  assert.deepEqual(only.near.path, [core.id, jafza.id])
  for (const options of [
    { avoid: [jafza.id] },
    { avoid: [core.id] },
    { only: [moro.id] },
    { only: [] },
    { path: [moro.id, jafza.id] },
    { path: [core.id, moro.id, jafza.id], avoid: [moro.id] },
  ]) {
    assert.equal((await refused(rta.link.open(dewa.id, options))).code, 'no_path', JSON.stringify(options))
  }
  const forbidden = await refused(rta.link.open(dewa.id, { avoid: [jafza.id] }))
  assert.match(
    forbidden.message,
    /than over AE-DU\/branch\/JAFZA, which the constraint of the request forbids/,
  )
  const wrongExit = await refused(rta.link.open(dewa.id, { path: [core.id, moro.id] }))
  assert.equal(wrongExit.code, 'gateway_unreachable')
  const noLink = await refused(rta.link.open(dewa.id, { path: [core.id, branchId('NONE')] }))
  assert.equal(noLink.code, 'branch_unreachable')
})
