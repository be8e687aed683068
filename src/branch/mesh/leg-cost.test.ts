import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { legCost, legTicks } from './leg-cost.ts'

test('the use of a line costs in steps of its capacity', () => {
  const crowding = (usedMbps: number): number => legCost({ rttMs: 1, usedMbps, capacityMbps: 200 }).crowdingMs
  assert.deepEqual([0, 99, 100, 140, 160, 180, 190, 500].map(crowding), [0, 0, 1, 5, 20, 100, 1_000, 1_000])
})

test('the price counts for each Mbit/s, and never more than a short detour', () => {
  const price = (monthlyCostAed: number): number =>
    legCost({ rttMs: 1, capacityMbps: 100, monthlyCostAed }).priceMs
  assert.deepEqual([0, 5_000, 20_000, 10_000_000].map(price), [0, 1, 4, 5])
})

test('a longer, fuller or dearer line never costs less, and none costs nothing', () => {
  const number = fc.double({ min: 0, max: 1_000, noNaN: true })
  fc.assert(
    fc.property(number, number, number, number, (rttMs, usedMbps, monthlyCostAed, more) => {
      const leg = { rttMs, usedMbps, monthlyCostAed, capacityMbps: 100 }
      const ticks = legTicks(leg)
      assert.ok(Number.isInteger(ticks) && ticks >= 10)
      assert.ok(legTicks({ ...leg, rttMs: rttMs + more }) >= ticks)
      assert.ok(legTicks({ ...leg, usedMbps: usedMbps + more }) >= ticks)
      assert.ok(legTicks({ ...leg, monthlyCostAed: monthlyCostAed + more }) >= ticks)
    }),
  )
})
