import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { exchangeTime, isExchangeId, newExchangeId } from './exchange-id.ts'

test('a name is a UUID version 7 that carries its time (RFC 9562, appendix A.6)', () => {
  const id = newExchangeId(0x017f22e279b0, () => '00000000-0000-4cc3-98c4-dc0c0c07398f')
  assert.equal(id, '017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  assert.equal(exchangeTime(id), 0x017f22e279b0)
})

test('names carry any time of 48 bits, and sort by it', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [idA, idB] = [newExchangeId(a), newExchangeId(b)]
      assert.ok(isExchangeId(idA))
      assert.equal(exchangeTime(idA), a)
      if (a !== b) assert.equal(idA < idB, a < b)
    }),
    { numRuns: 300 },
  )
})

test('names of one millisecond differ', () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => newExchangeId(1_700_000_000_000)))
  assert.equal(ids.size, 1_000)
})

test('other UUIDs and other spellings are no names', () => {
  const refused = [
    '',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
    '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f',
    '017f22e279b07cc398c4dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
  ]
  for (const text of refused) {
    assert.equal(isExchangeId(text), false, text)
    assert.throws(() => exchangeTime(text), { code: 'invalid_identifier' })
  }
})

test('a time outside of 48 bits is refused', () => {
  for (const ms of [-1, 2 ** 48, Number.NaN]) {
    assert.throws(() => newExchangeId(ms), { code: 'invalid_time' })
  }
})
