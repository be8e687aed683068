import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  batchRoot,
  batchSigningBytes,
  decodeBatchHeader,
  decodeSeals,
  encodeBatchHeader,
  encodeSeals,
} from './batch.ts'
import type { BatchHeader, Seal } from './batch.ts'
import { canonicalJson } from './canonical-json.ts'
import { digest256 } from './digest.ts'
import { leafHash, treeRoot } from './merkle.ts'

const refused = { code: 'invalid_batch' }

const header: BatchHeader = {
  from: 'AE-DU/GOV/RTA/gw-1',
  kind: 'requests',
  network: 'AE-DU',
  root: digest256('root'),
  sequence: 0,
  session: digest256('session'),
  size: 1,
  to: 'AE-DU/SEMI/DEWA/gw-1',
}

const seal: Seal = { alg: 'ES256', key: digest256('key'), value: Buffer.alloc(64, 7).toString('base64url') }

test('a header is the RFC 8785 text of its members, and reads back', () => {
  const headers = fc.record({
    from: fc.constantFrom('AE-DU/GOV/RTA/gw-1', 'AE-DU/GOV/%D9%87/g%22'),
    kind: fc.constantFrom('requests' as const, 'answers' as const),
    network: fc.constant('AE-DU'),
    root: fc.string().map((text) => digest256(text)),
    sequence: fc.nat(Number.MAX_SAFE_INTEGER),
    session: fc.string().map((text) => digest256(text)),
    size: fc.integer({ min: 1, max: 65_536 }),
    to: fc.constantFrom('AE-DU/SEMI/DEWA/gw-1', 'AE-DU/GOV/1/%5C'),
  })
  fc.assert(
    fc.property(headers, (members) => {
      const value = { ...members }
      const text = encodeBatchHeader(value)
      assert.equal(text, canonicalJson({ ...value, type: 'wusla/batch/v1' }))
      assert.deepEqual(decodeBatchHeader(text), value)
    }),
    { numRuns: 300 },
  )
})

test('a header with a member of the wrong form is refused', () => {
  const wrong: Record<string, readonly unknown[]> = {
    from: ['AE-DU/branch/MORO', 'AE-DU/GOV/RTA', 'EE/GOV/RTA/gw-1', 1, undefined],
    kind: ['request', '', undefined],
    network: ['EE', '', undefined],
    root: ['', undefined, 1],
    sequence: [-1, 0.5, '0', undefined],
    session: ['', undefined],
    size: [0, 65_537, 1.5, '1', undefined],
    to: ['EE/SEMI/DEWA/gw-1', undefined],
    type: ['wusla/batch/v2', undefined],
    extra: [1],
  }
  for (const [member, values] of Object.entries(wrong)) {
    for (const value of values) {
      const text = canonicalJson({ ...header, type: 'wusla/batch/v1', [member]: value })
      assert.throws(() => decodeBatchHeader(text), refused, `${member}: ${String(value)}`)
    }
  }
})

test('only the one spelling of a header is read', () => {
  const text = encodeBatchHeader(header)
  for (const other of [
    '',
    'null',
    '[]',
    ` ${text}`,
    text.replace('"size":1', '"size":1,"size":1'),
    text.replace('RTA', '\\u0052TA'),
    ' '.repeat(9_000),
  ]) {
    assert.throws(() => decodeBatchHeader(other), refused)
  }
  assert.ok(Object.isFrozen(decodeBatchHeader(text)))
})

test('a seal covers a line of its own and the header, nothing else', () => {
  const text = encodeBatchHeader(header)
  assert.equal(batchSigningBytes(text).toString('utf8'), `wusla/batch/v1\n${text}`)
})

test('the root is the RFC 6962 root over the UTF-8 bytes of the statements', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (statements) => {
      const leaves = statements.map((text) => leafHash(Buffer.from(text, 'utf8')))
      assert.equal(batchRoot(statements), treeRoot(leaves).toString('base64url'))
    }),
    { numRuns: 200 },
  )
  assert.notEqual(batchRoot(['a', 'b']), batchRoot(['b', 'a']))
})

test('seals are the RFC 8785 text of their array, and read back', () => {
  const second: Seal = {
    alg: 'ML-DSA-65',
    key: digest256('other'),
    value: Buffer.alloc(3_309, 1).toString('base64url'),
  }
  for (const seals of [[seal], [seal, second]]) {
    assert.equal(encodeSeals(seals), canonicalJson(seals))
    assert.deepEqual(decodeSeals(encodeSeals(seals)), seals)
  }
})

test('seals of another form are refused', () => {
  const large = Buffer.alloc(8_193).toString('base64url')
  const texts = [
    '',
    '[]',
    '{}',
    'null',
    '[null]',
    '[[]]',
    canonicalJson([seal, seal, seal, seal, seal]),
    canonicalJson([{ ...seal, extra: 1 }]),
    canonicalJson([{ ...seal, alg: 'ES 256' }]),
    canonicalJson([{ ...seal, alg: 1 }]),
    canonicalJson([{ ...seal, key: 'x' }]),
    canonicalJson([{ ...seal, value: '' }]),
    canonicalJson([{ ...seal, value: 'a=' }]),
    canonicalJson([{ ...seal, value: large }]),
    JSON.stringify([{ key: seal.key, alg: seal.alg, value: seal.value }]),
    canonicalJson([seal]).replace('"alg"', '"alg":"x","alg"'),
  ]
  for (const text of texts) assert.throws(() => decodeSeals(text), refused, text.slice(0, 60))
})

test('no text near a header or seals is read but as its one spelling', () => {
  const patches = [
    '"',
    '\\',
    ',',
    ' ',
    '0',
    '1',
    '-',
    '1.0',
    '\\u0041',
    'ö',
    '\ud800',
    '","',
    ',"to":"x"',
    '\n',
  ]
  const near = (text: string): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.nat(text.length),
        fc.nat(2),
        fc.oneof(fc.constantFrom(...patches), fc.string({ maxLength: 2 })),
      )
      .map(([at, removed, patch]) => text.slice(0, at) + patch + text.slice(at + removed))
  const assertOneSpelling = (text: string, read: (text: string) => object, type: object): void => {
    let value: object
    try {
      value = read(text)
    } catch (error) {
      assert.equal((error as { code: string }).code, 'invalid_batch')
      return
    }
    assert.equal(canonicalJson(Array.isArray(value) ? value : { ...value, ...type }), text)
  }
  fc.assert(
    fc.property(near(encodeBatchHeader(header)), near(encodeSeals([seal])), (headerText, sealsText) => {
      assertOneSpelling(headerText, decodeBatchHeader, { type: 'wusla/batch/v1' })
      assertOneSpelling(sealsText, decodeSeals, {})
    }),
    { numRuns: 3_000 },
  )
})
