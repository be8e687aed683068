import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeSegment } from './identifier.ts'
import { normaliseServicePath } from './service-path.ts'
import type { ServicePathRefusal } from './service-path.ts'

test('an ordinary path is compared as it was sent', () => {
  for (const path of [
    '',
    '/',
    '/a',
    '/a/',
    '/2026/11/bill.pdf',
    '/.well-known/x',
    "/a;v=1/b,c/~d!$&'()*+@:=",
  ]) {
    assert.deepEqual(normaliseServicePath(path), { ok: true, path })
  }
})

test('segments are decoded one by one, dots and empty segments resolved', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['/%D8%AF%D8%A8%D9%8A', '/دبي'],
    ['/a%20b', '/a b'],
    ['/a%3Fb%23c', '/a?b#c'],
    ['/a%0Ab', '/a\nb'],
    ['/a//b///', '/a/b/'],
    ['//', '/'],
    ['/.', '/'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/a/%2E%2e/b', '/b'],
    ['/a%252Fb', '/a%2Fb'],
    ['/a%2525', '/a%25'],
  ]
  for (const [raw, path] of rows) assert.deepEqual(normaliseServicePath(raw), { ok: true, path }, raw)
})

test('what a backend might read differently is refused, with the reason', () => {
  const rows: readonly (readonly [string, ServicePathRefusal])[] = [
    ['a', 'not_absolute'],
    ['%2Fa', 'not_absolute'],
    [`/${'a'.repeat(8_192)}`, 'too_long'],
    ['/a b', 'bad_escape'],
    ['/ä', 'bad_escape'],
    ['/a|b', 'bad_escape'],
    ['/a\\b', 'bad_escape'],
    ['/a?b', 'bad_escape'],
    ['/%', 'bad_escape'],
    ['/%4', 'bad_escape'],
    ['/%zz', 'bad_escape'],
    ['/%FF', 'bad_escape'],
    ['/%C0%AE%C0%AE/x', 'bad_escape'],
    ['/a%2Fb', 'encoded_slash'],
    ['/a/..%2fb', 'encoded_slash'],
    ['/a%5Cb', 'encoded_backslash'],
    ['/..%5c..', 'encoded_backslash'],
    ['/..', 'traversal'],
    ['/../a', 'traversal'],
    ['/a/../../b', 'traversal'],
    ['/a/..;x/b', 'traversal'],
    ['/a..b', 'traversal'],
    ['/a/%252e%252e/b', 'traversal'],
    ['/a/%252E./b', 'traversal'],
  ]
  for (const [raw, reason] of rows) assert.deepEqual(normaliseServicePath(raw), { ok: false, reason }, raw)
})

test('a path accepted never climbs, and normalising what it says again changes nothing', () => {
  const segment = fc.oneof(
    fc.constantFrom('', '.', '..', '%2e', '%2E%2e', '%2F', 'a', 'b%20c', '%252e', ';', 'a.b'),
    fc.string({ unit: 'binary', maxLength: 4 }).map(encodeSegment),
  )
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
      const result = normaliseServicePath(`/${segments.join('/')}`)
      if (!result.ok) return
      assert.ok(!result.path.includes('..') && !result.path.includes('//') && !result.path.includes('\\'))
      const again = result.path.split('/').map(encodeSegment).join('/')
      assert.deepEqual(normaliseServicePath(again), result)
    }),
    { numRuns: 1_000 },
  )
})
