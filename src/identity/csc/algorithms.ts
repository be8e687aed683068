import { Integer, Sequence, fromBER } from 'asn1js'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { DigestsToSign, SigningKey } from '../hash-signing.ts'
import { invalidAnswer } from '../http/ask-provider.ts'

type Hash = DigestsToSign['hash']

/** Digest algorithms: identifier and length in bytes. */
const HASHES: Readonly<Record<Hash, { readonly oid: string; readonly bytes: number }>> = Object.freeze({
  'SHA-256': { oid: '2.16.840.1.101.3.4.2.1', bytes: 32 },
  'SHA-384': { oid: '2.16.840.1.101.3.4.2.2', bytes: 48 },
  'SHA-512': { oid: '2.16.840.1.101.3.4.2.3', bytes: 64 },
})

/** id-ecPublicKey, and ECDSA with each digest (RFC 5758). */
const EC = '1.2.840.10045.2.1'
const ECDSA: Readonly<Record<Hash, string>> = Object.freeze({
  'SHA-256': '1.2.840.10045.4.3.2',
  'SHA-384': '1.2.840.10045.4.3.3',
  'SHA-512': '1.2.840.10045.4.3.4',
})
/** rsaEncryption, and RSA with each digest (RFC 8017). */
const RSA = '1.2.840.113549.1.1.1'
const RSA_WITH: Readonly<Record<Hash, string>> = Object.freeze({
  'SHA-256': '1.2.840.113549.1.1.11',
  'SHA-384': '1.2.840.113549.1.1.12',
  'SHA-512': '1.2.840.113549.1.1.13',
})

/** How a key signs digests of a kind. */
export interface ChosenAlgorithm {
  readonly hashOid: string
  readonly signOid: string
  readonly isEcdsa: boolean
}

/**
 * The algorithm of a key for digests. Services list either the pair (`ecdsa-with-SHA256`) or the key's kind alone.
 *
 * @throws WuslaError `hash_signing_refused`
 */
export function chooseAlgorithm(key: SigningKey, { hash, digests }: DigestsToSign): ChosenAlgorithm {
  const { oid, bytes } = HASHES[hash]
  if (!key.isUsable) throw refused('the key is not in use')
  if (digests.length === 0 || digests.length > key.maxDigests) {
    throw refused(`the key signs from 1 to ${key.maxDigests} digests`)
  }
  if (digests.some(({ byteLength }) => byteLength !== bytes)) throw refused('a digest has another length')
  for (const [pair, kind, isEcdsa] of [
    [ECDSA[hash], EC, true],
    [RSA_WITH[hash], RSA, false],
  ] as const) {
    if (key.algorithms.includes(pair)) return { hashOid: oid, signOid: pair, isEcdsa }
    if (key.algorithms.includes(kind)) return { hashOid: oid, signOid: kind, isEcdsa }
  }
  throw refused('the key has no algorithm for this digest')
}

/**
 * An ECDSA signature in DER (RFC 3279 2.2.3), from DER or from r‖s: services send either.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function ecdsaInDer(signature: Uint8Array): Uint8Array {
  if (isDerPair(signature)) return signature
  const half = signature.byteLength / 2
  // P-256, P-384, P-521.
  if (![32, 48, 66].includes(half)) throw invalidAnswer('signHash', 'signature')
  const value = [signature.subarray(0, half), signature.subarray(half)].map(positiveInteger)
  return new Uint8Array(new Sequence({ value }).toBER())
}

function isDerPair(signature: Uint8Array): boolean {
  const result = parsedWhole(signature)
  if (!(result instanceof Sequence)) return false
  const { value } = result.valueBlock
  return value.length === 2 && value.every((item) => item instanceof Integer)
}

/** The parser throws on some bytes that are no ASN.1, and r‖s can be any bytes. */
function parsedWhole(bytes: Uint8Array): unknown {
  try {
    const { result, offset } = fromBER(Uint8Array.from(bytes).buffer)
    return offset === bytes.byteLength ? result : undefined
  } catch {
    return undefined
  }
}

function positiveInteger(part: Uint8Array): Integer {
  const first = part.findIndex((byte) => byte !== 0)
  const bytes = first === -1 ? Uint8Array.of(0) : part.subarray(first)
  const padded = (bytes[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...bytes) : Uint8Array.from(bytes)
  return new Integer({ valueHex: padded.buffer })
}

function refused(reason: string): WuslaError {
  return new WuslaError('hash_signing_refused', { details: { reason } })
}
