import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Hours } from './agreement.ts'
import { compileHours } from './grant-hours.ts'

const WORK: Hours = { timeZone: 'Asia/Dubai', days: [1, 2, 3, 4, 5], from: '08:00', until: '16:00' }

/** Whether hours hold at an instant, judged anew. */
function holds(change: Partial<Hours>, time: string): boolean {
  return compileHours({ ...WORK, ...change }).holdAt(Date.parse(time))
}

describe('hours', () => {
  // 2026-11-23 is a Monday; Dubai is four hours ahead of UTC all year.
  const cases: readonly [title: string, change: Partial<Hours>, time: string, expected: boolean][] = [
    ['before the window begins', {}, '2026-11-23T03:59:59.999Z', false],
    ['at the first instant', {}, '2026-11-23T04:00:00.000Z', true],
    ['at the last instant', {}, '2026-11-23T11:59:59.999Z', true],
    ['at the end', {}, '2026-11-23T12:00:00.000Z', false],
    ['on another day', {}, '2026-11-22T08:00:00.000Z', false],
    ['on a day that has begun there but not in UTC', { from: '00:00' }, '2026-11-22T20:30:00.000Z', true],
    ['until 24:00', { until: '24:00' }, '2026-11-23T19:59:59.999Z', true],
    ['and not longer', { until: '24:00', days: [1] }, '2026-11-23T20:00:00.000Z', false],
    ['the whole day', { from: '00:00', until: '24:00', days: [1] }, '2026-11-22T20:00:00.000Z', true],
    ['until 00:00, which is 24:00', { until: '00:00', days: [1] }, '2026-11-23T19:59:00.000Z', true],
    [
      'over midnight, on the evening',
      { from: '22:00', until: '06:00', days: [1] },
      '2026-11-23T18:00:00.000Z',
      true,
    ],
    [
      'over midnight, on the morning after',
      { from: '22:00', until: '06:00', days: [1] },
      '2026-11-24T01:59:59.999Z',
      true,
    ],
    [
      'not on the morning before',
      { from: '22:00', until: '06:00', days: [1] },
      '2026-11-23T01:00:00.000Z',
      false,
    ],
    ['from Sunday to Monday', { from: '22:00', until: '06:00', days: [7] }, '2026-11-23T01:00:00.000Z', true],
    ['in UTC', { timeZone: 'UTC' }, '2026-11-23T08:00:00.000Z', true],
  ]
  for (const [title, change, time, expected] of cases) {
    it(`${expected ? 'hold' : 'do not hold'} ${title}`, () => assert.equal(holds(change, time), expected))
  }

  // Berlin: 2026-03-29 the clock goes from 02:00 to 03:00, 2026-10-25 from 03:00 back to 02:00.
  it('follow the clock on the wall where it is put forward and back', () => {
    const berlin = { timeZone: 'Europe/Berlin', days: [7], from: '01:00', until: '04:00' }
    const lengthOn = (day: string): number => {
      const start = Date.parse(`${day}T00:00:00Z`) - 7_200_000
      const { holdAt } = compileHours({ ...WORK, ...berlin })
      let minutes = 0
      for (let minute = 0; minute < 1_560; minute += 1) if (holdAt(start + minute * 60_000)) minutes += 1
      return minutes
    }
    assert.deepEqual(['2026-03-29', '2026-10-25', '2026-11-22'].map(lengthOn), [120, 240, 180])
  })

  it('say what they are, and when the next window begins', () => {
    const facts = compileHours({ ...WORK, days: [5, 1] }).factsAt(Date.parse('2026-11-23T12:00:00Z'))
    assert.deepEqual(facts, {
      daysEn: 'Monday, Friday',
      daysAr: 'الاثنين، الجمعة',
      from: '08:00',
      until: '16:00',
      timeZone: 'Asia/Dubai',
      opensAt: '2026-11-27T04:00:00.000Z',
    })
  })

  it('hold from the moment that is named as the next opening', () => {
    const zones = ['UTC', 'Asia/Dubai', 'Asia/Kathmandu', 'Europe/Berlin', 'America/New_York']
    const hours = fc.record({
      timeZone: fc.constantFrom(...zones),
      days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
      // The hour that Berlin and New York skip and repeat has no one beginning.
      from: fc.constantFrom('00:00', '05:30', '09:00', '21:15', '23:59'),
      until: fc.constantFrom('04:00', '10:00', '17:30', '24:00'),
    })
    const instant = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) })
    const property = fc.property(hours, instant, (drawn, ms) => {
      const compiled = compileHours(drawn)
      const opensMs = Date.parse(compiled.factsAt(ms)['opensAt'] ?? '')
      assert.ok(opensMs > ms && opensMs <= ms + 8 * 86_400_000)
      assert.equal(compiled.holdAt(opensMs), true)
      // Nothing opens between: when it is closed now, it stays closed until then.
      if (!compiled.holdAt(ms)) assert.equal(compiled.holdAt(Math.floor((ms + opensMs) / 2)), false)
    })
    fc.assert(property, { numRuns: 400 })
  })
})
