import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RateWindow } from './rate-window.ts'

test('never more than the limit in any second, whatever comes when', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 12 })), { maxLength: 200 }),
    (limit, arrivals) => {
      const rate = new RateWindow(limit, 0)
      const passed: number[] = []
      let nowMs = 0
      for (const [gapMs, count] of arrivals) {
        nowMs += gapMs
        for (let i = 0; i < count; i += 1) if (rate.take(nowMs) !== undefined) passed.push(nowMs)
      }
      for (const [i, at] of passed.entries()) {
        const later = passed[i + limit]
        assert.ok(
          later === undefined || later - at >= 1_000,
          `${limit + 1} passed from ${at} to ${later ?? 0}`,
        )
      }
    },
  )
  fc.assert(property, { numRuns: 200 })
})

test('all at once if they come at once, and again a second later', () => {
  const rate = new RateWindow(100, 5)
  const burst = (nowMs: number): number =>
    Array.from({ length: 150 }, () => rate.take(nowMs)).filter((slot) => slot !== undefined).length
  assert.deepEqual(
    [burst(5), burst(900), burst(1_013), burst(1_013), burst(10_000_000)],
    [100, 0, 100, 0, 100],
  )
})

test('at least 99 of 100 of the limit under a steady load beyond it', () => {
  for (const limit of [1, 7, 50, 1_000]) {
    const rate = new RateWindow(limit, 0)
    const seconds = 100
    let passed = 0
    for (let tick = 0; tick < seconds * 10_000; tick += 1) if (rate.take(tick / 10) !== undefined) passed += 1
    assert.ok(passed <= seconds * limit && passed >= 0.99 * seconds * limit, `${limit}: ${passed}`)
  }
})

test('what is given back may pass again', () => {
  const rate = new RateWindow(1, 0)
  const slot = rate.take(1) ?? 0
  assert.equal(rate.take(2), undefined)
  rate.giveBack(slot)
  assert.equal(rate.passed(3), 0)
  assert.notEqual(rate.take(30), undefined)
  rate.passed(5_000)
  rate.giveBack(slot)
  assert.equal(rate.passed(5_000), 0, 'what is over is nothing to give back')
})
