import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { signJws, verifyJws } from './jws.ts'
import { createSealVerifier, generateSealKey } from './seal-key.ts'
import { code } from './testing/fixtures.ts'

const TYP = 'wusla-test+jws'
const encode = (text: string): string => Buffer.from(text).toString('base64url')

describe('a compact JWS', async () => {
  const key = generateSealKey()
  const verifier = createSealVerifier(key.publicKeyDer)
  const resolveKey = (kid: string) => (kid === key.keyId ? verifier : undefined)
  const payload = { b: 'ك', a: [1, true, null] }
  const jws = await signJws({ typ: TYP, payload, key })
  const [header = '', body = '', signature = ''] = jws.split('.')
  const read = (compact: string, typ = TYP) => verifyJws(compact, { typ, resolveKey })

  /** Any header and payload, honestly signed. */
  const signed = (headerText: string, payloadText = canonicalJson(payload)): string => {
    const input = `${encode(headerText)}.${encode(payloadText)}`
    return `${input}.${key.sign(Buffer.from(input)).value}`
  }
  const goodHeader = { alg: 'ES256', kid: key.keyId, typ: TYP }

  it('gives back what was signed and by which key', () => {
    assert.deepEqual(read(jws), { payload, kid: key.keyId })
  })

  it('is one that other software verifies (RFC 7515, RFC 7518 section 3.4)', () => {
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKeyDer), format: 'der', type: 'spki' })
    const input = Buffer.from(`${header}.${body}`)
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
    assert.ok(verify('sha256', input, options, Buffer.from(signature, 'base64url')))
    assert.equal(Buffer.from(header, 'base64url').toString(), canonicalJson(goodHeader))
  })

  it('is bound to its use', () => {
    assert.throws(() => read(jws, 'wusla-other+jws'), code('invalid_signature', 'typ'))
  })

  it('is refused from a key that may not sign here', () => {
    const none = { typ: TYP, resolveKey: () => undefined }
    assert.throws(() => verifyJws(jws, none), code('invalid_signature', 'unknown_key'))
  })

  it('is refused when the key found is not the key named', () => {
    const wrong = { typ: TYP, resolveKey: () => createSealVerifier(generateSealKey().publicKeyDer) }
    assert.throws(() => verifyJws(jws, wrong), code('invalid_signature', 'signature'))
  })

  it('cannot choose its algorithm', () => {
    for (const alg of ['none', 'HS256', 'ES384', 'ES256 ', 'RS256']) {
      const compact = signed(canonicalJson({ ...goodHeader, alg }))
      assert.throws(() => read(compact), code('invalid_signature', 'algorithm'), alg)
      assert.throws(() => read(`${compact.split('.').slice(0, 2).join('.')}.`), code('invalid_signature'))
    }
  })

  it('may say nothing else in its header', () => {
    for (const extra of [
      { crit: ['exp'] },
      { jwk: {} },
      { x5c: [] },
      { b64: false },
      { zip: 'DEF' },
      { jku: 'http://x' },
    ]) {
      assert.throws(
        () => read(signed(canonicalJson({ ...goodHeader, ...extra }))),
        code('invalid_signature', 'header'),
      )
    }
    const { typ: _, ...untyped } = goodHeader
    assert.throws(() => read(signed(canonicalJson(untyped))), code('invalid_signature', 'header'))
    assert.throws(() => read(signed('[]')), code('invalid_signature', 'header'))
  })

  it('has one spelling', () => {
    const duplicate = `{"alg":"ES256","kid":"${key.keyId}","typ":"${TYP}","typ":"${TYP}"}`
    assert.throws(() => read(signed(duplicate)), code('invalid_signature', 'encoding'))
    assert.throws(() => read(signed(` ${canonicalJson(goodHeader)}`)), code('invalid_signature', 'encoding'))
    assert.throws(
      () => read(signed(canonicalJson(goodHeader), '{"b":1,"a":2}')),
      code('invalid_signature', 'encoding'),
    )
    assert.throws(
      () => read(signed(canonicalJson(goodHeader), 'no JSON')),
      code('invalid_signature', 'encoding'),
    )
    assert.throws(() => read(`${header}=.${body}.${signature}`), code('invalid_signature', 'encoding'))
    assert.throws(() => read(`${header}.${body}.${signature}=`), code('invalid_signature', 'signature'))
    assert.throws(() => read(` ${jws}`), code('invalid_signature', 'encoding'))
  })

  it('has three parts and a bounded length', () => {
    for (const compact of ['', '.', '..', `${header}.${body}`, `${jws}.`, `${jws}.x`]) {
      assert.throws(() => read(compact), code('invalid_signature'), compact)
    }
    assert.throws(() => read('a'.repeat(65_537)), code('invalid_signature', 'length'))
  })

  it('breaks with any character changed', () => {
    for (let at = 0; at < jws.length; at += 1) {
      const other = jws.charAt(at) === 'A' ? 'B' : 'A'
      const compact = jws.slice(0, at) + other + jws.slice(at + 1)
      assert.throws(() => read(compact), code('invalid_signature'), `character ${at}`)
    }
  })

  it('works with a key that takes its time, as one in hardware does', async () => {
    const slow = { ...key, sign: async (data: Uint8Array) => await Promise.resolve(key.sign(data)) }
    assert.deepEqual(read(await signJws({ typ: TYP, payload, key: slow })).payload, payload)
  })
})
