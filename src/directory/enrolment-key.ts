import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { changeSigningBytes } from '../trust/signed-change.ts'
import type { Change as AnyChange, ChangeSignature } from '../trust/signed-change.ts'
import { isBase64urlOf } from '../trust/text-form.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/** In `by` of a signature: the holder of an enrolment token. */
export const ENROLMENT_SIGNER = 'enrolment'

/** The algorithm of that signature: Ed25519 (RFC 8032), whose private key is any 32 bytes, such as a token's secret. */
const ENROLMENT_ALGORITHM = 'Ed25519'

/** Everything in front of the 32-byte seed in the PKCS#8 of an Ed25519 key, constant by RFC 8410 section 7. */
const PKCS8_SEED_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The key inside an enrolment token: the token's secret is its private half. The registry and the member's voucher
 * know the public half only, so neither a registry nor a reader of the log can enrol anybody with it, while the
 * holder of the token shows it by signing the enrolment.
 */
export interface EnrolmentKey {
  /** 32 bytes, base64url: what a voucher carries as `secretHash` and the registry stores. */
  readonly publicKey: string
  /** Signs the change that enrols the holder of the token. */
  sign(change: AnyChange): ChangeSignature
}

/**
 * The enrolment key of a token's secret (32 bytes, base64url).
 *
 * @throws WuslaError `token_invalid`
 *
 * @example
 * const { publicKey } = enrolmentKey(newSecret())
 */
export function enrolmentKey(secret: string): EnrolmentKey {
  if (!isBase64urlOf(secret, 32)) throw new WuslaError('token_invalid')
  const der = Buffer.concat([PKCS8_SEED_HEADER, Buffer.from(secret, 'base64url')])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''
  return Object.freeze({
    publicKey,
    sign: (change: AnyChange) => ({
      alg: ENROLMENT_ALGORITHM,
      by: ENROLMENT_SIGNER,
      key: publicKey,
      value: sign(null, changeSigningBytes(change), privateKey).toString('base64url'),
    }),
  })
}

/** The signature of a token's holder on a change, if there is exactly one. */
export function enrolmentSignature(signatures: readonly ChangeSignature[]): ChangeSignature | undefined {
  const [first, ...more] = signatures.filter(({ by }) => by === ENROLMENT_SIGNER)
  return more.length === 0 ? first : undefined
}

/** Whether the holder of the token signed these bytes. Never throws. */
export function verifyEnrolmentSignature(signingBytes: Uint8Array, signature: ChangeSignature): boolean {
  if (signature.alg !== ENROLMENT_ALGORITHM || signature.by !== ENROLMENT_SIGNER) return false
  if (!isBase64urlOf(signature.key, 32) || !isBase64urlOf(signature.value, 64)) return false
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signature.key }, format: 'jwk' })
  return verify(null, signingBytes, key, Buffer.from(signature.value, 'base64url'))
}
