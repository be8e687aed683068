import { createPublicKey, verify } from 'node:crypto'
import { keyIdOf } from '../../protocol/digest.ts'
import { createSealVerifier, isSealAlgorithm } from '../../trust/seal-key.ts'
import type { SealVerifier } from '../../trust/seal-key.ts'
import { verifyChangeSignature } from '../../trust/signed-change.ts'
import type { ChangeSignature } from '../../trust/signed-change.ts'
import { isBase64urlOf } from '../../trust/text-form.ts'

/** Signatures of the holder of an enrolment token are judged apart from those of the parties. */
const ENROLMENT = 'enrolment'

/** Somebody who must have signed a change, and how to find the key that is named. */
export interface Signer {
  readonly by: string
  readonly verifierOf: (keyId: string) => SealVerifier | undefined
}

/** The one key of a signer, given as base64url of its DER. */
export function signerWithKey(by: string, publicKey: string): Signer {
  return {
    by,
    verifierOf: (keyId) => {
      const verifier = verifierOf(publicKey)
      return verifier?.keyId === keyId ? verifier : undefined
    },
  }
}

/** The verifier of a key, or undefined when the bytes are no key. */
export function verifierOf(publicKey: string): SealVerifier | undefined {
  try {
    return createSealVerifier(Buffer.from(publicKey, 'base64url'))
  } catch {
    return undefined
  }
}

/** The key id of a public key in base64url. */
export function keyIdOfText(publicKey: string): string {
  return keyIdOf(Buffer.from(publicKey, 'base64url'))
}

/**
 * Whether a change carries exactly the signatures it needs, one by each signer, and all verify. Unknown
 * algorithms are passed over; one signature too many of a known one is refused (`docs/spec/directory.md`).
 */
export function isSignedBy(
  signingBytes: Uint8Array,
  signatures: readonly ChangeSignature[],
  signers: readonly Signer[],
): boolean {
  const rest = signatures.filter(({ alg, by }) => isSealAlgorithm(alg) && by !== ENROLMENT)
  for (const signer of signers) {
    const place = rest.findIndex(({ by }) => by === signer.by)
    const [signature] = place < 0 ? [] : rest.splice(place, 1)
    const verifier = signature === undefined ? undefined : signer.verifierOf(signature.key)
    if (signature === undefined || verifier === undefined) return false
    if (!verifyChangeSignature(signingBytes, signature, verifier)) return false
  }
  return rest.length === 0
}

/** Whether the holder of the enrolment token with this public half (Ed25519, base64url) signed the change. */
export function isSignedByTokenHolder(
  signingBytes: Uint8Array,
  signatures: readonly ChangeSignature[],
  publicKey: string,
): boolean {
  const [signature, ...more] = signatures.filter(({ by }) => by === ENROLMENT)
  if (signature === undefined || more.length > 0) return false
  if (signature.alg !== 'Ed25519' || signature.key !== publicKey) return false
  if (!isBase64urlOf(publicKey, 32) || !isBase64urlOf(signature.value, 64)) return false
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  return verify(null, signingBytes, key, Buffer.from(signature.value, 'base64url'))
}
