import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime } from '../../protocol/clock.ts'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { TimeTexts } from './time-texts.ts'

const AT = Date.UTC(2026, 10, 23, 8)

test('every instant has its own text, however often and in whatever order it is asked for', () => {
  const times = new TimeTexts()
  for (const ms of [AT, AT, AT + 1, AT, AT - 1]) assert.equal(times.of(ms), formatTime(ms))
})

test('what is no instant has no text, and leaves the next one alone', () => {
  const times = new TimeTexts()
  const refused = (error: unknown): boolean => isWuslaError(error) && error.code === 'invalid_time'
  assert.throws(() => times.of(Number.NaN), refused)
  times.of(AT)
  assert.throws(() => times.of(Infinity), refused)
  assert.equal(times.of(AT), formatTime(AT))
})
