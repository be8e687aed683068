import assert from 'node:assert/strict'
import test from 'node:test'
import { LineMeter, OTHER_MEMBERS } from './line-meter.ts'
import { readLineStatus } from './line-status.ts'

const RTA = 'AE-DU/GOV/RTA'
const DEWA = 'AE-DU/SEMI/DEWA'
const MORO = 'AE-DU/branch/MORO'

type Bytes = { out: number; in: number }

function meterOf(maxPairs?: number): {
  meter: LineMeter
  second: (lines: Record<string, Bytes>, pairs?: Record<string, Bytes>, ms?: number) => void
} {
  let nowMs = 5_000
  let moved = { lines: new Map<string, Bytes>(), pairs: new Map<string, Bytes>() }
  const meter = new LineMeter({
    takeMoved: () => moved,
    nowMs: () => nowMs,
    ...(maxPairs === undefined ? {} : { maxPairs }),
  })
  const second = (lines: Record<string, Bytes>, pairs: Record<string, Bytes> = {}, ms = 1_000): void => {
    nowMs += ms
    moved = { lines: new Map(Object.entries(lines)), pairs: new Map(Object.entries(pairs)) }
    meter.sample()
  }
  return { meter, second }
}

/** Tunnel bytes that fill 10 Mbit/s for a second, headers of full packets included. */
const TEN = 1_250_000 * (1_448 / 1_514)

function isNear(value: number | undefined, expected: number): void {
  assert.ok(
    value !== undefined && Math.abs(value - expected) < 0.01 * expected,
    `${value} is not ${expected}`,
  )
}

await test('a steady stream is metered in both directions as on the line, and its end is seen within seconds', () => {
  const { meter, second } = meterOf()
  assert.equal(meter.usedMbps(MORO), undefined)
  for (let turn = 0; turn < 20; turn += 1) second({ [MORO]: { out: TEN, in: TEN / 10 } })
  isNear(meter.usedMbps(MORO), 10)
  isNear(meter.lines().get(MORO)?.in.mbps, 1)
  assert.equal(meter.usedMbps('AE-DU/branch/IDLE'), 0)
  for (let turn = 0; turn < 10; turn += 1) second({})
  assert.ok((meter.usedMbps(MORO) ?? 1) < 0.5)
  isNear(meter.lines().get(MORO)?.out.peakMbps, 10)
})

await test('the peak of a second stays for minutes, then the line is forgotten', () => {
  const { meter, second } = meterOf()
  second({ [MORO]: { out: 5 * TEN, in: 0 } })
  second({ [MORO]: { out: TEN, in: 0 } })
  for (let turn = 0; turn < 240; turn += 1) second({})
  isNear(meter.lines().get(MORO)?.out.peakMbps, 50)
  for (let turn = 0; turn < 70; turn += 1) second({})
  assert.equal(meter.lines().size, 0)
  // A process that stood still for an hour must not show what was before it.
  second({ [MORO]: { out: 5 * TEN, in: 0 } })
  second({ [MORO]: { out: 0, in: TEN * 3_600 } }, {}, 3_600_000)
  isNear(meter.lines().get(MORO)?.in.mbps, 10)
  assert.equal(meter.lines().get(MORO)?.out.peakMbps, 0)
})

await test('tunnels of all gateways of two members count for one pair, each direction by itself', () => {
  const { meter, second } = meterOf()
  const pairs = {
    [`${RTA}/gw-1 ${DEWA}/gw-1`]: { out: TEN, in: 2 * TEN },
    [`${RTA}/gw-2 ${DEWA}/gw-1`]: { out: TEN, in: 0 },
    [`${DEWA}/gw-1 ${RTA}/gw-2`]: { out: TEN, in: TEN },
  }
  for (let turn = 0; turn < 30; turn += 1) second({}, pairs)
  const [first, other, ...rest] = meter.members()
  assert.deepEqual(
    [first, other].map((use) => `${use?.from} ${use?.to}`).sort(),
    [`${RTA} ${DEWA}`, `${DEWA} ${RTA}`].sort(),
  )
  isNear(first?.mbps, 30)
  isNear(other?.mbps, 30)
  assert.deepEqual(rest, [])
})

await test('beyond the bound of pairs the rest is metered as one', () => {
  const { meter, second } = meterOf(2)
  const pairs = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`AE-DU/GOV/M${i}/gw-1 ${DEWA}/gw-1`, { out: TEN, in: 0 }]),
  )
  for (let turn = 0; turn < 30; turn += 1) second({}, pairs)
  assert.equal(meter.members().length, 3)
  const [others] = meter.members()
  assert.equal(others?.from, OTHER_MEMBERS)
  isNear(others?.mbps, 480)
})

await test('the status names every registered line, its use and how full it is', () => {
  const { meter, second } = meterOf()
  for (let turn = 0; turn < 30; turn += 1) second({ [MORO]: { out: TEN, in: 0 } })
  const facts = { monthlyCostAed: 9_000, riskGroups: ['ring'] }
  const lines = [
    { line: 'A', capacityMbps: 15, ...facts },
    { line: 'B', capacityMbps: 5, ...facts },
  ]
  const counts = new Map([
    [MORO, { out: 7, in: 8 }],
    ['AE-DU/GOV/DM/gw-1', { out: 1, in: 2 }],
  ])
  const idle = [{ line: 'C', capacityMbps: 1, ...facts }]
  const registered = new Map([
    [MORO, lines],
    ['AE-DU/branch/IDLE', idle],
  ])
  const status = readLineStatus(counts, registered, meter.lines())
  assert.deepEqual(
    status.map(({ neighbour }) => neighbour),
    [MORO, 'AE-DU/branch/IDLE', 'AE-DU/GOV/DM/gw-1'],
  )
  const [moro, unused, unregistered] = status
  assert.deepEqual([moro?.lines, moro?.capacityMbps, moro?.bytesOut, moro?.bytesIn], [lines, 20, 7, 8])
  isNear(moro?.utilisation?.out, 0.5)
  assert.equal(moro?.utilisation?.in, 0)
  assert.deepEqual(unused?.utilisation, { out: 0, in: 0 })
  assert.deepEqual([unregistered?.lines, unregistered?.capacityMbps], [[], undefined])
  assert.equal(unregistered?.utilisation, undefined)
})
