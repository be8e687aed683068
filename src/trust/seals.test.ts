import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSealVerifier, generateSealKey } from './seal-key.ts'
import { verifySeals } from './seals.ts'

describe('the seals of a batch', () => {
  const [one, other] = [generateSealKey(), generateSealKey()]
  const verifiers = new Map([one, other].map((key) => [key.keyId, createSealVerifier(key.publicKeyDer)]))
  const resolve = (keyId: string) => verifiers.get(keyId)
  const data = Buffer.from('root')
  const later = { alg: 'ML-DSA-65', key: 'k', value: 'AAAA' }

  it('verify together, and the first one decides', () => {
    assert.deepEqual(verifySeals(data, [one.sign(data)], resolve), { ok: true, keyId: one.keyId })
    const both = [other.sign(data), one.sign(data)]
    assert.deepEqual(verifySeals(data, both, resolve), { ok: true, keyId: other.keyId })
  })

  it('leave room for an algorithm this version does not know', () => {
    assert.deepEqual(verifySeals(data, [later, one.sign(data)], resolve), { ok: true, keyId: one.keyId })
    assert.deepEqual(verifySeals(data, [later], resolve), { ok: false, reason: 'no_known_algorithm' })
  })

  it('are refused when any known one is bad, wherever it stands', () => {
    const bad = one.sign(Buffer.from('other root'))
    const expected = { ok: false, reason: 'bad_seal', keyId: one.keyId }
    assert.deepEqual(verifySeals(data, [bad], resolve), expected)
    assert.deepEqual(verifySeals(data, [other.sign(data), bad], resolve), expected)
    const stranger = generateSealKey()
    const unknown = { ok: false, reason: 'unknown_key', keyId: stranger.keyId }
    assert.deepEqual(verifySeals(data, [one.sign(data), stranger.sign(data)], resolve), unknown)
  })

  it('are refused when there are none or too many, before any is checked', () => {
    const refuse = () => assert.fail('no key may be looked up')
    assert.deepEqual(verifySeals(data, [], refuse), { ok: false, reason: 'no_seal' })
    const five = Array.from({ length: 5 }, () => one.sign(data))
    assert.deepEqual(verifySeals(data, five, refuse), { ok: false, reason: 'too_many_seals' })
  })
})
