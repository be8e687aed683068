import '../../../src/trust/reflect-metadata.ts'
import { Extension, KeyUsageFlags } from '@peculiar/x509'
import { type Persona, PERSONAS, writtenName } from '../personas.ts'
import { CA_KEY_USAGE, type CertificateWish, issueCertificate } from './issue-certificate.ts'
import type { KeyedCertificate } from './keyed-certificate.ts'
import { POLICIES, type TestAuthority } from './test-authority.ts'

const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
const DOCUMENT_SIGNING = '1.3.6.1.4.1.311.10.3.12'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

/** id-pkix-ocsp-nocheck, RFC 6960 section 4.2.2.2.1: nobody asks for the status of the one who tells it. */
const OCSP_NO_CHECK = new Extension('1.3.6.1.5.5.7.48.1.5', false, Uint8Array.of(5, 0))

/** Makes a root, an authority below it, and everything that this issues. */
export async function makeAuthority(url: string, now: Date): Promise<TestAuthority> {
  const root = await issueCertificate(
    { commonName: 'Stand-in Root CA', years: 20, use: { ca: true, keyUsage: CA_KEY_USAGE } },
    undefined,
    now,
  )
  const issuing = await issueCertificate(
    {
      commonName: 'Stand-in Qualified CA',
      years: 10,
      use: { ca: true, keyUsage: CA_KEY_USAGE },
      addresses: { issuer: `${url}/authority/root.cer`, crl: `${url}/authority/root.crl` },
    },
    root,
    now,
  )
  const issue = async (wish: Omit<CertificateWish, 'addresses'>): Promise<KeyedCertificate> =>
    await issueCertificate({ ...wish, addresses: addressesUnder(url) }, issuing, now)
  const people = PERSONAS.filter(({ emiratesId }) => emiratesId !== undefined)
  const [timeStamp, ocsp, seal, ...persons] = await Promise.all([
    issue(serviceWish('Stand-in Time-stamping Authority', TIME_STAMPING)),
    issue({ ...serviceWish('Stand-in OCSP Responder', OCSP_SIGNING), extensions: [OCSP_NO_CHECK] }),
    issue(signerWish({ commonName: 'Entity Seal', policies: [POLICIES.qualified] })),
    ...people.map(async (persona) => await issue(personWish(persona))),
  ])
  const named = people.map(({ name }, index) => [name, persons[index]] as const)
  return {
    root,
    issuing,
    timeStamp,
    ocsp,
    seal,
    persons: Object.fromEntries(named) as TestAuthority['persons'],
  }
}

function addressesUnder(url: string): NonNullable<CertificateWish['addresses']> {
  return {
    issuer: `${url}/authority/issuing.cer`,
    ocsp: `${url}/authority/ocsp`,
    crl: `${url}/authority/issuing.crl`,
  }
}

function serviceWish(commonName: string, usage: string): CertificateWish {
  const use = { ca: false, keyUsage: KeyUsageFlags.digitalSignature, extendedKeyUsage: [usage] }
  return { commonName, years: 10, use }
}

function personWish({ en, emiratesId = '', sop }: Persona): CertificateWish {
  const policies = [sop === 'SOP3' ? POLICIES.qualified : POLICIES.advanced]
  return signerWish({
    commonName: writtenName(en),
    serialNumber: emiratesId,
    organizationalUnit: 'TEST UAE PASS stand-in',
    policies,
  })
}

function signerWish(
  wish: Pick<CertificateWish, 'commonName' | 'serialNumber' | 'organizationalUnit' | 'policies'>,
): CertificateWish {
  const extendedKeyUsage = [EMAIL_PROTECTION, DOCUMENT_SIGNING]
  return { ...wish, years: 3, use: { ca: false, keyUsage: KeyUsageFlags.nonRepudiation, extendedKeyUsage } }
}
