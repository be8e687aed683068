import { createHash, verify, X509Certificate } from 'node:crypto'
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
import { WuslaError } from '../../protocol/wusla-error.ts'
import { TIME_STAMP_TOKEN } from '../signatures/cms-signature.ts'

/** The digests that are signed. */
export type SignedHash = 'SHA-256' | 'SHA-384' | 'SHA-512'

/** Who signs, and how. */
export interface SignerFacts {
  /** DER, the signer's first. */
  readonly certificates: readonly [Uint8Array, ...Uint8Array[]]
  readonly hash: SignedHash
  readonly isEcdsa: boolean
}

/** Digest, and the signature algorithm with it: RSA (RFC 8017) or ECDSA (RFC 5758). */
const ALGORITHMS: Readonly<Record<SignedHash, { digest: string; rsa: string; ecdsa: string }>> = {
  'SHA-256': {
    digest: '2.16.840.1.101.3.4.2.1',
    rsa: '1.2.840.113549.1.1.11',
    ecdsa: '1.2.840.10045.4.3.2',
  },
  'SHA-384': {
    digest: '2.16.840.1.101.3.4.2.2',
    rsa: '1.2.840.113549.1.1.12',
    ecdsa: '1.2.840.10045.4.3.3',
  },
  'SHA-512': {
    digest: '2.16.840.1.101.3.4.2.3',
    rsa: '1.2.840.113549.1.1.13',
    ecdsa: '1.2.840.10045.4.3.4',
  },
}

const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const ALGORITHM_PROTECTION = '1.2.840.113549.1.9.52'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'

/** The name of a hash in `node:crypto`. */
export function nodeHash(hash: SignedHash): string {
  return hash.toLowerCase().replace('-', '')
}

/**
 * The attributes that are signed (ETSI EN 319 122-1, 5.1 and 5.2), in the order of DER. No signing time: a PDF claims it elsewhere.
 */
export function signedAttributes(covered: Uint8Array, signer: SignerFacts): readonly Attribute[] {
  const digest = createHash(nodeHash(signer.hash)).update(covered).digest()
  const attributes = [
    new Attribute({
      type: CONTENT_TYPE,
      values: [new asn1js.ObjectIdentifier({ value: ContentInfo.DATA })],
    }),
    new Attribute({ type: MESSAGE_DIGEST, values: [octets(digest)] }),
    new Attribute({ type: ALGORITHM_PROTECTION, values: [protection(signer)] }),
    new Attribute({ type: SIGNING_CERTIFICATE_V2, values: [signingCertificate(signer)] }),
  ]
  // X.690, 11.6: a SET OF is ordered by its encodings, and the library writes it as it comes.
  const encoded = attributes.map((attribute) => ({
    attribute,
    der: Buffer.from(attribute.toSchema().toBER()),
  }))
  return encoded.toSorted((a, b) => Buffer.compare(a.der, b.der)).map(({ attribute }) => attribute)
}

/** What is digested and signed: the attributes as a SET in DER (RFC 5652, 5.4). */
export function attributesInDer(attributes: readonly Attribute[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new asn1js.Set({ value: attributes.map((each) => each.toSchema()) }).toBER())
}

/** The CMS around a signature and its time-stamp, in DER. */
export function outerCms(
  attributes: readonly Attribute[],
  signature: Uint8Array,
  token: Uint8Array,
  signer: SignerFacts,
): Uint8Array {
  const [certificate, ...chain] = signer.certificates.map((der) => Certificate.fromBER(Uint8Array.from(der)))
  if (certificate === undefined) throw new TypeError('no certificate')
  const stamp = asn1js.fromBER(Uint8Array.from(token)).result
  const info = new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({
      issuer: certificate.issuer,
      serialNumber: certificate.serialNumber,
    }),
    digestAlgorithm: digestAlgorithm(signer),
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes: [...attributes] }),
    signatureAlgorithm: signatureAlgorithm(signer),
    signature: octets(signature),
    unsignedAttrs: new SignedAndUnsignedAttributes({
      type: 1,
      attributes: [new Attribute({ type: TIME_STAMP_TOKEN, values: [stamp] })],
    }),
  })
  const data = new SignedData({
    version: 1,
    digestAlgorithms: [digestAlgorithm(signer)],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA }),
    certificates: [certificate, ...chain],
    signerInfos: [info],
  })
  const whole = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: data.toSchema(true) })
  return new Uint8Array(whole.toSchema().toBER())
}

/** @throws WuslaError `hash_signing_refused` when the signature is not one of these bytes by the signer's key */
export function needGoodSignature(bytes: Uint8Array, signature: Uint8Array, signer: SignerFacts): void {
  const { publicKey } = new X509Certificate(signer.certificates[0])
  if (verify(nodeHash(signer.hash), bytes, publicKey, signature)) return
  throw new WuslaError('hash_signing_refused', {
    details: { reason: 'what came is no signature by the key of the certificate' },
  })
}

function digestAlgorithm({ hash }: SignerFacts): AlgorithmIdentifier {
  return new AlgorithmIdentifier({
    algorithmId: ALGORITHMS[hash].digest,
    algorithmParams: new asn1js.Null(),
  })
}

/** RSA has parameters, and they are NULL (RFC 4055, 5); ECDSA has none (RFC 5758, 3.2). */
function signatureAlgorithm({ hash, isEcdsa }: SignerFacts): AlgorithmIdentifier {
  return isEcdsa
    ? new AlgorithmIdentifier({ algorithmId: ALGORITHMS[hash].ecdsa })
    : new AlgorithmIdentifier({ algorithmId: ALGORITHMS[hash].rsa, algorithmParams: new asn1js.Null() })
}

/** RFC 6211. */
function protection(signer: SignerFacts): asn1js.Sequence {
  const { valueBlock } = signatureAlgorithm(signer).toSchema()
  const tagged = new asn1js.Constructed({
    idBlock: { tagClass: 3, tagNumber: 1 },
    value: valueBlock.value,
  })
  return new asn1js.Sequence({ value: [digestAlgorithm(signer).toSchema(), tagged] })
}

/** RFC 5035: one ESSCertIDv2 by SHA-256, which is the default and so is not said. */
function signingCertificate({ certificates }: SignerFacts): asn1js.Sequence {
  const digest = createHash('sha256').update(certificates[0]).digest()
  const id = new asn1js.Sequence({ value: [octets(digest)] })
  return new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [id] })] })
}

function octets(bytes: Uint8Array): asn1js.OctetString {
  return new asn1js.OctetString({ valueHex: Uint8Array.from(bytes).buffer })
}
