import assert from 'node:assert/strict'
import { test } from 'node:test'
import { branchId, branchNetwork, isOver, readBytes, until } from './testing/branch-network.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 30_000 }

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

test(
  'every branch tells its gateways who is about to leave, also those that come later',
  BOUNDED,
  async (t) => {
    const network = await branchNetwork(t)
    const [a, b, c] = await network.row(['A', 'B', 'C'])
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    const [near, far] = [await network.gateway(RTA, a), await network.gateway(DEWA, c)]
    await until(() => a.handle.status().mesh.length === 3, 'A hears of all')
    b.handle.drain()
    await near.log.seen('branches_leaving', ({ leaving }) => leaving.join() === b.id)
    await far.log.seen('branches_leaving', ({ leaving }) => leaving.join() === b.id)
    assert.deepEqual(near.link.leaving, [b.id])
    assert.equal(near.link.state, 'up', 'its own branch stays')
    const late = await network.gateway('AE-DU/GOV/DHA/gw-1', a)
    await late.log.seen('branches_leaving')
    assert.deepEqual(late.link.leaving, [b.id])
  },
)

test('a branch that is started again is no longer about to leave', BOUNDED, async (t) => {
  const network = await branchNetwork(t)
  const [a, b] = await network.row(['A', 'B'])
  assert.ok(a !== undefined && b !== undefined)
  const near = await network.gateway(RTA, a)
  await until(() => a.handle.status().mesh.length === 2, 'A hears of B')
  await b.handle.leave()
  await near.log.seen('branches_leaving', ({ leaving }) => leaving.length === 1)
  await b.handle.close()
  assert.deepEqual(near.link.leaving, [branchId('B')], 'gone, and not yet back')
  await network.branch('B')
  await near.log.seen('branches_leaving', ({ leaving }) => leaving.length === 0)
})

test(
  'a branch leaves when its last tunnel has ended, and its tunnels carry on until then',
  BOUNDED,
  async (t) => {
    const network = await branchNetwork(t)
    const [a] = await network.row(['A'])
    assert.ok(a !== undefined)
    const [near, far] = [await network.gateway(RTA, a), await network.gateway(DEWA, a)]
    const tunnel = await network.tunnel(near, far)
    const left = a.handle.leave()
    await near.log.seen('link_draining')
    tunnel.near.socket.write('still here')
    assert.equal((await readBytes(tunnel.far.socket, 10)).toString(), 'still here')
    let isLeft = false
    void left.then(() => (isLeft = true))
    await new Promise((resolve) => setTimeout(resolve, 150))
    assert.equal(isLeft, false, 'a tunnel is left')
    tunnel.near.socket.end()
    tunnel.far.socket.end()
    assert.equal(await left, 0)
  },
)

test('a branch whose leave the directory announces drains, and says how far it is', BOUNDED, async (t) => {
  const network = await branchNetwork(t)
  const leaving = new Set<string>()
  const { tlsKeyOwner, isActive, branch, neighboursOf, linesBetween, onChange } = network.fixture.directory
  const isLeaving = (id: string): boolean => leaving.has(id)
  const directory = { tlsKeyOwner, isActive, branch, neighboursOf, linesBetween, onChange, isLeaving }
  const a = await network.branch('A', {}, { directory })
  const [near, far] = [await network.gateway(RTA, a), await network.gateway(DEWA, a)]
  await network.tunnel(near, far)
  const ask = async (): Promise<Response> => await fetch(`${a.handle.httpUrl}/leaving`)
  assert.equal((await ask()).status, 404)
  leaving.add(a.id)
  network.fixture.directory.addLine(a.id, branchId('Z'))
  await near.log.seen('link_draining')
  assert.deepEqual(await (await ask()).json(), { tunnels: 1 })
})

test(
  'after its grace, or when there is no time, a branch leaves with tunnels that run',
  BOUNDED,
  async (t) => {
    const network = await branchNetwork(t)
    const [a] = await network.row(['A'], { leaveGraceMs: 100 })
    assert.ok(a !== undefined)
    const [near, far] = [await network.gateway(RTA, a), await network.gateway(DEWA, a)]
    const tunnel = await network.tunnel(near, far)
    assert.equal(await a.handle.leave(), 1)
    assert.deepEqual(await a.log.seen('branch_left'), { kind: 'branch_left', branch: a.id, tunnelsCut: 1 })
    await a.handle.close()
    await isOver(tunnel.near.socket)

    const [b] = await network.row(['B'])
    assert.ok(b !== undefined)
    const [one, other] = [await network.gateway(RTA, b), await network.gateway(DEWA, b)]
    await network.tunnel(one, other)
    const atOnce = new AbortController()
    const left = b.handle.leave(atOnce.signal)
    atOnce.abort()
    assert.equal(await left, 1, 'well before the usual 30 seconds')
  },
)
