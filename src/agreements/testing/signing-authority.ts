import '../../trust/reflect-metadata.ts'
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  CertificatePolicyExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import * as asn1js from 'asn1js'
import {
  AlgorithmIdentifier,
  BasicOCSPResponse,
  CertID,
  Certificate,
  CertificateRevocationList,
  Extension as ListExtension,
  Extensions,
  OCSPResponse,
  ResponseBytes,
  RevokedCertificate,
  SingleResponse,
  Time,
} from 'pkijs'

type Keys = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey }
type KeyAlgorithm = Parameters<typeof crypto.subtle.generateKey>[0]

/** A certificate with its key, made for one test. */
export interface KeyHolder {
  readonly certificate: Certificate
  readonly keys: Keys
}

/** How a certificate differs from the usual one. */
export interface CertificateWish {
  readonly name: string
  readonly issuer?: KeyHolder
  readonly kind: 'authority' | 'official' | 'time' | 'ocsp'
  readonly algorithm?: 'RSA-2048' | 'RSA-1024' | 'P-256'
  readonly usages?: number
  readonly policies?: readonly string[]
  readonly from?: string
  readonly until?: string
  readonly signatureHash?: 'SHA-256' | 'SHA-1'
  /** In the subject of the certificate, as national identities have it. More than one: each of them. */
  readonly identityNumbers?: readonly string[]
  /** Default: new ones. */
  readonly keys?: Keys
  readonly addresses?: CertificateAddresses | undefined
}

/** Where a certificate says that its issuer and its status are found. */
export interface CertificateAddresses {
  readonly issuer?: string
  readonly ocsp?: string
  readonly crl?: string | readonly string[]
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }
const USAGES = {
  authority: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
  official: KeyUsageFlags.nonRepudiation,
  time: KeyUsageFlags.digitalSignature,
  ocsp: KeyUsageFlags.digitalSignature,
} as const

/** Makes a certificate as authorities of national identities do. Valid 2025 to 2035, unless wished otherwise. */
export async function makeCertificate(wish: CertificateWish): Promise<KeyHolder> {
  const { name, issuer, kind, algorithm = kind === 'official' ? 'RSA-2048' : 'P-256' } = wish
  const { identityNumbers: numbers = [] } = wish
  const keys =
    wish.keys ??
    ((await crypto.subtle.generateKey(keyAlgorithm(algorithm) as KeyAlgorithm, true, [
      'sign',
      'verify',
    ])) as Keys)
  const signer = issuer ?? { keys, certificate: undefined }
  const made = await X509CertificateGenerator.create({
    subject: `CN=${name}, ${numbers.map((each) => `2.5.4.5=${each}, `).join('')}O=Example Government, C=AE`,
    issuer:
      issuer === undefined
        ? `CN=${name}, O=Example Government, C=AE`
        : `CN=${nameOf(issuer)}, O=Example Government, C=AE`,
    publicKey: keys.publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: { name: signer.keys.privateKey.algorithm.name, hash: wish.signatureHash ?? 'SHA-256' },
    notBefore: new Date(wish.from ?? '2025-01-01T00:00:00Z'),
    notAfter: new Date(wish.until ?? '2035-01-01T00:00:00Z'),
    extensions: await extensionsOf(wish, keys.publicKey, signer.keys.publicKey),
  })
  return { certificate: Certificate.fromBER(made.rawData), keys }
}

async function extensionsOf(
  { kind, usages, policies = [], addresses = {} }: CertificateWish,
  own: CryptoKey,
  issuer: CryptoKey,
): Promise<Extension[]> {
  const purposes = {
    time: '1.3.6.1.5.5.7.3.8',
    ocsp: '1.3.6.1.5.5.7.3.9',
    official: '1.3.6.1.5.5.7.3.4',
    authority: '',
  }
  return [
    new BasicConstraintsExtension(kind === 'authority', undefined, true),
    new KeyUsagesExtension(usages ?? USAGES[kind], true),
    ...(kind === 'authority' ? [] : [new ExtendedKeyUsageExtension([purposes[kind]], kind === 'time')]),
    ...(policies.length === 0 ? [] : [new CertificatePolicyExtension([...policies])]),
    await SubjectKeyIdentifierExtension.create(own),
    await AuthorityKeyIdentifierExtension.create(issuer),
    ...(addresses.issuer === undefined && addresses.ocsp === undefined ? [] : [accessTo(addresses)]),
    ...(addresses.crl === undefined ? [] : [new CRLDistributionPointsExtension([addresses.crl].flat())]),
  ]
}

function accessTo({ issuer, ocsp }: CertificateAddresses): Extension {
  return new AuthorityInfoAccessExtension({
    ...(issuer === undefined ? {} : { caIssuers: issuer }),
    ...(ocsp === undefined ? {} : { ocsp }),
  })
}

function keyAlgorithm(name: string): object {
  if (name === 'P-256') return ECDSA
  const modulusLength = Number(name.slice(4))
  return {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength,
    publicExponent: new Uint8Array([1, 0, 1]),
  }
}

function nameOf({ certificate }: KeyHolder): string {
  const [found] = certificate.subject.typesAndValues.filter(({ type }) => type === '2.5.4.3')
  return found?.value.getValue() ?? ''
}

/** What a responder or a list is to say. */
export interface StatusWish {
  readonly revokedAt?: string
  readonly from: string
  readonly until?: string
  /** As the extension of the answer carries it. */
  readonly nonce?: ArrayBuffer | undefined
}

/** An OCSP answer about `certificate`, as a responder sends it: DER. */
export async function makeOcsp(
  responder: KeyHolder,
  certificate: Certificate,
  issuer: Certificate,
  { revokedAt, from, until, nonce }: StatusWish,
): Promise<Uint8Array> {
  const certID = new CertID()
  await certID.createForCertificate(certificate, { hashAlgorithm: 'SHA-1', issuerCertificate: issuer })
  const certStatus =
    revokedAt === undefined
      ? new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 } })
      : new asn1js.Constructed({
          idBlock: { tagClass: 3, tagNumber: 1 },
          value: [new asn1js.GeneralizedTime({ valueDate: new Date(revokedAt) })],
        })
  const basic = new BasicOCSPResponse({ certs: [responder.certificate] })
  basic.tbsResponseData.responderID = responder.certificate.subject
  basic.tbsResponseData.producedAt = new Date(from)
  basic.tbsResponseData.responses = [
    new SingleResponse({
      certID,
      certStatus,
      thisUpdate: new Date(from),
      ...(until === undefined ? {} : { nextUpdate: new Date(until) }),
    }),
  ]
  if (nonce !== undefined)
    basic.tbsResponseData.responseExtensions = [
      new ListExtension({ extnID: '1.3.6.1.5.5.7.48.1.2', extnValue: nonce }),
    ]
  await basic.sign(responder.keys.privateKey, 'SHA-256')
  const whole = new OCSPResponse({
    responseStatus: new asn1js.Enumerated({ value: 0 }),
    responseBytes: new ResponseBytes({
      responseType: '1.3.6.1.5.5.7.48.1.1',
      response: new asn1js.OctetString({ valueHex: basic.toSchema().toBER() }),
    }),
  })
  return new Uint8Array(whole.toSchema().toBER())
}

/**
 * A revocation list of `issuer`: DER.
 *
 * @param extensions - OIDs of critical extensions; their values are empty sequences
 */
export async function makeCrl(
  issuer: KeyHolder,
  revoked: readonly Certificate[],
  { revokedAt, from, until }: StatusWish,
  extensions: readonly string[] = [],
): Promise<Uint8Array> {
  const list = new CertificateRevocationList({
    version: 1,
    issuer: issuer.certificate.subject,
    thisUpdate: new Time({ value: new Date(from) }),
    ...(until === undefined ? {} : { nextUpdate: new Time({ value: new Date(until) }) }),
    ...(revoked.length === 0 ? {} : { revokedCertificates: revoked.map(entryOf) }),
    ...(extensions.length === 0
      ? {}
      : { crlExtensions: new Extensions({ extensions: extensions.map(emptyOf) }) }),
  })
  await list.sign(issuer.keys.privateKey, 'SHA-256')
  return new Uint8Array(list.toSchema(true).toBER())

  function emptyOf(extnID: string): ListExtension {
    return new ListExtension({ extnID, critical: true, extnValue: new asn1js.Sequence().toBER() })
  }

  function entryOf({ serialNumber }: Certificate): RevokedCertificate {
    const revocationDate = new Time({ value: new Date(revokedAt ?? from) })
    return new RevokedCertificate({ userCertificate: serialNumber, revocationDate })
  }
}

/** SHA-256 as CMS names it. */
export function sha256Identifier(): AlgorithmIdentifier {
  return new AlgorithmIdentifier({
    algorithmId: '2.16.840.1.101.3.4.2.1',
    algorithmParams: new asn1js.Null(),
  })
}
