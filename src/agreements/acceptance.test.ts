import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { signJws } from '../trust/jws.ts'
import { createSealVerifier, generateSealKey } from '../trust/seal-key.ts'
import type { SoftwareSealKey } from '../trust/seal-key.ts'
import { makeAcceptance, missingAcceptances, verifyAcceptance } from './acceptance.ts'
import { agreementHash } from './agreement.ts'
import { draft } from './testing/draft-agreement.ts'

const DEWA = 'AE-DU/SEMI/DEWA'
const RTA = 'AE-DU/GOV/RTA'
const NOW_MS = Date.parse('2026-11-23T07:36:33.123Z')

describe('an acceptance', () => {
  const agreement = agreementHash(draft())
  const dewa = generateSealKey()
  const rta = generateSealKey()
  const verifierOf = (key: SoftwareSealKey) => createSealVerifier(key.publicKeyDer)
  const owners = new Map([
    [dewa.keyId, { member: DEWA, verifier: verifierOf(dewa) }],
    [rta.keyId, { member: RTA, verifier: verifierOf(rta) }],
  ])
  const keysOf = (member: string) => (kid: string) =>
    owners.get(kid)?.member === member ? owners.get(kid)?.verifier : undefined
  const accept = (member: string, key: SoftwareSealKey, hash = agreement) =>
    makeAcceptance({ agreement: hash, member, nowMs: NOW_MS, key })
  const step = (expected: string) => (error: unknown) =>
    isWuslaError(error) && error.code === 'invalid_signature' && error.details['step'] === expected

  it('verifies and says who accepted what, and when', async () => {
    const jws = await accept(RTA, rta)
    assert.deepEqual(verifyAcceptance(jws, { agreement, member: RTA, resolveKey: keysOf(RTA) }), {
      act: 'accept',
      agreement,
      member: RTA,
      time: '2026-11-23T07:36:33.123Z',
      kid: rta.keyId,
    })
  })

  it('says what the officials signed and under which mandates, or neither', async () => {
    const signed = { document: agreementHash(draft()), mandates: ['AAAAAAAAAAAAAAAAAAAAAA'] }
    const jws = await makeAcceptance({ agreement, member: RTA, nowMs: NOW_MS, key: rta, signed })
    const wanted = { agreement, member: RTA, resolveKey: keysOf(RTA) }
    const { document, mandates } = verifyAcceptance(jws, wanted)
    assert.deepEqual({ document, mandates }, signed)
    const payload = { act: 'accept', agreement, member: RTA, time: '2026-11-23T07:36:33.123Z' }
    const [first = ''] = signed.mandates
    const third = [first, 'BBBBBBBBBBBBBBBBBBBBBA', 'CCCCCCCCCCCCCCCCCCCCCA']
    for (const wrong of [
      { document: signed.document },
      { mandates: signed.mandates },
      { ...signed, mandates: [] },
      { ...signed, mandates: [first, first] },
      { ...signed, mandates: third },
      { ...signed, mandates: ['short'] },
      { ...signed, document: 'none' },
    ]) {
      const typ = 'wusla-acceptance+jws'
      const refused = await signJws({ typ, payload: { ...payload, ...wrong }, key: rta })
      assert.throws(() => verifyAcceptance(refused, wanted), step('form'), JSON.stringify(wrong))
    }
  })

  it('of another content is refused', async () => {
    const jws = await accept(RTA, rta, agreementHash(draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })))
    const wanted = { agreement, member: RTA, resolveKey: keysOf(RTA) }
    assert.throws(() => verifyAcceptance(jws, wanted), step('agreement'))
  })

  it('by one member in the name of another is refused', async () => {
    const jws = await accept(RTA, dewa)
    assert.throws(
      () => verifyAcceptance(jws, { agreement, member: RTA, resolveKey: keysOf(RTA) }),
      step('unknown_key'),
    )
    assert.throws(
      () => verifyAcceptance(jws, { agreement, member: DEWA, resolveKey: keysOf(DEWA) }),
      step('member'),
    )
  })

  it('cannot be made from a signature for another use, nor from other words', async () => {
    const payload = { act: 'accept', agreement, member: RTA, time: '2026-11-23T07:36:33.123Z' }
    const wanted = { agreement, member: RTA, resolveKey: keysOf(RTA) }
    const typ = 'wusla-acceptance+jws'
    const foreign = await signJws({ typ: 'wusla-request+jws', payload, key: rta })
    assert.throws(() => verifyAcceptance(foreign, wanted), step('typ'))
    const refusing = await signJws({ typ, payload: { ...payload, act: 'refuse' }, key: rta })
    assert.throws(() => verifyAcceptance(refusing, wanted), step('form'))
    const talkative = await signJws({ typ, payload: { ...payload, unless: 'rain' }, key: rta })
    assert.throws(() => verifyAcceptance(talkative, wanted), step('form'))
  })

  it('is missing until each party has given one', async () => {
    const wanted = { agreement, parties: [DEWA, RTA], resolveKey: (kid: string) => owners.get(kid) }
    const byRta = { type: 'seal', jws: await accept(RTA, rta) } as const
    const byDewa = { type: 'seal', jws: await accept(DEWA, dewa) } as const
    assert.deepEqual(missingAcceptances([], wanted), [DEWA, RTA])
    assert.deepEqual(missingAcceptances([byRta, byRta], wanted), [DEWA])
    assert.deepEqual(missingAcceptances([byRta, byDewa], wanted), [])
  })

  it('in a list is an error when it does not belong there', async () => {
    const wanted = { agreement, parties: [DEWA, RTA], resolveKey: (kid: string) => owners.get(kid) }
    const item = async (member: string, key: SoftwareSealKey, hash?: string) => [
      { type: 'seal' as const, jws: await accept(member, key, hash) },
    ]
    const forged = await item(RTA, dewa)
    assert.throws(() => missingAcceptances(forged, wanted), step('member'))
    const ofAnother = await item(RTA, rta, agreementHash(draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })))
    assert.throws(() => missingAcceptances(ofAnother, wanted), step('agreement'))
    const ofNoParty = await item(RTA, rta)
    assert.throws(() => missingAcceptances(ofNoParty, { ...wanted, parties: [DEWA] }), step('party'))
    const byStranger = await item(RTA, generateSealKey())
    assert.throws(() => missingAcceptances(byStranger, wanted), step('unknown_key'))
  })
})
