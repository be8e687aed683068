import type { AlgorithmIdentifier, Certificate } from 'pkijs'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { need } from './refusal.ts'

/** Digests that still stand: OID to the name in `node:crypto`. */
const DIGESTS: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** RSA, with the digest said elsewhere or here, RSA-PSS, ECDSA. */
const SIGNATURES: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.1',
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
])

const MIN_RSA_BITS = 2048
const CURVES: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

/** Name of a digest algorithm in `node:crypto`. @throws Refusal `weak_algorithm` */
export function strongDigest({ algorithmId }: AlgorithmIdentifier): string {
  const name = DIGESTS[algorithmId]
  need(name !== undefined, 'weak_algorithm', `digest ${algorithmId}`)
  return name
}

/** @throws Refusal `weak_algorithm` */
export function needStrongSignature({ algorithmId }: AlgorithmIdentifier): void {
  need(SIGNATURES.has(algorithmId), 'weak_algorithm', `signature ${algorithmId}`)
}

/** @throws Refusal `weak_algorithm` */
export function needStrongKey(certificate: Certificate): void {
  const publicKey = publicKeyOf(certificate)
  need(publicKey !== undefined, 'weak_algorithm', 'a key that cannot be read')
  const { modulusLength = 0, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
  const isStrong =
    publicKey.asymmetricKeyType === 'rsa' ? modulusLength >= MIN_RSA_BITS : CURVES.has(namedCurve)
  need(
    isStrong,
    'weak_algorithm',
    `key ${publicKey.asymmetricKeyType ?? 'unknown'} ${modulusLength || (namedCurve ?? '')}`,
  )
}

/** Undefined for a key of a kind that is unknown here: the platform's reader throws on it. */
function publicKeyOf(certificate: Certificate): KeyObject | undefined {
  try {
    const der = Buffer.from(certificate.subjectPublicKeyInfo.toSchema().toBER())
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** Whether two are one certificate: the same words under the same signature. Encoding both anew costs much more. */
export function isSameCertificate(one: Certificate, other: Certificate): boolean {
  return (
    Buffer.compare(one.tbsView, other.tbsView) === 0 &&
    Buffer.compare(
      one.signatureValue.valueBlock.valueHexView,
      other.signatureValue.valueBlock.valueHexView,
    ) === 0
  )
}

/** A certificate's own bytes. */
export function derOf(certificate: Certificate): Buffer {
  return Buffer.from(certificate.toSchema().toBER())
}
