import {
  BasicOCSPResponse,
  CertID,
  type Certificate,
  CertificateRevocationList,
  getCrypto,
  OCSPResponse,
  RelativeDistinguishedNames,
  type SingleResponse,
} from 'pkijs'
import * as asn1js from 'asn1js'
import type { SignatureFacts } from '../signed-document-result.ts'
import { extendedUsage } from './certificate-path.ts'
import { need } from './refusal.ts'
import { isSameCertificate, needStrongSignature } from './strong-algorithms.ts'

/** What the document carries about revocation: DER each. */
export interface RevocationMaterial {
  readonly ocsps: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
  /** The answers of `ocsps`, read once for all certificates that are asked about. Default: read anew each time. */
  readonly answers?: readonly BasicOCSPResponse[]
}

/** What one answer or list says of one certificate. */
interface Statement {
  readonly revokedAt?: Date
  readonly isUnknown: boolean
  readonly from: Date
  readonly until: Date | undefined
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1'
/** deltaCRLIndicator and issuingDistributionPoint (RFC 5280, 5.2.4 and 5.2.5): the list is not of all certificates. */
const PARTIAL: ReadonlySet<string> = new Set(['2.5.29.27', '2.5.29.28'])

/**
 * Whether the path was good at a time, by answers and lists that its own authorities signed. Only a statement that covers the time,
 * or was made after it, shows that a certificate was good; any of them shows that it was revoked.
 *
 * @param path - leaf first; the last one is the root, which nobody revokes
 * @throws Refusal `certificate_revoked`, when a certificate of the path had been revoked at that time
 */
export async function revocationOf(
  path: readonly Certificate[],
  material: RevocationMaterial,
  at: Date,
): Promise<SignatureFacts['revocation']> {
  let answer: SignatureFacts['revocation'] = 'good'
  for (const [index, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[index + 1]
    if (issuer === undefined || isSameCertificate(issuer, certificate)) continue
    const standing = await standingOf(certificate, issuer, material, at)
    if (standing === 'not_checked') return standing
    if (standing === 'revoked_later') answer = standing
  }
  return answer
}

/** As {@link revocationOf}, of one certificate. @throws Refusal `certificate_revoked` */
export async function standingOf(
  certificate: Certificate,
  issuer: Certificate,
  material: RevocationMaterial,
  at: Date,
): Promise<SignatureFacts['revocation']> {
  const statements = await statementsAbout(certificate, issuer, material)
  const revoked = statements.filter(({ revokedAt }) => revokedAt !== undefined)
  need(!revoked.some(({ revokedAt = at }) => revokedAt <= at), 'certificate_revoked')
  if (revoked.length > 0) return 'revoked_later'
  const isCovered = statements.some(
    ({ isUnknown, from, until }) => !isUnknown && (from >= at || (until !== undefined && until >= at)),
  )
  return isCovered ? 'good' : 'not_checked'
}

async function statementsAbout(
  certificate: Certificate,
  issuer: Certificate,
  { ocsps, crls, answers: read = readAnswers(ocsps) }: RevocationMaterial,
): Promise<readonly Statement[]> {
  const answers = await Promise.all(read.map(async (each) => await inOcsp(each, certificate, issuer)))
  const lists = await Promise.all(crls.map(async (each) => await inCrl(each, certificate, issuer)))
  return [...answers.flat(), ...lists.flat()]
}

/** What cannot be read, or nobody with the right signed, says nothing: it is as if it were not there. */
async function orNothing<T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read()
  } catch {
    return []
  }
}

/** Those that can be read: any other says nothing. */
export function readAnswers(ocsps: readonly Uint8Array[]): readonly BasicOCSPResponse[] {
  return ocsps.flatMap((der) => {
    try {
      return [basicResponse(der)]
    } catch {
      return []
    }
  })
}

async function inOcsp(
  response: BasicOCSPResponse,
  certificate: Certificate,
  issuer: Certificate,
): Promise<readonly Statement[]> {
  return await orNothing(async () => {
    needStrongSignature(response.signatureAlgorithm)
    const statements: Statement[] = []
    for (const single of response.tbsResponseData.responses) {
      if (await isAbout(single, certificate, issuer)) statements.push(statementOf(single))
    }
    // A document carries answers about many certificates; only those about this one are worth a verification.
    return statements.length > 0 && (await isAuthorised(response, issuer)) ? statements : []
  })
}

/** Both forms are met in a DSS: the whole response, and the basic one alone. @throws Refusal or a reader's error */
export function basicResponse(der: Uint8Array): BasicOCSPResponse {
  const { result } = asn1js.fromBER(Uint8Array.from(der).buffer)
  const isWhole = (result as asn1js.Sequence).valueBlock.value[0] instanceof asn1js.Enumerated
  if (!isWhole) return new BasicOCSPResponse({ schema: result })
  const { responseBytes } = new OCSPResponse({ schema: result })
  need(responseBytes?.responseType === BASIC_RESPONSE, 'revocation_unknown')
  return BasicOCSPResponse.fromBER(responseBytes.response.getValue())
}

/** RFC 6960, section 4.2.2.2: the issuer itself, or whom it made a certificate for this purpose. */
async function isAuthorised(response: BasicOCSPResponse, issuer: Certificate): Promise<boolean> {
  const { producedAt, responderID } = response.tbsResponseData
  for (const candidate of [issuer, ...(response.certs ?? [])]) {
    if (responderID instanceof RelativeDistinguishedNames && !candidate.subject.isEqual(responderID)) continue
    const isIssuer = isSameCertificate(candidate, issuer)
    const isValid = candidate.notBefore.value <= producedAt && producedAt <= candidate.notAfter.value
    if (!isIssuer && !(isValid && extendedUsage(candidate).purposes.includes(OCSP_SIGNING))) continue
    if (!isIssuer && !(await candidate.verify(issuer))) continue
    needStrongSignature(candidate.signatureAlgorithm)
    const { tbsResponseData, signature, signatureAlgorithm } = response
    const data = Uint8Array.from(tbsResponseData.tbsView).buffer
    if (
      await getCrypto(true).verifyWithPublicKey(
        data,
        signature,
        candidate.subjectPublicKeyInfo,
        signatureAlgorithm,
      )
    )
      return true
  }
  return false
}

async function isAbout(
  { certID }: SingleResponse,
  certificate: Certificate,
  issuer: Certificate,
): Promise<boolean> {
  const { name } = getCrypto(true).getAlgorithmByOID(certID.hashAlgorithm.algorithmId, true)
  const wanted = new CertID()
  await wanted.createForCertificate(certificate, { hashAlgorithm: name, issuerCertificate: issuer })
  return wanted.isEqual(certID)
}

/** CertStatus: good [0], revoked [1] with its time, unknown [2]. */
function statementOf({ certStatus, thisUpdate, nextUpdate }: SingleResponse): Statement {
  const { idBlock, valueBlock } = certStatus as asn1js.Constructed
  const about = { isUnknown: idBlock.tagNumber === 2, from: thisUpdate, until: nextUpdate }
  if (idBlock.tagNumber !== 1) return about
  const [time] = valueBlock.value
  // Revoked without a readable time: since ever.
  return { ...about, revokedAt: time instanceof asn1js.GeneralizedTime ? time.toDate() : new Date(0) }
}

async function inCrl(
  der: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
): Promise<readonly Statement[]> {
  return await orNothing(async () => {
    const list = CertificateRevocationList.fromBER(Uint8Array.from(der).buffer)
    needStrongSignature(list.signatureAlgorithm)
    if (!(await list.verify({ issuerCertificate: issuer }))) return []
    const found = list.revokedCertificates?.find(({ userCertificate }) =>
      userCertificate.isEqual(certificate.serialNumber),
    )
    // Whoever was revoked could show a list that was never going to name him.
    const isPartial = list.crlExtensions?.extensions.some(({ extnID }) => PARTIAL.has(extnID)) ?? false
    const about = { isUnknown: isPartial, from: list.thisUpdate.value, until: list.nextUpdate?.value }
    return [found === undefined ? about : { ...about, revokedAt: found.revocationDate.value }]
  })
}
