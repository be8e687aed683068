import { createHash, X509Certificate } from 'node:crypto'
import { Certificate } from 'pkijs'
import { WuslaError } from '../protocol/wusla-error.ts'
import {
  attributesInDer,
  needGoodSignature,
  nodeHash,
  outerCms,
  signedAttributes,
  type SignedHash,
  type SignerFacts,
} from './digest-signing/outer-cms.ts'
import { requestTimeStamp, type TimeStampSource } from './digest-signing/request-time-stamp.ts'
import {
  coveredBytes,
  fillPlace,
  type PlaceWish,
  RESERVED_BYTES,
  reservePlace,
} from './digest-signing/reserve-place.ts'
import { renderSignatureBlock } from './render-signature-block.ts'
import { commonName } from './signatures/certificate-path.ts'

export type { TimeStampSource } from './digest-signing/request-time-stamp.ts'

/** One document, and where it is signed. */
export interface DocumentForDigest {
  readonly pdf: Uint8Array
  readonly field: PlaceWish['field']
}

/** With which key. */
export interface DigestSigner {
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
  /** Default: SHA-256; for keys of P-384 and P-521 SHA-384 and SHA-512. */
  readonly hash?: SignedHash
}

/** Documents that wait for signatures over their digests. In memory only. */
export interface PreparedSignatures {
  readonly hash: SignedHash
  /** What is to be signed, one for each document, in their order: raw digests. A port for hash signing takes this object as it is. */
  readonly digests: readonly Uint8Array[]
  /** What the digests are of, for keys that digest themselves. */
  readonly digested: readonly Uint8Array[]
  /**
   * Has each signature time-stamped and puts it into its document: PAdES B-T.
   *
   * @param signatures - in the order of the digests; RSA (PKCS #1), or ECDSA in DER
   * @returns the signed documents, each beginning with the bytes that came
   * @throws WuslaError `hash_signing_refused` when a signature is not of its digest by the key of the certificate;
   *   `time_stamp_unavailable`
   */
  finish(signatures: readonly Uint8Array[], source: TimeStampSource): Promise<readonly Uint8Array[]>
}

interface Waiting {
  readonly reserved: Uint8Array
  readonly attributes: ReturnType<typeof signedAttributes>
  readonly digested: Uint8Array<ArrayBuffer>
}

/** A smaller signature is not visible. Unit: points. */
const MIN_SIDE = 20

/**
 * Prepares documents for a key that is elsewhere and signs digests alone: in a signing service (`HashSigningPort`) or on a card. Each gets one more
 * revision with a signature that verifies by `docs/spec/agreement-document.md`, visible in Arabic and English where its rectangle has room. Only
 * digests leave the house.
 *
 * @param at - when the signer says it is; what counts is the time-stamp
 * @throws WuslaError `signer_unreadable` for a certificate without a usable key; `signature_field_taken`, `signing_request_invalid`;
 *   `document_not_typeset` when the signer's name has characters that the fonts lack
 */
export async function prepareSignatures(
  documents: readonly DocumentForDigest[],
  { certificates, hash }: DigestSigner,
  at: Date,
): Promise<PreparedSignatures> {
  const { signer, name } = signerFacts(certificates, hash)
  const waiting: Waiting[] = []
  for (const { pdf, field } of documents) {
    const appearance = await appearanceOf(field.rectangle, name, at)
    const reserved = await reservePlace({ pdf, field, appearance, signerName: name, at })
    const attributes = signedAttributes(await coveredBytes(reserved), signer)
    waiting.push({ reserved, attributes, digested: attributesInDer(attributes) })
  }
  const digested = waiting.map((each) => each.digested)
  return {
    hash: signer.hash,
    digests: digested.map((bytes) => createHash(nodeHash(signer.hash)).update(bytes).digest()),
    digested,
    finish: async (signatures, source) => await finish(waiting, signatures, signer, source),
  }
}

async function finish(
  waiting: readonly Waiting[],
  signatures: readonly Uint8Array[],
  signer: SignerFacts,
  source: TimeStampSource,
): Promise<readonly Uint8Array[]> {
  if (signatures.length !== waiting.length) throw refused('another number of signatures came')
  // All of them before the first time-stamp: nothing is half done.
  for (const [index, { digested }] of waiting.entries())
    needGoodSignature(digested, signatures[index] ?? new Uint8Array(), signer)
  const signed: Uint8Array[] = []
  for (const [index, { reserved, attributes }] of waiting.entries()) {
    const signature = signatures[index] ?? new Uint8Array()
    const token = await requestTimeStamp(signature, source)
    const cms = outerCms(attributes, signature, token, signer)
    if (cms.length > RESERVED_BYTES)
      throw refused(`certificates and time-stamp need more than ${RESERVED_BYTES} bytes`)
    signed.push(await fillPlace(reserved, cms))
  }
  return signed
}

function signerFacts(
  certificates: readonly Uint8Array[],
  wished: SignedHash | undefined,
): { readonly signer: SignerFacts; readonly name: string } {
  const [own, ...chain] = certificates
  try {
    if (own === undefined) throw new TypeError('no certificate')
    const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(own).publicKey
    if (asymmetricKeyType !== 'rsa' && asymmetricKeyType !== 'ec') throw new TypeError('another kind of key')
    const hash = wished ?? HASH_OF_CURVE[asymmetricKeyDetails?.namedCurve ?? ''] ?? 'SHA-256'
    const signer: SignerFacts = { certificates: [own, ...chain], hash, isEcdsa: asymmetricKeyType === 'ec' }
    return { signer, name: commonName(Certificate.fromBER(Uint8Array.from(own)).subject) }
  } catch (cause) {
    throw new WuslaError('signer_unreadable', { cause })
  }
}

const HASH_OF_CURVE: Readonly<Record<string, SignedHash | undefined>> = {
  secp384r1: 'SHA-384',
  secp521r1: 'SHA-512',
}

async function appearanceOf(
  [left, bottom, right, top]: PlaceWish['field']['rectangle'],
  name: string,
  at: Date,
): Promise<Uint8Array | undefined> {
  const [width, height] = [right - left, top - bottom]
  if (width < MIN_SIDE || height < MIN_SIDE) return undefined
  const time = at.toISOString().slice(0, 19).replace('T', ' ')
  return await renderSignatureBlock({
    width,
    height,
    at,
    lines: [
      { ar: 'توقيع إلكتروني', en: 'Electronic signature', strong: true },
      { ar: name, en: name, strong: false },
      { ar: `${time} (التوقيت العالمي)`, en: `${time} UTC`, strong: false },
    ],
  })
}

function refused(reason: string): WuslaError {
  return new WuslaError('hash_signing_refused', { details: { reason } })
}
