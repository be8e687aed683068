import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, integer, property } from 'fast-check'
import { readRfc3339 } from './rfc3339.ts'

const at = (text: string): string | undefined => {
  const ms = readRfc3339(text)
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('the examples of RFC 3339, section 5.8, and other spellings of an instant', () => {
  const cases = {
    '1985-04-12T23:20:50.52Z': '1985-04-12T23:20:50.520Z',
    '1996-12-19T16:39:57-08:00': '1996-12-20T00:39:57.000Z',
    '1990-12-31T23:59:60Z': '1991-01-01T00:00:00.000Z',
    '1990-12-31T15:59:60-08:00': '1991-01-01T00:00:00.000Z',
    '1937-01-01T12:00:27.87+00:20': '1937-01-01T11:40:27.870Z',
    '2027-01-01T00:00:00Z': '2027-01-01T00:00:00.000Z',
    '2027-01-01t04:00:00+04:00': '2027-01-01T00:00:00.000Z',
    '2027-01-01T00:00:00.123999z': '2027-01-01T00:00:00.123Z',
    '0050-01-01T00:00:00-00:00': '0050-01-01T00:00:00.000Z',
  }
  for (const [text, instant] of Object.entries(cases)) assert.equal(at(text), instant, text)
})

test('what is no instant of RFC 3339 is none', () => {
  for (const text of [
    '',
    '2027-01-01',
    '2027-01-01 00:00:00Z',
    '2027-01-01T00:00:00',
    '2027-01-01T00:00Z',
    '2027-02-29T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-00-01T00:00:00Z',
    '2027-01-01T24:00:00Z',
    '2027-01-01T00:60:00Z',
    '2027-01-01T00:00:61Z',
    '2027-01-01T00:00:00.Z',
    '2027-01-01T00:00:00+0400',
    '2027-01-01T00:00:00+24:00',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+04:00',
    '9999-12-31T23:59:59-04:00',
    'yesterday',
    ' 2027-01-01T00:00:00Z',
    '٢٠٢٧-01-01T00:00:00Z',
  ])
    assert.equal(at(text), undefined, text)
})

test('every instant that a machine writes is read back', () => {
  check(
    property(integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
      assert.equal(readRfc3339(new Date(ms).toISOString()), ms)
    }),
  )
})
