import { createHash } from 'node:crypto'
import * as asn1js from 'asn1js'
import {
  type Attribute,
  Certificate,
  ContentInfo,
  getCrypto,
  IssuerAndSerialNumber,
  SignedData,
  type SignerInfo,
} from 'pkijs'
import { need, readOr, Refusal } from './refusal.ts'
import { derOf, needStrongKey, needStrongSignature, strongDigest } from './strong-algorithms.ts'

/** One CMS of one signer, taken apart. */
export interface CmsSignature {
  readonly data: SignedData
  readonly info: SignerInfo
  readonly certificate: Certificate
  /** All it carries, the signer's too. */
  readonly certificates: readonly Certificate[]
}

/** Unsigned attribute: a time-stamp of the signature value. */
export const TIME_STAMP_TOKEN = '1.2.840.113549.1.9.16.2.14'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const ALGORITHM_PROTECTION = '1.2.840.113549.1.9.52'
const RSA = '1.2.840.113549.1.1.1'
const INDEFINITE = 0x80
const SHA_256 = '2.16.840.1.101.3.4.2.1'

/**
 * Reads a CMS in BER: signing services write indefinite lengths. What follows it may only be the zeros that fill its place.
 *
 * @param certificatesBeside - where the signer's certificate may be when the CMS does not carry it
 * @throws Refusal `invalid_cms`
 */
export async function readCms(
  bytes: Uint8Array,
  certificatesBeside: readonly Certificate[] = [],
): Promise<CmsSignature> {
  return await readOr('invalid_cms', () => {
    const { offset, result } = asn1js.fromBER(Uint8Array.from(bytes).buffer)
    need(
      offset > 0 && bytes.subarray(offset).every((each) => each === 0),
      'invalid_cms',
      'bytes after the CMS',
    )
    const content = new ContentInfo({ schema: result })
    need(content.contentType === SIGNED_DATA, 'invalid_cms', content.contentType)
    const data = new SignedData({ schema: content.content as unknown })
    const [info, ...more] = data.signerInfos
    need(info !== undefined && more.length === 0, 'invalid_cms', `${data.signerInfos.length} signers`)
    const certificates = (data.certificates ?? []).filter((each) => each instanceof Certificate)
    const certificate = [...certificates, ...certificatesBeside].find((each) => isNamedBy(info, each))
    need(certificate !== undefined, 'invalid_cms', 'the certificate of the signer is missing')
    return { data, info, certificate, certificates }
  })
}

function isNamedBy({ sid }: SignerInfo, certificate: Certificate): boolean {
  if (!(sid instanceof IssuerAndSerialNumber)) return false
  return sid.issuer.isEqual(certificate.issuer) && sid.serialNumber.isEqual(certificate.serialNumber)
}

/**
 * Holds a signature against what it signs: algorithms, the certificate it names, the digest, and the signature itself.
 *
 * @param contentType - OID that the signed attributes must say
 * @throws Refusal `invalid_cms`, `weak_algorithm`, `certificate_not_bound`, `digest_differs`, `invalid_signature`
 */
export async function verifyCms(cms: CmsSignature, signed: Uint8Array, contentType: string): Promise<void> {
  const { data, info, certificate } = cms
  const digest = strongDigest(info.digestAlgorithm)
  needStrongSignature(info.signatureAlgorithm)
  needStrongKey(certificate)
  const said = contentOf(valueOf(info, CONTENT_TYPE))
  need(
    data.encapContentInfo.eContentType === contentType && said === contentType,
    'invalid_cms',
    'content type',
  )
  need(namesCertificate(valueOf(info, SIGNING_CERTIFICATE_V2), certificate), 'certificate_not_bound')
  needProtection(info)
  const signedDigest = valueOf(info, MESSAGE_DIGEST)
  need(signedDigest instanceof asn1js.OctetString, 'invalid_cms', 'message digest')
  const real = createHash(digest).update(signed).digest()
  need(real.equals(Buffer.from(signedDigest.getValue())), 'digest_differs')
  const isGood = await readOr(
    'invalid_signature',
    async () =>
      await getCrypto(true).verifyWithPublicKey(
        attributesInDer(info),
        info.signature,
        certificate.subjectPublicKeyInfo,
        info.signatureAlgorithm,
        // Plain RSA leaves the digest to be said beside it.
        ...(info.signatureAlgorithm.algorithmId === RSA ? [digest.replace('sha', 'SHA-')] : []),
      ),
  )
  need(isGood, 'invalid_signature')
}

// The signature is over the attributes in DER (RFC 5652, section 5.4), however they were sent.
function attributesInDer({ signedAttrs }: SignerInfo): ArrayBuffer {
  need(signedAttrs !== undefined, 'invalid_cms', 'no signed attributes')
  if (new Uint8Array(signedAttrs.encodedValue)[1] !== INDEFINITE) return signedAttrs.encodedValue
  const encoded = signedAttrs.attributes.map((each) => Buffer.from(each.toSchema().toBER()))
  const value = encoded
    .toSorted((x, y) => Buffer.compare(x, y))
    .map((each) => asn1js.fromBER(Uint8Array.from(each).buffer).result)
  return new asn1js.Set({ value }).toBER()
}

/** The one value of a signed attribute. */
function valueOf(info: SignerInfo, type: string): asn1js.AsnType | undefined {
  const found = (info.signedAttrs?.attributes ?? []).filter((each) => each.type === type)
  need(found.length <= 1, 'invalid_cms', `attribute ${type} twice`)
  return onlyValue(found[0])
}

/** The one value of an unsigned attribute. */
export function unsignedValue(info: SignerInfo, type: string): asn1js.AsnType | undefined {
  return onlyValue(info.unsignedAttrs?.attributes.find((each) => each.type === type))
}

function onlyValue(attribute: Attribute | undefined): asn1js.AsnType | undefined {
  if (attribute === undefined) return undefined
  need(attribute.values.length === 1, 'invalid_cms', `attribute ${attribute.type}`)
  return attribute.values[0] as asn1js.AsnType
}

function contentOf(value: asn1js.AsnType | undefined): string {
  return value instanceof asn1js.ObjectIdentifier ? value.getValue() : ''
}

/** RFC 5035: the first ESSCertIDv2 is the signer's. */
function namesCertificate(value: asn1js.AsnType | undefined, certificate: Certificate): boolean {
  const first = childOf(childOf(value, 0), 0)
  if (!(first instanceof asn1js.Sequence)) return false
  const [head] = first.valueBlock.value
  const isDefault = head instanceof asn1js.OctetString
  const oid = isDefault ? SHA_256 : contentOf(childOf(head, 0))
  const said = first.valueBlock.value[isDefault ? 0 : 1]
  if (!(said instanceof asn1js.OctetString)) return false
  const digest = strongDigest({ algorithmId: oid } as Parameters<typeof strongDigest>[0])
  return createHash(digest).update(derOf(certificate)).digest().equals(Buffer.from(said.getValue()))
}

/** RFC 6211: where it is said, it must be true. */
function needProtection(info: SignerInfo): void {
  const value = valueOf(info, ALGORITHM_PROTECTION)
  if (value === undefined) return
  const digest = contentOf(childOf(childOf(value, 0), 0))
  const signature = contentOf(childOf(childOf(value, 1), 0))
  const isTrue =
    digest === info.digestAlgorithm.algorithmId && signature === info.signatureAlgorithm.algorithmId
  if (!isTrue) throw new Refusal('invalid_signature', 'the protected algorithms are others')
}

function childOf(value: asn1js.AsnType | undefined, index: number): asn1js.AsnType | undefined {
  const block = value?.valueBlock as { readonly value?: readonly asn1js.AsnType[] } | undefined
  return Array.isArray(block?.value) ? block.value[index] : undefined
}
