import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { decodeEnrolmentToken, encodeEnrolmentToken, newSecret } from './enrolment-token.ts'
import type { EnrolmentToken } from './enrolment-token.ts'
import { generateSealKey, createSealVerifier } from './seal-key.ts'
import { code, testAnchor } from './testing/fixtures.ts'
import { signJws } from './jws.ts'
import { signVoucher, verifyVoucher } from './voucher.ts'

const line = (token: unknown): string =>
  `wusla-token.${Buffer.from(canonicalJson(token)).toString('base64url')}`

describe('an enrolment token', () => {
  let token: EnrolmentToken

  before(async () => {
    token = {
      type: 'wusla/token/v1',
      kind: 'gateway',
      subject: 'AE-DU/SEMI/DEWA/gw-1',
      member: 'AE-DU/SEMI/DEWA',
      branches: ['AE-DU/branch/CORE', 'AE-DU/branch/MORO'],
      secret: newSecret(),
      expires: '2026-11-24T07:36:33.123Z',
      registryUrl: 'http://127.0.0.1:7000',
      anchor: await testAnchor('AE-DU'),
    }
  })

  it('is one line that gives back what went in, blanks around it forgiven', () => {
    const text = encodeEnrolmentToken(token)
    assert.match(text, /^wusla-token\.[\w-]+$/)
    assert.deepEqual(decodeEnrolmentToken(`\n  ${text}\t\n`), token)
    const further = { ...token, voucher: 'a.b.c' }
    assert.deepEqual(decodeEnrolmentToken(encodeEnrolmentToken(further)), further)
  })

  it('has a new secret of 32 bytes each time', () => {
    assert.notEqual(newSecret(), newSecret())
    assert.equal(Buffer.from(newSecret(), 'base64url').length, 32)
  })

  it('may be for a branch', () => {
    const branch = { ...token, kind: 'branch' as const, subject: 'AE-DU/branch/MORO', branches: [] }
    assert.deepEqual(decodeEnrolmentToken(encodeEnrolmentToken(branch)), branch)
  })

  it('is refused when anything in it does not fit, without repeating a part of it', () => {
    const wrong: readonly unknown[] = [
      { ...token, kind: 'registry' },
      { ...token, subject: 'AE-DU/GOV/RTA/gw-1' },
      { ...token, subject: 'AE-DU/SEMI/DEWA2/gw-1' },
      { ...token, subject: 'AE-DU/branch/MORO' },
      { ...token, kind: 'branch' },
      { ...token, member: 'XX/SEMI/DEWA', subject: 'XX/SEMI/DEWA/gw-1' },
      { ...token, secret: token.secret.slice(1) },
      { ...token, expires: 'soon' },
      { ...token, registryUrl: 'ftp://127.0.0.1' },
      { ...token, branches: ['AE-DU/branch/CORE', 'AE-DU/branch/CORE'] },
      { ...token, extra: 1 },
      { ...token, anchor: {} },
      [],
    ]
    for (const value of wrong) {
      assert.throws(
        () => decodeEnrolmentToken(line(value)),
        (error) => code('token_invalid')(error) && !JSON.stringify(error).includes(token.secret),
        JSON.stringify(value),
      )
    }
    assert.throws(() => encodeEnrolmentToken({ ...token, expires: 'soon' }), code('token_invalid'))
  })

  it('is refused when it is cut off, longer, in another alphabet or not canonical', () => {
    const text = encodeEnrolmentToken(token)
    const spaced = `wusla-token.${Buffer.from(JSON.stringify(token, null, 1)).toString('base64url')}`
    for (const value of [
      '',
      text.slice(0, -1),
      `${text}A`,
      text.slice(12),
      `${text}=`,
      spaced,
      `wusla-token.${'A'.repeat(32_768)}`,
    ]) {
      assert.throws(() => decodeEnrolmentToken(value), code('token_invalid'))
    }
  })

  it('is refused when the anchor inside is broken', () => {
    const anchor = { ...token.anchor, registryKey: Buffer.alloc(91).toString('base64url') }
    assert.throws(() => decodeEnrolmentToken(line({ ...token, anchor })), code('invalid_anchor'))
  })
})

describe('a voucher', () => {
  const key = generateSealKey()
  const verifier = createSealVerifier(key.publicKeyDer)
  const member = 'AE-DU/SEMI/DEWA'
  const owner = (kid: string) => (kid === key.keyId ? { member, verifier } : undefined)
  const voucher = {
    gateway: 'AE-DU/SEMI/DEWA/gw-2',
    member,
    secretHash: newSecret(),
    expires: '2026-11-24T07:36:33.123Z',
  }

  it('says what the member signed', async () => {
    assert.deepEqual(verifyVoucher(await signVoucher(voucher, key), owner), { ...voucher, kid: key.keyId })
  })

  it('is refused from another member, for a gateway of another, or with other words', async () => {
    const jws = await signVoucher(voucher, key)
    const other = (kid: string) =>
      owner(kid) === undefined ? undefined : { member: 'AE-DU/GOV/RTA', verifier }
    assert.throws(() => verifyVoucher(jws, other), code('invalid_signature', 'member'))
    assert.throws(() => verifyVoucher(jws, () => undefined), code('invalid_signature', 'unknown_key'))
    const foreign = await signVoucher({ ...voucher, gateway: 'AE-DU/GOV/RTA/gw-2' }, key)
    assert.throws(() => verifyVoucher(foreign, owner), code('invalid_signature', 'form'))
    const vague = await signJws({ typ: 'wusla-voucher+jws', payload: { ...voucher, secretHash: '' }, key })
    assert.throws(() => verifyVoucher(vague, owner), code('invalid_signature', 'form'))
    const misused = await signJws({ typ: 'wusla-request+jws', payload: voucher, key })
    assert.throws(() => verifyVoucher(misused, owner), code('invalid_signature', 'typ'))
  })
})
