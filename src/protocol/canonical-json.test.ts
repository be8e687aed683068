import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson, parseCanonicalJson, parseJsonStrict } from './canonical-json.ts'

const refused = { code: 'invalid_json' }

test('members are ordered by UTF-16 code units at every depth', () => {
  assert.equal(
    canonicalJson({ b: [{ z: 1, a: 2 }], a: 'x', 10: 0, 9: 0 }),
    '{"10":0,"9":0,"a":"x","b":[{"a":2,"z":1}]}',
  )
})

test('a member that is undefined counts as absent', () => {
  assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}')
  assert.throws(() => canonicalJson([undefined]), refused)
})

test('what JSON cannot say is refused', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const values = [
    undefined,
    Number.NaN,
    Infinity,
    -Infinity,
    1n,
    Symbol('x'),
    () => 1,
    new Date(0),
    new Map(),
    cyclic,
  ]
  for (const value of [...values, '\ud800', { '\udc00': 1 }, Buffer.from('x'), Array(2)]) {
    assert.throws(() => canonicalJson(value), refused)
  }
})

test('any JSON value is written as RFC 8785 says and read back the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value)
      assert.equal(canonicalJson(JSON.parse(text)), text)
      // -0 has no canonical form of its own.
      assert.deepEqual(parseJsonStrict(text), JSON.parse(JSON.stringify(value)))
      assert.deepEqual(parseCanonicalJson(text), JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

test('strict reading gives what the runtime gives, with any white space and escapes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom('', ' ', '\t', '\n  '), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      assert.deepEqual(parseJsonStrict(text), JSON.parse(text))
      assert.deepEqual(parseJsonStrict(Buffer.from(text)), JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

test('strict reading never takes what the runtime refuses', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        assert.throws(() => parseJsonStrict(text), refused)
        return
      }
      assert.deepEqual(parseJsonStrict(text), value)
    }),
    { numRuns: 500 },
  )
})

test('a repeated name is found at any place, also when escaped', () => {
  const texts = [
    '{"a":1,"a":1}',
    '{"a":1,"b":{"c":[{"d":1,"\\u0064":2}]}}',
    '[{"":1 , "":2}]',
    '{"__proto__":1,"__proto__":2}',
  ]
  for (const text of texts) assert.throws(() => parseJsonStrict(text), refused, text)
  assert.deepEqual(parseJsonStrict('{"a":{"a":"a"},"b":["a","a",{"a":1}]}'), {
    a: { a: 'a' },
    b: ['a', 'a', { a: 1 }],
  })
  assert.deepEqual(parseJsonStrict('{"a\\"":1,"a\\\\":2,"{":3,"[":"}"}'), {
    'a"': 1,
    'a\\': 2,
    '{': 3,
    '[': '}',
  })
})

test('length and depth have bounds, and the bound itself is allowed', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  assert.ok(parseJsonStrict(nested(128)))
  assert.throws(() => parseJsonStrict(nested(129)), refused)
  assert.ok(parseCanonicalJson(nested(128)))
  assert.throws(() => parseCanonicalJson(nested(129)), refused)
  assert.ok(parseCanonicalJson(nested(3), { maxDepth: 3 }))
  assert.throws(() => parseCanonicalJson(nested(4), { maxDepth: 3 }), refused)
  assert.throws(() => parseJsonStrict(nested(4), { maxDepth: 3 }), refused)
  assert.throws(() => parseJsonStrict('['.repeat(1_000_000)), refused)
  assert.equal(parseJsonStrict('"ö"', { maxBytes: 4 }), 'ö')
  assert.throws(() => parseJsonStrict('"ö"', { maxBytes: 3 }), refused)
  assert.throws(() => parseCanonicalJson('"ö"', { maxBytes: 3 }), refused)
})

test('only the canonical text is read as canonical', () => {
  assert.deepEqual(parseCanonicalJson('{"a":1,"b":"ö"}'), { a: 1, b: 'ö' })
  const others = [
    '{"b":1,"a":1}',
    '{"a": 1}',
    '{"a":1.0}',
    '{"a":1,"a":1}',
    '{"a":-0}',
    '"\\u0041"',
    '"\\ud800"',
    '1e400',
    '{',
  ]
  for (const text of others) assert.throws(() => parseCanonicalJson(text), refused, text)
})

test('a member called __proto__ is data', () => {
  const value = parseCanonicalJson('{"__proto__":{"admin":true}}') as Record<string, unknown>
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(value['admin'], undefined)
  assert.equal(canonicalJson(value), '{"__proto__":{"admin":true}}')
})
