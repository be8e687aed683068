import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { decodeHello, encodeHello, sessionId } from './session-hello.ts'
import type { Hello } from './session-hello.ts'

const NONCE = Buffer.alloc(32, 1).toString('base64url')
const HELLO: Hello = {
  version: 1,
  network: 'AE-DU',
  gateway: 'AE-DU/SEMI/DEWA/gw-1',
  nonce: NONCE,
  sealKeys: [NONCE],
  initialCredit: 262_144,
  maxStreams: 2_048,
}

await test('a HELLO is canonical JSON and reads back', () => {
  const text = encodeHello(HELLO)
  assert.equal(
    text,
    `{"gateway":"AE-DU/SEMI/DEWA/gw-1","initialCredit":262144,"maxStreams":2048,"network":"AE-DU","nonce":"${NONCE}","sealKeys":["${NONCE}"],"version":1}`,
  )
  assert.deepEqual(decodeHello(text), HELLO)
})

await test('members of a later version are passed over', () => {
  assert.deepEqual(decodeHello(canonicalJson({ ...HELLO, compression: ['zstd'] })), HELLO)
})

await test('features are read, known here or not, and a HELLO without them is one', () => {
  const hello: Hello = { ...HELLO, features: ['acknowledgement', 'of_later'] }
  assert.deepEqual(decodeHello(encodeHello(hello)).features, ['acknowledgement', 'of_later'])
  assert.equal(decodeHello(encodeHello(HELLO)).features, undefined)
})

const REFUSED: readonly [string, string, string][] = [
  ['another version', canonicalJson({ ...HELLO, version: 2 }), 'unsupported_version'],
  ['a version that is no number', canonicalJson({ ...HELLO, version: '1' }), 'invalid_frame'],
  ['not canonical', `${encodeHello(HELLO)} `, 'invalid_frame'],
  ['an array', '[]', 'invalid_frame'],
  ['a gateway of another network', canonicalJson({ ...HELLO, network: 'AE-AZ' }), 'invalid_frame'],
  ['a system instead of a gateway', canonicalJson({ ...HELLO, gateway: 'AE-DU/SEMI/DEWA' }), 'invalid_frame'],
  ['a short nonce', canonicalJson({ ...HELLO, nonce: 'AAAA' }), 'invalid_frame'],
  ['too little credit', canonicalJson({ ...HELLO, initialCredit: 131_071 }), 'invalid_frame'],
  ['too much credit', canonicalJson({ ...HELLO, initialCredit: 16_777_217 }), 'invalid_frame'],
  ['half a byte of credit', canonicalJson({ ...HELLO, initialCredit: 262_144.5 }), 'invalid_frame'],
  ['no streams', canonicalJson({ ...HELLO, maxStreams: 0 }), 'invalid_frame'],
  [
    'too many keys',
    canonicalJson({ ...HELLO, sealKeys: Array.from({ length: 17 }, () => NONCE) }),
    'invalid_frame',
  ],
  ['null', 'null', 'invalid_frame'],
  ['a feature that is no list', canonicalJson({ ...HELLO, features: 'acknowledgement' }), 'invalid_frame'],
  ['a feature that is no code', canonicalJson({ ...HELLO, features: ['Acknowledgement'] }), 'invalid_frame'],
  [
    'too many features',
    canonicalJson({ ...HELLO, features: Array.from({ length: 17 }, (_, i) => `f${i}`) }),
    'invalid_frame',
  ],
]

for (const [name, text, code] of REFUSED) {
  await test(`a HELLO is refused: ${name}`, () => {
    assert.throws(
      () => decodeHello(text),
      (error) => isWuslaError(error) && error.code === code,
    )
  })
}

await test('the session id is the digest of both nonces in order and the exporter', () => {
  const other: Hello = { ...HELLO, nonce: Buffer.alloc(32, 2).toString('base64url') }
  const exporter = Buffer.alloc(32, 3)
  const expected = createHash('sha256')
    .update('wusla/session/v1\n')
    .update(Buffer.alloc(32, 1))
    .update(Buffer.alloc(32, 2))
    .update(exporter)
    .digest('base64url')
  assert.equal(sessionId(HELLO, other, exporter), expected)
  assert.notEqual(sessionId(other, HELLO, exporter), expected)
  assert.notEqual(sessionId(HELLO, other, undefined), expected)
})
