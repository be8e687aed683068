import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyUsageFlags, Extension } from '@peculiar/x509'
import { writePrivateFile } from '../../../src/trust/private-file.ts'
import { type Persona, PERSONAS, writtenName } from '../personas.ts'
import {
  CA_KEY_USAGE,
  type CertificateWish,
  issueCertificate,
  type KeyedCertificate,
} from './issue-certificate.ts'

/** Everything the stand-in signs with. */
export interface TestAuthority {
  readonly root: KeyedCertificate
  /** Below the root: issues to persons, seals, the time-stamping authority and the OCSP responder. */
  readonly issuing: KeyedCertificate
  readonly timeStamp: KeyedCertificate
  readonly ocsp: KeyedCertificate
  /** By the name of the persona; who has no Emirates ID has no certificate. */
  readonly persons: Readonly<Record<string, KeyedCertificate>>
  /** The electronic seal of an entity. */
  readonly seal: KeyedCertificate
}

/** Under the arc of the country, in a number that no authority uses. */
export const POLICIES = {
  advanced: '2.16.784.99999.1',
  qualified: '2.16.784.99999.2',
  timeStamp: '2.16.784.99999.3',
} as const

const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
const DOCUMENT_SIGNING = '1.3.6.1.4.1.311.10.3.12'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

/** id-pkix-ocsp-nocheck, RFC 6960 section 4.2.2.2.1: nobody asks for the status of the one who tells it. */
const OCSP_NO_CHECK = new Extension('1.3.6.1.5.5.7.48.1.5', false, Uint8Array.of(5, 0))

/**
 * The keys and certificates in this folder; made at the first call and the same ever after.
 *
 * @param url - under which the stand-in is reached: certificates say where their status and issuer are found
 */
export async function openTestAuthority(folder: string, url: string, now: Date): Promise<TestAuthority> {
  const file = join(folder, 'authority.json')
  if (existsSync(file)) return parse(await readFile(file, 'utf8'))
  const authority = await makeAuthority(url, now)
  await writePrivateFile(file, `${JSON.stringify(authority, bytesAsText)}\n`)
  return authority
}

async function makeAuthority(url: string, now: Date): Promise<TestAuthority> {
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

function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
}

function parse(text: string): TestAuthority {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value
      ? new Uint8Array(Buffer.from(String(value.base64), 'base64'))
      : value,
  ) as TestAuthority
}
