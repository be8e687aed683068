import assert from 'node:assert/strict'
import test from 'node:test'
import type { BranchLimits } from './branch-config.ts'
import {
  branchId,
  type BranchNetwork,
  branchNetwork,
  refused,
  type TestBranch,
  until,
} from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

function knows(at: TestBranch, other: TestBranch, gateways: number, links: number): boolean {
  const seen = at.handle.status().mesh.find(({ branch }) => branch === other.id)
  return seen?.gateways === gateways && seen.links.length === links
}

/** Lines CORE–MORO, CORE–JAFZA, MORO–JAFZA. */
async function triangle(
  network: BranchNetwork,
  limits: Partial<BranchLimits> = {},
): Promise<[TestBranch, TestBranch, TestBranch]> {
  const [core, moro, jafza] = await network.row(['CORE', 'MORO', 'JAFZA'], limits)
  assert.ok(core !== undefined && moro !== undefined && jafza !== undefined)
  network.fixture.directory.addLine(core.id, jafza.id)
  for (const branch of [core, moro, jafza]) {
    for (const other of [core, moro, jafza]) {
      await until(() => knows(branch, other, 0, 2), `${branch.id} knows ${other.id}`)
    }
  }
  return [core, moro, jafza]
}

await test('branches that both dial keep one link, the same at both ends', async (t) => {
  const network = await branchNetwork(t)
  const [a, b] = [await network.branch('A'), await network.branch('B')]
  for (let round = 0; round < 3; round += 1) network.fixture.directory.addLine(a.id, b.id)
  await until(() => knows(a, b, 0, 1) && knows(b, a, 0, 1), 'the link is up')
  const link = (branch: TestBranch): { dialledHere?: boolean; state: string } | undefined =>
    branch.handle.status().links[0]
  await until(
    () => link(a)?.state === 'up' && link(a)?.dialledHere !== link(b)?.dialledHere,
    'both mean the same one',
  )
  assert.equal(a.handle.status().links.length, 1)
})

await test('a second connection yields to the one dialled by the branch that sorts first', async (t) => {
  const network = await branchNetwork(t)
  const zulu = await network.fixture.identity(branchId('Z'))
  const [a, z] = [await network.branch('A'), await network.branch('Z', {}, { identity: zulu })]
  const { directory } = network.fixture
  // Only A can dial.
  directory.placeBranch(a.id, '127.0.0.1:1')
  directory.addLine(a.id, z.id)
  await until(() => knows(a, z, 0, 1), 'the link is up')
  const second = network.speaker(zulu, a, '127.0.0.1:1')
  assert.equal((await a.log.seen('control_refused')).reason, 'second_link')
  assert.equal(a.handle.status().links[0]?.dialledHere, true)
  void second
})

await test('a gateway is announced to all branches when it comes and when it goes', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro, jafza] = await network.row(['CORE', 'MORO', 'JAFZA'])
  assert.ok(core !== undefined && moro !== undefined && jafza !== undefined)
  const dewa = await network.gateway(DEWA, jafza)
  await until(() => knows(core, jafza, 1, 1), 'it is known two links away')
  dewa.link.close()
  await until(() => knows(core, jafza, 0, 1), 'its going as well')
})

await test('a tunnel goes around a branch that died, and a gateway is reached through any of its branches', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro, jafza] = await triangle(network)
  const identity = await network.fixture.identity(DEWA)
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, jafza, identity)]
  await until(() => knows(core, jafza, 1, 2), 'presence')
  await jafza.handle.close()
  await until(() => core.handle.status().links.some(({ state }) => state === 'down'), 'the link is down')
  assert.equal((await refused(rta.link.open(dewa.id))).code, 'no_path')
  const again = await network.gateway(DEWA, moro, identity)
  await until(() => knows(core, moro, 1, 1), 'it is at the other branch now')
  assert.deepEqual((await network.tunnel(rta, again)).near.path, [core.id, moro.id])
})

await test('when the first exit fails the next one is tried, and the refusal names all that was tried', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro, jafza] = await triangle(network, { dialBackMs: 1_000 })
  const identity = await network.fixture.identity(DEWA)
  const rta = await network.gateway(RTA, core)
  const deaf = [await network.speaker(identity, moro), await network.speaker(identity, jafza)]
  await until(() => knows(core, moro, 1, 2) && knows(core, jafza, 1, 2), 'presence at both')
  const error = await refused(rta.link.open(DEWA))
  const tried = error.details['tried'] as { path: string[]; code: string; at: string }[]
  assert.equal(error.code, 'no_path')
  assert.deepEqual(new Set(tried.map(({ at }) => at)), new Set([moro.id, jafza.id]))
  assert.ok(tried.every(({ code, path }) => code === 'gateway_unreachable' && path[0] === core.id))
  assert.ok(deaf.every(({ heard }) => heard.length === 1))
  const live = await network.gateway(DEWA, jafza, identity)
  assert.equal((await network.tunnel(rta, live)).near.path.at(-1), jafza.id)
})

await test('a branch that claims a gateway and never answers holds a request only for its time, and then others serve', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro] = [await network.branch('CORE'), await network.branch('MORO')]
  // A branch that says it has the gateway, and then neither answers nor pings.
  const trap = await network.fixture.identity(branchId('TRAP'))
  const { directory } = network.fixture
  directory.addLine(core.id, moro.id)
  directory.addLine(core.id, trap.id)
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, moro)]
  await until(() => knows(core, moro, 1, 1), 'presence')
  const speaker = await network.speaker(trap, core, '127.0.0.1:1')
  const stamp = { epoch: Date.now(), count: 1 }
  speaker.channel.send({ t: 'links', branch: trap.id, stamp, links: [{ to: core.id, rttMs: 0 }] })
  speaker.channel.send({ t: 'presence', branch: trap.id, stamp, part: 0, parts: 1, gateways: [DEWA] })
  await until(
    () => core.handle.status().mesh.some(({ branch, gateways }) => branch === trap.id && gateways === 1),
    'the lie',
  )
  const options = { avoid: [moro.id], timeoutMs: 3_000 }
  const trapped = await refused(rta.link.open(DEWA, options))
  assert.equal(trapped.code, 'no_path')
  assert.equal((trapped.details['tried'] as { code: string }[])[0]?.code, 'branch_unreachable')
  assert.ok(speaker.heard.some((message) => message.t === 'extend'))
  assert.equal((await network.tunnel(rta, dewa)).near.path.at(-1), moro.id)
})

await test('a request that is not for this place in the path is refused', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const moro = await network.fixture.identity(branchId('MORO'))
  network.fixture.directory.addLine(core.id, moro.id)
  const dewa = await network.gateway(DEWA, core)
  await network.fixture.identity(RTA)
  const speaker = await network.speaker(moro, core, '127.0.0.1:1')
  const other = branchId('OTHER')
  const bad: readonly (readonly [string[], number])[] = [
    [[core.id], 0],
    [[other, core.id], 1],
    [[moro.id, other, core.id], 1],
    [[moro.id, core.id], 5],
    [[core.id, moro.id], 0],
  ]
  for (const [n, [path, hop]] of bad.entries()) {
    speaker.channel.send({ t: 'extend', n, from: RTA, target: DEWA, path, hop, waitMs: 1_000 })
  }
  speaker.channel.send({
    t: 'extend',
    n: 99,
    from: 'AE-DU/GOV/GHOST/gw',
    target: DEWA,
    path: [moro.id, core.id],
    hop: 1,
    waitMs: 1_000,
  })
  const answers = (): number => speaker.heard.filter(({ t: type }) => type === 'refused').length
  await until(() => answers() === bad.length + 1, 'all are refused')
  speaker.channel.send({
    t: 'extend',
    n: 100,
    from: RTA,
    target: DEWA,
    path: [moro.id, core.id],
    hop: 1,
    waitMs: 1_000,
  })
  assert.deepEqual((await dewa.incoming()).path, [moro.id, core.id])
})

await test('a branch without a registered line is refused, and cut when its line is gone from the directory', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  await network.branch('MORO')
  const stranger = await network.fixture.identity(branchId('FAR'))
  const started = network.speaker(stranger, core, '127.0.0.1:1')
  const refusal = await core.log.seen('control_refused')
  assert.equal(refusal.reason, 'no_line')
  network.fixture.directory.addLine(core.id, stranger.id)
  void started
  const speaker = await network.speaker(stranger, core, '127.0.0.1:1')
  network.fixture.directory.retire(stranger.id)
  await until(() => speaker.ends.length === 1, 'it is cut')
  assert.equal(core.handle.status().links.length, 0)
})

await test('lies about this branch are corrected, and reports of strangers or from the far future refused', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const moro = await network.fixture.identity(branchId('MORO'))
  network.fixture.directory.addLine(core.id, moro.id)
  const dewa = await network.gateway(DEWA, core)
  const speaker = await network.speaker(moro, core, '127.0.0.1:1')
  const stamp = { epoch: Date.now() + 60_000, count: 7 }
  speaker.channel.send({ t: 'presence', branch: core.id, stamp, part: 0, parts: 1, gateways: [] })
  await until(
    () =>
      speaker.heard.some(
        (message) =>
          message.t === 'presence' &&
          message.stamp.epoch >= stamp.epoch &&
          message.stamp.count > stamp.count &&
          message.gateways.includes(dewa.id),
      ),
    'the truth comes back with a later stamp',
  )
  const gateways = [DEWA]
  speaker.channel.send({ t: 'presence', branch: branchId('GHOST'), stamp, part: 0, parts: 1, gateways })
  const late = { epoch: Number.MAX_SAFE_INTEGER, count: 0 }
  speaker.channel.send({ t: 'presence', branch: moro.id, stamp: late, part: 0, parts: 1, gateways })
  await until(
    () => core.log.events.filter(({ kind }) => kind === 'report_refused').length === 2,
    'both are refused',
  )
})

await test('a branch that restarts is believed again at once', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const identity = await network.fixture.identity(branchId('MORO'))
  const first = await network.branch('MORO', {}, { identity })
  network.fixture.directory.addLine(core.id, first.id)
  const dewa = await network.gateway(DEWA, first)
  await until(() => knows(core, first, 1, 1), 'before')
  const port = first.handle.controlAddress
  await first.handle.close()
  await core.log.seen('link_down')
  const second = await network.branch('MORO', {}, { identity, port })
  await until(() => knows(core, second, 1, 1), 'its gateway came back by itself and is known again')
  const rta = await network.gateway(RTA, core)
  assert.equal((await network.tunnel(rta, dewa)).near.path.length, 2)
})

await test('a line to a gateway is nothing to dial: the gateway comes by itself', async (t) => {
  const network = await branchNetwork(t)
  const [a, b] = [await network.branch('A'), await network.branch('B')]
  await network.fixture.identity(RTA)
  network.fixture.directory.addLine(a.id, RTA)
  network.fixture.directory.addLine(a.id, b.id)
  await until(() => knows(a, b, 0, 1), 'the link is up')
  assert.deepEqual(
    a.handle.status().links.map(({ branch }) => branch),
    [b.id],
  )
})
