import assert from 'node:assert/strict'
import test from 'node:test'
import type { WeighedWay } from '../transport/branch-control.ts'
import type { BranchLimits } from './branch-config.ts'
import {
  branchId,
  type BranchNetwork,
  branchNetwork,
  refused,
  type Speaker,
  type TestBranch,
  type TestGateway,
  until,
} from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

function isExit(at: TestBranch, other: string): boolean {
  return at.handle.status().mesh.some(({ branch, gateways }) => branch === other && gateways > 0)
}

/** CORE with RTA, JAFZA with DEWA, a line between them and a way around over MORO. */
async function detour(
  network: BranchNetwork,
  capacityMbps = 1_000,
  limits: Partial<BranchLimits> = {},
): Promise<Record<'core' | 'moro' | 'jafza', TestBranch>> {
  const core = await network.branch('CORE', limits)
  const moro = await network.branch('MORO')
  const jafza = await network.branch('JAFZA')
  const { directory } = network.fixture
  directory.addLine(core.id, jafza.id, { line: 'direct', capacityMbps, riskGroups: ['duct'] })
  directory.addLine(core.id, moro.id, { line: 'north' })
  directory.addLine(moro.id, jafza.id, { line: 'east' })
  return { core, moro, jafza }
}

/** The first answer that has so many ways, and that fits. */
async function waysTo(
  rta: TestGateway,
  count: number,
  fits: (ways: readonly WeighedWay[]) => boolean = () => true,
): Promise<readonly WeighedWay[]> {
  for (let turn = 0; turn < 500; turn += 1) {
    const ways = await rta.link.weigh(DEWA).catch(() => [])
    if (ways.length === count && fits(ways)) return ways
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  return assert.fail(`there never were ${count} such ways`)
}

await test('a gateway learns the ways there are, in the order of their cost, with the figures of their lines', async (t) => {
  const network = await branchNetwork(t)
  const { core, moro, jafza } = await detour(network)
  const rta = await network.gateway(RTA, core)
  await network.gateway(DEWA, jafza)
  const ways = await waysTo(rta, 2)
  const direct = ways.find(({ legs }) => legs.length === 1)
  const around = ways.find(({ legs }) => legs.length === 2)
  assert.deepEqual(direct?.path, [core.id, jafza.id])
  assert.deepEqual(around?.path, [core.id, moro.id, jafza.id])
  // Which is nearer the machine decides at this moment; that the nearer one is chosen it does not.
  assert.ok((ways[0]?.costMs ?? 0) <= (ways[1]?.costMs ?? 0))
  assert.deepEqual(
    ways.map(({ chosen }) => chosen),
    [true, false],
  )
  const [leg] = direct?.legs ?? []
  const facts = { from: core.id, to: jafza.id, lines: ['direct'], capacityMbps: 1_000, monthlyCostAed: 0 }
  assert.deepEqual(leg, { ...facts, riskGroups: ['duct'], rttMs: leg?.rttMs })
  assert.deepEqual(await rta.link.weigh(DEWA, { avoid: [jafza.id] }), [])
})

await test('a tunnel that should be apart from another takes the longer way, and the shared one when there is no other', async (t) => {
  const network = await branchNetwork(t)
  const { core, moro, jafza } = await detour(network)
  const rta = await network.gateway(RTA, core)
  const dewa = await network.gateway(DEWA, jafza)
  await waysTo(rta, 2)
  const apartFrom = [core.id, jafza.id]
  const spare = await network.tunnel(rta, dewa, { apartFrom })
  assert.deepEqual(spare.near.path, [core.id, moro.id, jafza.id])
  assert.deepEqual((await rta.link.weigh(DEWA, { apartFrom }))[0]?.path, spare.near.path)
  const shared = await network.tunnel(rta, dewa, { apartFrom, avoid: [moro.id] })
  assert.deepEqual(shared.near.path, apartFrom)
})

await test('a full line is left alone: what either end reports of its use counts', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const { directory } = network.fixture
  for (const [code, usedMbps] of [
    ['FREE', 300],
    ['FULL', 960],
  ] as const) {
    const id = branchId(code)
    const identity = await network.fixture.identity(id)
    directory.addLine(core.id, id)
    const { channel } = await network.speaker(identity, { ...core, id: core.id }, '127.0.0.1:1')
    const stamp = { epoch: Date.now(), count: 1 }
    channel.send({ t: 'links', branch: id, stamp, links: [{ to: core.id, rttMs: 0, usedMbps }] })
    channel.send({ t: 'presence', branch: id, stamp, part: 0, parts: 1, gateways: [DEWA] })
  }
  await until(() => isExit(core, branchId('FULL')) && isExit(core, branchId('FREE')), 'both are exits')
  await network.fixture.identity(DEWA)
  const rta = await network.gateway(RTA, core)
  const ways = await waysTo(rta, 2)
  assert.deepEqual(
    ways.map(({ path, legs }) => [path.at(-1), legs[0]?.usedMbps]),
    [
      [branchId('FREE'), 300],
      [branchId('FULL'), 960],
    ],
  )
  assert.match(ways[1]?.reason ?? '', /FULL/)
})

await test('a line that is full sends the next tunnel around it', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro, jafza] = [await network.branch('CORE'), await network.branch('MORO'), branchId('JAFZA')]
  const { directory } = network.fixture
  for (const [one, other] of [
    [core.id, moro.id],
    [core.id, jafza],
    [moro.id, jafza],
  ] as const)
    directory.addLine(one, other)
  const identity = await network.fixture.identity(jafza)
  await network.fixture.identity(DEWA)
  // JAFZA speaks for itself, so that the use of its lines is what it says and nothing that this machine measured.
  const links = [
    { to: core.id, rttMs: 0, usedMbps: 960 },
    { to: moro.id, rttMs: 0, usedMbps: 0 },
  ]
  const stamp = { epoch: Date.now(), count: 1 }
  const [atCore, atMoro] = [
    await network.speaker(identity, core, '127.0.0.1:1'),
    await network.speaker(identity, moro, '127.0.0.1:1'),
  ]
  for (const { channel } of [atCore, atMoro]) {
    channel.send({ t: 'links', branch: jafza, stamp, links })
    channel.send({ t: 'presence', branch: jafza, stamp, part: 0, parts: 1, gateways: [DEWA] })
  }
  const rta = await network.gateway(RTA, core)
  const around = [core.id, moro.id, jafza]
  await waysTo(rta, 2, ([best]) => best?.path.length === 3)
  const opening = refused(rta.link.open(DEWA))
  const asked = (speaker: Speaker) => speaker.heard.filter((message) => message.t === 'extend')
  await until(() => asked(atCore).length + asked(atMoro).length > 0, 'JAFZA is asked for the tunnel')
  assert.deepEqual([asked(atCore), asked(atMoro).map(({ path }) => path)], [[], [around]])
  rta.link.close()
  await opening
})

await test('the traffic that fills a line is measured, and counts when ways are weighed', async (t) => {
  const network = await branchNetwork(t)
  const { core, moro, jafza } = await detour(network, 2, { linePacePercent: 1_000 })
  const rta = await network.gateway(RTA, core)
  const dewa = await network.gateway(DEWA, jafza)
  await waysTo(rta, 2)
  const { near, far } = await network.tunnel(rta, dewa, { path: [core.id, jafza.id] })
  far.socket.resume()
  const feed = (): void => void (near.socket.write(Buffer.alloc(65_536)) && setImmediate(feed))
  near.socket.on('drain', feed)
  feed()
  // Of one answer: the way around is the best one because the line is as full as it says.
  const [best] = await waysTo(rta, 2, ([first, second]) => {
    return first?.path.length === 3 && (second?.legs[0]?.usedMbps ?? 0) > 2
  })
  assert.deepEqual(best?.path, [core.id, moro.id, jafza.id])
})

await test('strangers are not weighed, and nobody weighs without end', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE')
  const rta = await network.gateway(RTA, core)
  assert.equal((await refused(rta.link.weigh('AE-DU/GOV/GHOST/gw-1'))).code, 'unknown_gateway')
  const asked = Array.from({ length: 60 }, async () => await refused(rta.link.weigh('AE-DU/GOV/GHOST/gw-1')))
  const codes = (await Promise.all(asked)).map(({ code }) => code)
  assert.ok(codes.includes('too_many_requests'))
})
