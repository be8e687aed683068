import * as asn1js from 'asn1js'
import { type Certificate, CertificateRevocationList, Extension, OCSPRequest } from 'pkijs'
import { basicResponse, type RevocationMaterial, standingOf } from '../signatures/revocation.ts'
import type { AuthorityLine, FailedQuestion } from './authority-line.ts'
import { namedAddresses } from './named-addresses.ts'

/** What was found out about one certificate, or what was tried. */
export type FoundStatus =
  | { readonly ok: true; readonly material: RevocationMaterial }
  | { readonly ok: false; readonly tried: readonly Attempt[] }

/** A question that did not help. */
export interface Attempt {
  readonly address: string
  readonly reason: FailedQuestion
}

const NONCE = '1.3.6.1.5.5.7.48.1.2'
/** RFC 8954. Unit: bytes. */
const NONCE_BYTES = 32
const MAX_OCSP_BYTES = 65_536
/** The ASN.1 library reads at most 10,000 values, some 3,000 revoked certificates: longer lists could not be judged. Unit: bytes. */
const MAX_CRL_BYTES = 524_288
/** By how much the clock of an authority may be ahead of ours. Unit: ms. */
const SKEW_MS = 300_000

/**
 * Asks for the status of a certificate: its OCSP responders first, its revocation lists after them. Only an answer that the verifier
 * would count is taken; any other is as if nobody had answered.
 *
 * @param at - the time at which the certificate must have been good
 * @throws Refusal `certificate_revoked` when an answer shows that it was revoked at that time
 */
export async function askStatus(
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
  nowMs: number,
  line: AuthorityLine,
): Promise<FoundStatus> {
  const { ocsps, crls } = namedAddresses(certificate)
  const tried: Attempt[] = []
  for (const address of ocsps) {
    const { nonce, bytes } = await statusRequest(certificate, issuer)
    const answer = await line.ask(address, MAX_OCSP_BYTES, { type: 'application/ocsp-request', bytes })
    const isFit = answer.ok && isAnswerTo(nonce, answer.bytes, nowMs)
    const material = { ocsps: isFit ? [answer.bytes] : [], crls: [] }
    if ((await standingOf(certificate, issuer, material, at)) !== 'not_checked') return { ok: true, material }
    tried.push({ address, reason: answer.ok ? 'useless_answer' : answer.reason })
  }
  for (const address of crls) {
    const answer = await line.ask(address, MAX_CRL_BYTES)
    const material = {
      ocsps: [],
      crls: answer.ok && isPresentList(answer.bytes, nowMs) ? [answer.bytes] : [],
    }
    if ((await standingOf(certificate, issuer, material, at)) !== 'not_checked') return { ok: true, material }
    tried.push({ address, reason: answer.ok ? 'useless_answer' : answer.reason })
  }
  return { ok: false, tried }
}

async function statusRequest(
  certificate: Certificate,
  issuer: Certificate,
): Promise<{ readonly nonce: Buffer; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const request = new OCSPRequest()
  // SHA-1 names the certificate and proves nothing; there are responders that know no other name.
  await request.createForCertificate(certificate, { hashAlgorithm: 'SHA-1', issuerCertificate: issuer })
  const valueHex = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).buffer
  const nonce = new asn1js.OctetString({ valueHex }).toBER()
  request.tbsRequest.requestExtensions = [new Extension({ extnID: NONCE, extnValue: nonce })]
  return { nonce: Buffer.from(nonce), bytes: new Uint8Array(request.toSchema(true).toBER()) }
}

/** A responder may leave the nonce out, for it answers many with one answer; another nonce is an answer to somebody else. */
function isAnswerTo(nonce: Buffer, bytes: Uint8Array, nowMs: number): boolean {
  try {
    const { responseExtensions = [], producedAt, responses } = basicResponse(bytes).tbsResponseData
    const said = responseExtensions.find(({ extnID }) => extnID === NONCE)
    const isOurs = said === undefined || nonce.equals(Buffer.from(said.extnValue.getValue()))
    const times = [producedAt, ...responses.map(({ thisUpdate }) => thisUpdate)]
    return isOurs && times.every((time) => time.getTime() <= nowMs + SKEW_MS)
  } catch {
    return false
  }
}

function isPresentList(bytes: Uint8Array<ArrayBuffer>, nowMs: number): boolean {
  try {
    return CertificateRevocationList.fromBER(bytes).thisUpdate.value.getTime() <= nowMs + SKEW_MS
  } catch {
    return false
  }
}
