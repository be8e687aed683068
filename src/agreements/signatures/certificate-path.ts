import {
  type BasicConstraints,
  type Certificate,
  CertificateChainValidationEngine,
  type CertificatePolicies,
  type ExtKeyUsage,
} from 'pkijs'
import { BitString } from 'asn1js'
import { need, readOr } from './refusal.ts'
import { isSameCertificate, needStrongKey, needStrongSignature } from './strong-algorithms.ts'

const COMMON_NAME = '2.5.4.3'
const NAMES_OF_AUTHORITIES = new Set([COMMON_NAME, '2.5.4.10', '2.5.4.11'])
const KEY_USAGE = '2.5.29.15'
const EXT_KEY_USAGE = '2.5.29.37'
const BASIC_CONSTRAINTS = '2.5.29.19'
const POLICIES = '2.5.29.32'
const NON_REPUDIATION = 0x40
/** Beside the leaf: more than any signature needs. */
const MAX_CERTIFICATES = 100
/** How often the issuers of a certificate are looked for. A path that is longer leads nowhere. */
const MAX_SEARCHES = 32

/**
 * The path from a certificate to one of the roots, leaf first, as it was valid at a time: names, validity, constraints and signatures
 * by the library, algorithms and the length of the path here.
 *
 * @throws Refusal `certificate_path`, `weak_algorithm`
 */
export async function certificatePath(
  leaf: Certificate,
  others: readonly Certificate[],
  roots: readonly Certificate[],
  at: Date,
): Promise<readonly Certificate[]> {
  need(others.length <= MAX_CERTIFICATES, 'certificate_path', `more than ${MAX_CERTIFICATES} certificates`)
  const engine = new CertificateChainValidationEngine({
    trustedCerts: [...roots],
    // The one to be judged goes last.
    certs: [...others.filter((each) => !isSameCertificate(each, leaf)), leaf],
    checkDate: at,
  })
  boundSearch(engine)
  const {
    result,
    certificatePath: found = [],
    resultMessage,
  } = await readOr('certificate_path', async () => await engine.verify({ passedWhenNotRevValues: true }))
  need(result && found.length >= 2, 'certificate_path', resultMessage)
  for (const [index, certificate] of found.entries()) {
    needStrongKey(certificate)
    // A root's own signature proves nothing; it is trusted as it is.
    if (index < found.length - 1) needStrongSignature(certificate.signatureAlgorithm)
    const limit = (extension(certificate, BASIC_CONSTRAINTS) as BasicConstraints | undefined)
      ?.pathLenConstraint
    need(
      typeof limit !== 'number' || index - 1 <= limit,
      'certificate_path',
      'longer than an authority allows',
    )
  }
  return found
}

/** The library follows authorities that certify each other round and round, and every way through a thicket of them. */
function boundSearch(engine: CertificateChainValidationEngine): void {
  const { findIssuer } = engine
  let searches = 0
  engine.findIssuer = async (...question) => {
    searches += 1
    need(searches <= MAX_SEARCHES, 'certificate_path', 'the authorities lead nowhere')
    return await findIssuer.apply(engine, question)
  }
}

/** Whether a certificate is made for signatures that bind a person: key usage nonRepudiation. */
export function isForSigning(certificate: Certificate): boolean {
  const usage = extension(certificate, KEY_USAGE)
  return usage instanceof BitString && ((usage.valueBlock.valueHexView[0] ?? 0) & NON_REPUDIATION) !== 0
}

/** What its extended key usage allows, and whether nobody may overlook it. */
export function extendedUsage(certificate: Certificate): {
  readonly purposes: readonly string[]
  readonly isCritical: boolean
} {
  const found = certificate.extensions?.find(({ extnID }) => extnID === EXT_KEY_USAGE)
  const usage = found?.parsedValue as ExtKeyUsage | undefined
  return { purposes: usage?.keyPurposes ?? [], isCritical: found?.critical === true }
}

/** The policies under which it was issued: OIDs. */
export function policiesOf(certificate: Certificate): readonly string[] {
  const policies = extension(certificate, POLICIES) as CertificatePolicies | undefined
  return policies?.certificatePolicies.map(({ policyIdentifier }) => policyIdentifier) ?? []
}

/** The common name; empty when there is none. */
export function commonName(name: Certificate['subject']): string {
  return textsOf(name, (type) => type === COMMON_NAME)[0] ?? ''
}

/** `_` parts words as well: `STAGING_CA`. */
const TEST_WORD = /(?<![\p{L}\p{N}])(?:test|sandbox|staging|stand-?in)(?![\p{L}\p{N}])/iu

/**
 * Whether some authority of the path calls itself one for tests: in its common name, organisation or unit stands one of the words
 * test, sandbox, staging or stand-in.
 */
export function isTestPath(path: readonly Certificate[]): boolean {
  const names = path
    .slice(1)
    .flatMap(({ subject }) => textsOf(subject, (type) => NAMES_OF_AUTHORITIES.has(type)))
  return names.some((name) => TEST_WORD.test(name))
}

function textsOf(name: Certificate['subject'], isWanted: (type: string) => boolean): readonly string[] {
  return name.typesAndValues
    .filter(({ type }) => isWanted(type))
    .map(({ value }): unknown => value.valueBlock.value)
    .filter((text) => typeof text === 'string')
}

function extension(certificate: Certificate, id: string): unknown {
  return certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue
}
