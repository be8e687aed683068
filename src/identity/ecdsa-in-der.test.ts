import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { ecdsaInDer } from './csc/algorithms.ts'

test('an ECDSA signature comes in DER, whatever bytes r and s are', () => {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
    for (let round = 0; round < 100; round++) {
      const data = Buffer.from(`${namedCurve} ${round}`)
      for (const dsaEncoding of ['ieee-p1363', 'der'] as const) {
        const signature = sign('sha256', data, { key: privateKey, dsaEncoding })
        assert.ok(verify('sha256', data, publicKey, ecdsaInDer(signature)), signature.toString('hex'))
      }
    }
  }
})

test('bytes on which a parser of ASN.1 stumbles are r and s as well', () => {
  const hex =
    '18258411e9ee1a29834f7a9c33b0d8e825b11bf86b0081710ca47fe8fecaa88a' +
    '00e481394aaa83fafac8ea99e6ea55cbd3bd3c5c12baf6d49ed9ee668db02c4a'
  const expected = `30440220${hex.slice(0, 64)}022000${hex.slice(66)}`
  assert.equal(Buffer.from(ecdsaInDer(Buffer.from(hex, 'hex'))).toString('hex'), expected)
})

test('other lengths are no signature', () => {
  for (const length of [0, 63, 65, 70])
    assert.throws(() => ecdsaInDer(new Uint8Array(length).fill(1)), {
      code: 'identity_provider_answer_invalid',
    })
})
