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
  // What moved in a tunnel that ended before the next look counts as well; this way nothing moved until now.
  assert.equal(toMoro()?.peakMbps.in, 0)
  far.socket.write(randomBytes(1_000_000))
  far.socket.end()
  await readBytes(near.socket, 1_000_000)
  near.socket.end()
  await Promise.all([isOver(near.socket), isOver(far.socket)])
  await until(() => core.handle.status().tunnels.open === 0, 'the tunnel is over')
  await until(() => (toMoro()?.peakMbps.in ?? 0) > 0, 'the end of the tunnel is measured')
})

await test('a line that fills up raises an alarm in the log and the status before it is full, and more capacity ends it', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', { lineAlarmMs: 1, lineAlarmPercent: 50, lineClearPercent: 40 })
  const [rta, dewa] = [await network.gateway(RTA, core), await network.gateway(DEWA, core)]
  network.fixture.directory.addLine(core.id, DEWA, { line: 'DEWA-1', capacityMbps: 1 })
  const { near, far } = await network.tunnel(rta, dewa)
  far.socket.resume()
  const feed = setInterval(() => near.socket.write(randomBytes(50_000)), 50)
  t.after(() => clearInterval(feed))
  const raised = await core.log.seen('alarm')
  assert.deepEqual([raised.alarm, raised.neighbour, raised.direction], ['line_filling', DEWA, 'out'])
  const [standing] = core.handle.status().alarms
  assert.deepEqual([standing?.lines, standing?.capacityMbps], [['DEWA-1'], 1])
  assert.match(standing?.since ?? '', /^20\d\d-.*Z$/)
  network.fixture.directory.addLine(core.id, DEWA, { line: 'DEWA-2', capacityMbps: 1_000 })
  const relieved = await core.log.seen('line_relieved')
  assert.deepEqual(relieved.lines, ['DEWA-1', 'DEWA-2'])
  assert.deepEqual(core.handle.status().alarms, [])
})
