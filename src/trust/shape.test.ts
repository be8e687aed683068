import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { parseJsonStrict } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import {
  MAX_PROBLEMS,
  decodeShape,
  flag,
  listOf,
  listOrSingle,
  objectOf,
  oneOf,
  openObjectOf,
  text,
  wholeNumber,
} from './shape.ts'
import { isBase64url, isBase64urlOf, isHttpUrl } from './text-form.ts'

const SHAPE = objectOf(
  { name: text({ max: 5 }), kind: oneOf('a', 'b') },
  { tags: listOf(text(), { max: 3, unique: true }), size: wholeNumber(1, 9), on: flag },
)

const problems = (value: Json): string[] => {
  const decoded = decodeShape(SHAPE, value)
  return decoded.ok ? [] : decoded.problems.map(({ path, problem }) => `${path} ${problem}`)
}

describe('a shape', () => {
  it('accepts what fits and freezes it', () => {
    const value = { name: 'x', kind: 'a', tags: ['p', 'q'], size: 9, on: false }
    const decoded = decodeShape(SHAPE, value)
    assert.ok(decoded.ok)
    assert.equal(decoded.value.kind, 'a')
    assert.ok(Object.isFrozen(value) && Object.isFrozen(value.tags))
  })

  it('names every problem with its place', () => {
    assert.deepEqual(problems({ name: '', tags: ['p', 7, 'p'], size: 1.5, on: 'yes', 'a/b~c': 1 }), [
      '/kind is missing',
      '/name must be 1 to 5 characters long',
      '/tags/1 must be text',
      '/tags must not repeat an item',
      '/size must be a whole number from 1 to 9',
      '/on must be true or false',
      '/a~1b~0c is not a known member',
    ])
  })

  it('is not fooled by what every object inherits', () => {
    assert.deepEqual(problems({ name: 'x', kind: 'a', toString: 1, constructor: 2 }), [
      '/toString is not a known member',
      '/constructor is not a known member',
    ])
    const own = parseJsonStrict('{"__proto__":{"kind":"a"},"name":"x"}')
    assert.deepEqual(problems(own), ['/kind is missing', '/__proto__ is not a known member'])
  })

  it('takes any JSON without throwing, and reports a bounded number of problems', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.ok(problems(value as Json).length <= MAX_PROBLEMS)
      }),
    )
    const bad = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x${i}${'y'.repeat(200)}`, i]))
    assert.equal(problems(bad).length, MAX_PROBLEMS)
    assert.ok(problems(bad).every((problem) => problem.length < 100))
  })

  it('asks its rule only about members that are as they should be', () => {
    const pair = objectOf({ from: wholeNumber(0, 9), to: wholeNumber(0, 9) }, {}, ({ from, to }, report) => {
      if (from > to) report('/to', 'must not be smaller')
    })
    const found = (value: Json) => {
      const decoded = decodeShape(pair, value)
      return decoded.ok ? [] : decoded.problems.map(({ path }) => path)
    }
    assert.deepEqual(found({ from: 1, to: 2 }), [])
    assert.deepEqual(found({ from: 3, to: 2 }), ['/to'])
    assert.deepEqual(found({ from: 99, to: 2 }), ['/from'])
  })

  it('may leave other members to others', () => {
    const open = openObjectOf({ type: oneOf('x') })
    assert.ok(decodeShape(open, { type: 'x', more: [1] }).ok)
    assert.ok(!decodeShape(open, { more: [1] }).ok)
    assert.ok(!decodeShape(open, []).ok)
    assert.ok(!decodeShape(open, null).ok)
  })

  it('may be one of two, told apart by being a list', () => {
    const either = listOrSingle(listOf(wholeNumber(0, 9), { max: 2 }), flag)
    assert.ok(decodeShape(either, [1]).ok && decodeShape(either, true).ok)
    assert.ok(!decodeShape(either, []).ok && !decodeShape(either, 1).ok)
  })
})

describe('a text form', () => {
  it('of bytes is base64url in its one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const value = Buffer.from(bytes).toString('base64url')
        assert.ok(isBase64url(value))
        assert.ok(isBase64urlOf(value, bytes.length))
        assert.ok(!isBase64urlOf(value, bytes.length + 1) && !isBase64urlOf(value, 0, bytes.length - 1))
      }),
    )
    for (const value of ['', 'A', 'AB', 'AA=', 'AA==', 'A+', 'A/', 'AA\n', ' AA', 'ÄÄ'])
      assert.ok(!isBase64url(value), value)
  })

  it('of an address is an http URL that paths can be put behind', () => {
    for (const value of ['http://127.0.0.1:7000', 'https://registry.example/wusla'])
      assert.ok(isHttpUrl(value), value)
    const wrong = [
      '',
      'x',
      'ftp://a',
      'http://a/',
      'http://a?b',
      'http://a#b',
      'http://u@a',
      'http://u:p@a',
      ' http://a',
    ]
    for (const value of wrong) assert.ok(!isHttpUrl(value), value)
  })
})
