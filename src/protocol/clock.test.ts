import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatTime, isTime, parseTime, systemClock } from './clock.ts'

test('an instant has one text, with milliseconds and Z', () => {
  assert.equal(formatTime(Date.UTC(2026, 10, 23, 7, 36, 33, 123)), '2026-11-23T07:36:33.123Z')
  assert.equal(formatTime(0), '1970-01-01T00:00:00.000Z')
  assert.equal(parseTime('2026-11-23T07:36:33.123Z'), Date.UTC(2026, 10, 23, 7, 36, 33, 123))
})

test('texts come back as the same instant, and sort as instants do', () => {
  const instant = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      assert.equal(parseTime(formatTime(a)), a)
      assert.equal(formatTime(a) < formatTime(b), a < b)
    }),
    { numRuns: 300 },
  )
})

test('the calendar is kept: leap days yes, others no', () => {
  assert.equal(isTime('2028-02-29T00:00:00.000Z'), true)
  assert.equal(isTime('2026-12-31T23:59:59.999Z'), true)
  assert.equal(isTime('2026-02-29T00:00:00.000Z'), false)
  assert.equal(isTime('2026-04-31T00:00:00.000Z'), false)
})

test('every other spelling is refused', () => {
  const refused = [
    '',
    '2026-11-23',
    '2026-11-23T07:36:33Z',
    '2026-11-23T07:36:33.1234Z',
    '2026-11-23T07:36:33.123+00:00',
    '2026-11-23t07:36:33.123z',
    '2026-11-23 07:36:33.123Z',
    '2026-13-01T00:00:00.000Z',
    '2026-11-00T00:00:00.000Z',
    '2026-11-23T24:00:00.000Z',
    '2026-11-23T07:60:33.123Z',
    '2026-11-23T07:36:60.123Z',
    '0000-01-01T00:00:00.000Z',
    '+012026-11-23T07:36:33.123Z',
    ' 2026-11-23T07:36:33.123Z',
    '2026-11-23T07:36:33.123Z\n',
  ]
  for (const text of refused) {
    assert.equal(isTime(text), false, text)
    assert.throws(() => parseTime(text), { code: 'invalid_time' }, text)
  }
})

test('an instant without a four-digit year has no text', () => {
  for (const ms of [Number.NaN, Infinity, 253_402_300_800_000, -62_135_596_800_001]) {
    assert.throws(() => formatTime(ms), { code: 'invalid_time' })
  }
})

test('the clock of the machine moves between two readings of the runtime', () => {
  const before = Date.now()
  const now = systemClock.nowMs()
  assert.ok(before <= now && now <= Date.now())
})
