import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { branchNetwork, isOver, readBytes, until } from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

await test('the status of a branch shows its registered lines and what passes over them, by neighbour and by members', async (t) => {
  const network = await branchNetwork(t)
  const [core, moro] = [await network.branch('CORE'), await network.branch('MORO')]
  const facts = { line: 'CORE-MORO', capacityMbps: 500, monthlyCostAed: 42_000, riskGroups: ['ring-north'] }
  network.fixture.directory.addLine(core.id, moro.id, facts)
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, moro)]
  await until(
    () => core.handle.status().mesh.some((each) => each.branch === moro.id && each.gateways === 1),
    'presence',
  )
  const toMoro = () => core.handle.status().lines.find(({ neighbour }) => neighbour === moro.id)
  const [line, ...others] = toMoro()?.lines ?? []
  assert.deepEqual([{ ...line, ...facts }, others], [{ ...line }, []])
  assert.deepEqual(toMoro()?.utilisation, { out: 0, in: 0 })
  const { near, far } = await network.tunnel(rta, dewa)
  near.socket.write(randomBytes(1_000_000))
  await readBytes(far.socket, 1_000_000)
  await until(() => (toMoro()?.usedMbps.out ?? 0) > 0.5, 'the use of the line is measured')
  assert.ok((toMoro()?.peakMbps.out ?? 0) >= (toMoro()?.usedMbps.out ?? 0))
  assert.ok((toMoro()?.bytesOut ?? 0) >= 1_000_000)
  const pair = core.handle.status().memberPairs.find(({ from }) => from === 'AE-DU/GOV/RTA')
  assert.equal(pair?.to, 'AE-DU/SEMI/DEWA')
  // What moved in a tunnel that ended before the next look counts as well.
  near.socket.write(randomBytes(4_000_000))
  near.socket.end()
  await readBytes(far.socket, 4_000_000)
  far.socket.end()
  await Promise.all([isOver(near.socket), isOver(far.socket)])
  await until(() => core.handle.status().tunnels.open === 0, 'the tunnel is over')
  await until(() => (toMoro()?.peakMbps.out ?? 0) > 20, 'the end of the tunnel is measured')
})
