import '../../../src/trust/reflect-metadata.ts'
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  type Extension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { ALGORITHM, type KeyedCertificate, signingKeyOf } from './keyed-certificate.ts'

const DAY_MS = 86_400_000

/** For clocks that are behind. Unit: ms. */
const BACKDATE_MS = 300_000

/** What a certificate is to say. */
export interface CertificateWish {
  readonly commonName: string
  readonly serialNumber?: string
  readonly organizationalUnit?: string
  readonly years: number
  readonly use: {
    readonly ca: boolean
    readonly keyUsage: number
    readonly extendedKeyUsage?: readonly string[]
  }
  readonly policies?: readonly string[]
  readonly extensions?: readonly Extension[]
  /** Where a verifier finds the issuer's certificate, status answers and revocation list. */
  readonly addresses?: { readonly issuer: string; readonly ocsp?: string; readonly crl: string }
}

/**
 * Makes a key and a certificate for it. Without an issuer the certificate is signed with its own key.
 *
 * Every name says TEST: whoever looks at such a certificate must not take it for one of the real provider.
 */
export async function issueCertificate(
  wish: CertificateWish,
  issuer: KeyedCertificate | undefined,
  now: Date,
): Promise<KeyedCertificate> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const parent = issuer === undefined ? undefined : new X509Certificate(issuer.certificate)
  const subject = subjectOf(wish)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject,
    issuer: parent?.subjectName ?? subject,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + wish.years * 365 * DAY_MS),
    publicKey: pair.publicKey,
    signingKey: issuer === undefined ? pair.privateKey : await signingKeyOf(issuer),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(wish.use.ca, undefined, true),
      new KeyUsagesExtension(wish.use.keyUsage, true),
      await SubjectKeyIdentifierExtension.create(pair.publicKey),
      ...(parent === undefined ? [] : [await AuthorityKeyIdentifierExtension.create(parent.publicKey)]),
      ...usageExtensions(wish),
      ...(wish.extensions ?? []),
    ],
  })
  return {
    certificate: new Uint8Array(certificate.rawData),
    key: new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)),
  }
}

export const CA_KEY_USAGE: number = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign

function subjectOf({ commonName, serialNumber, organizationalUnit }: CertificateWish): Name {
  const unit = organizationalUnit === undefined ? [] : [{ OU: [{ utf8String: organizationalUnit }] }]
  const number = serialNumber === undefined ? [] : [{ '2.5.4.5': [{ printableString: serialNumber }] }]
  return new Name([
    { C: [{ printableString: 'AE' }] },
    { O: [{ utf8String: 'TEST ONLY - Wusla sandbox' }] },
    ...unit,
    { CN: [{ utf8String: `TEST ${commonName}` }] },
    ...number,
  ])
}

function usageExtensions({ use, policies, addresses }: CertificateWish): Extension[] {
  const { extendedKeyUsage } = use
  const isTimeStamp = extendedKeyUsage?.includes('1.3.6.1.5.5.7.3.8') === true
  return [
    ...(extendedKeyUsage === undefined
      ? []
      : [new ExtendedKeyUsageExtension([...extendedKeyUsage], isTimeStamp)]),
    ...(policies === undefined ? [] : [new CertificatePolicyExtension([...policies])]),
    ...(addresses === undefined
      ? []
      : [
          new AuthorityInfoAccessExtension({
            ...(addresses.ocsp === undefined ? {} : { ocsp: addresses.ocsp }),
            caIssuers: addresses.issuer,
          }),
          new CRLDistributionPointsExtension([addresses.crl]),
        ]),
  ]
}

/** Positive and never shorter, so that its hexadecimal form is the same in certificates, lists and answers. */
function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}
