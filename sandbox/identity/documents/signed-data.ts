import * as asn1js from 'asn1js'
import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs'
import { signingKeyOf, type KeyedCertificate } from '../authority/keyed-certificate.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'

const ATTRIBUTES = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  algorithmProtection: '1.2.840.113549.1.9.52',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const

/** What is to be signed. */
export interface SignWish {
  /** The bytes whose digest is signed. */
  readonly content: Uint8Array<ArrayBuffer>
  /** `detached` leaves the content out. */
  readonly place: 'inside' | 'detached'
  readonly contentType: string
  readonly signer: KeyedCertificate
  /** Carried along, beside the signer's own. */
  readonly chain: readonly Uint8Array<ArrayBuffer>[]
}

/**
 * CMS SignedData (RFC 5652) with the attributes of CAdES: content type, digest, protected algorithms (RFC 6211) and the signing
 * certificate (RFC 5035). No signing time: a PDF claims it elsewhere.
 */
export async function signData(wish: SignWish): Promise<SignedData> {
  const { content, place, contentType, chain } = wish
  const certificate = Certificate.fromBER(wish.signer.certificate)
  const attributes = await signedAttributes(wish)
  const signed = new SignedData({
    version: contentType === ContentInfo.DATA ? 1 : 3,
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: contentType,
      ...(place === 'inside' ? { eContent: new asn1js.OctetString({ valueHex: content.buffer }) } : {}),
    }),
    certificates: [certificate, ...chain.map((der) => Certificate.fromBER(der))],
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({
          issuer: certificate.issuer,
          serialNumber: certificate.serialNumber,
        }),
        signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
      }),
    ],
  })
  await signed.sign(await signingKeyOf(wish.signer), 0, 'SHA-256')
  return signed
}

/** DER, as most programs write it. */
export function encodeDer(signed: SignedData): Uint8Array<ArrayBuffer> {
  return new Uint8Array(schemaOf(signed).toBER())
}

/**
 * BER with indefinite lengths around everything that is not signed itself, as the provider writes it: a reader that knows
 * nothing but DER fails.
 */
export function encodeBer(signed: SignedData): Uint8Array<ArrayBuffer> {
  const schema = schemaOf(signed)
  const explicit = schema.valueBlock.value[1] as asn1js.Constructed
  const sequence = explicit.valueBlock.value[0] as asn1js.Sequence
  for (const block of [schema, explicit, sequence, ...sequence.valueBlock.value]) {
    if (block instanceof asn1js.Constructed) block.lenBlock.isIndefiniteForm = true
  }
  return new Uint8Array(schema.toBER())
}

function schemaOf(signed: SignedData): asn1js.Sequence {
  const info = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: signed.toSchema(true) })
  return info.toSchema()
}

async function signedAttributes({ content, contentType, signer }: SignWish): Promise<Attribute[]> {
  const digest = await crypto.subtle.digest('SHA-256', content)
  const certificateDigest = await crypto.subtle.digest('SHA-256', signer.certificate)
  const attributes = [
    new Attribute({
      type: ATTRIBUTES.contentType,
      values: [new asn1js.ObjectIdentifier({ value: contentType })],
    }),
    new Attribute({ type: ATTRIBUTES.messageDigest, values: [new asn1js.OctetString({ valueHex: digest })] }),
    new Attribute({ type: ATTRIBUTES.algorithmProtection, values: [protectedAlgorithms()] }),
    new Attribute({ type: ATTRIBUTES.signingCertificateV2, values: [signingCertificate(certificateDigest)] }),
  ]
  // DER orders a SET OF by its encodings (X.690 section 11.6), and the library writes them as they come.
  const encoded = attributes.map((attribute) => ({
    attribute,
    der: Buffer.from(attribute.toSchema().toBER()),
  }))
  return encoded.toSorted((a, b) => Buffer.compare(a.der, b.der)).map(({ attribute }) => attribute)
}

function protectedAlgorithms(): asn1js.Sequence {
  const digest = new AlgorithmIdentifier({
    algorithmId: SHA256,
    algorithmParams: new asn1js.Null(),
  }).toSchema()
  const signature = new AlgorithmIdentifier({
    algorithmId: SHA256_WITH_RSA,
    algorithmParams: new asn1js.Null(),
  }).toSchema()
  const tagged = new asn1js.Constructed({
    idBlock: { tagClass: 3, tagNumber: 1 },
    value: signature.valueBlock.value,
  })
  return new asn1js.Sequence({ value: [digest, tagged] })
}

/** SigningCertificateV2 with one ESSCertIDv2; SHA-256 is the default and left out. */
function signingCertificate(digest: ArrayBuffer): asn1js.Sequence {
  const id = new asn1js.Sequence({ value: [new asn1js.OctetString({ valueHex: digest })] })
  return new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [id] })] })
}
