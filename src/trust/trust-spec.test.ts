import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { parseTime } from '../protocol/clock.ts'
import { digest256 } from '../protocol/digest.ts'
import { formatAnchor, parseAnchor } from './anchor.ts'
import { encodeEnrolmentToken } from './enrolment-token.ts'
import { createNonceMemory } from './nonce-memory.ts'
import { createSealKey, createSealVerifier } from './seal-key.ts'
import { checkSealedRequest, sealRequest } from './sealed-request.ts'
import { changeSigningBytes, decodeSignedChange, signChange, verifyChangeSignature } from './signed-change.ts'
import { signVoucher, verifyVoucher } from './voucher.ts'

// Every value of docs/spec/trust.md, section 10.
const specification = readFileSync(new URL('../../docs/spec/trust.md', import.meta.url), 'utf8')
const boxes = new Map(
  [...specification.matchAll(/<!-- example ([\w-]+) -->\n\n```text\n([^`]*)\n```/g)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ]),
)

function box(name: string): string {
  const text = boxes.get(name)
  assert.ok(text !== undefined && text !== '', `the example ${name}`)
  return text
}

const publicKeyDer = Buffer.from(box('key-public'), 'base64url')
const verifier = createSealVerifier(publicKeyDer)
const jwk = createPublicKey({ key: publicKeyDer, format: 'der', type: 'spki' }).export({ format: 'jwk' })
const d = Buffer.from(box('key-d'), 'hex').toString('base64url')
const key = createSealKey(createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }))
const member = 'AE-DU/SEMI/DEWA'
const owner = (kid: string) => (kid === key.keyId ? { member, actor: `${member}/gw-1`, verifier } : undefined)
const textOf = (part: string | undefined): string => Buffer.from(part ?? '', 'base64url').toString()

it('has all its examples', () => {
  assert.equal(boxes.size, 14)
})

it('10.1: the public key belongs to the private one and to its id', () => {
  assert.deepEqual(Buffer.from(key.publicKeyDer), publicKeyDer)
  assert.equal(box('key-id'), key.keyId)
  assert.ok(verifier.verify(Buffer.from('x'), key.sign(Buffer.from('x'))))
})

it('10.2: the signed change verifies over the bytes of its digest', async () => {
  const { change, signatures } = decodeSignedChange(box('change-entry'))
  const bytes = changeSigningBytes(change)
  assert.equal(digest256(bytes), box('change-signed-digest'))
  const [signature] = signatures
  assert.ok(signature !== undefined && verifyChangeSignature(bytes, signature, verifier))
  const again = await signChange(change, member, key)
  assert.deepEqual({ ...again, value: '' }, { ...signature, value: '' })
})

it('10.3: the voucher has the header and payload shown, and verifies', async () => {
  const [header, payload] = box('voucher').split('.')
  assert.equal(textOf(header), box('voucher-header'))
  assert.equal(textOf(payload), box('voucher-payload'))
  const { kid, ...voucher } = verifyVoucher(box('voucher'), owner)
  assert.equal(kid, key.keyId)
  assert.equal(voucher.secretHash, box('enrolment-key'))
  const again = await signVoucher(voucher, key)
  assert.equal(again.slice(0, again.lastIndexOf('.')), `${header}.${payload}`)
})

it('10.4: the anchor is whole, and the token is made from it', () => {
  const anchor = parseAnchor(box('anchor'))
  assert.equal(formatAnchor(anchor), `${box('anchor')}\n`)
  const token = encodeEnrolmentToken({
    type: 'wusla/token/v1',
    kind: 'gateway',
    subject: 'AE-DU/SEMI/DEWA/gw-2',
    member,
    branches: ['AE-DU/branch/CORE', 'AE-DU/branch/MORO'],
    secret: Buffer.alloc(32, 7).toString('base64url'),
    expires: verifyVoucher(box('voucher'), owner).expires,
    registryUrl: anchor.registryUrl,
    anchor,
    voucher: box('voucher'),
  })
  assert.equal(String(token.length), box('token-length'))
  assert.equal(digest256(token), box('token-digest'))
})

it('10.3: the enrolment key is the public half of the seed', () => {
  // RFC 8410 section 7: the private key of Ed25519 in PKCS#8 is this header and the seed.
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
  const seed = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  assert.equal(createPublicKey(seed).export({ format: 'jwk' }).x, box('enrolment-key'))
})

it('10.5: the sealed request is accepted once, for what it was made', async () => {
  const parts = { method: 'POST', path: '/v1/changes?dry=1', body: '{"a":1}', network: 'AE-DU' }
  const nowMs = parseTime('2026-11-23T07:36:33.123Z')
  const authorization = box('sealed-header')
  assert.equal(textOf(authorization.split('.')[1]), box('sealed-payload'))
  const nonces = createNonceMemory()
  const check = () => checkSealedRequest({ ...parts, authorization, nowMs, resolveKey: owner, nonces })
  assert.equal(check().actor, `${member}/gw-1`)
  assert.throws(check)
  const again = await sealRequest({
    ...parts,
    actor: `${member}/gw-1`,
    key,
    nowMs,
    nonce: Buffer.alloc(16, 9),
  })
  assert.equal(again.slice(0, again.lastIndexOf('.')), authorization.slice(0, authorization.lastIndexOf('.')))
})
