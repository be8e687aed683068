import * as asn1js from 'asn1js'
import {
  BasicOCSPResponse,
  Certificate,
  type CertID,
  OCSPRequest,
  OCSPResponse,
  ResponseBytes,
  SingleResponse,
} from 'pkijs'
import { signingKeyOf } from './keyed-certificate.ts'
import type { TestAuthority } from './test-authority.ts'

const BASIC = '1.3.6.1.5.5.7.48.1.1'
const NONCE = '1.3.6.1.5.5.7.48.1.2'
const MALFORMED_REQUEST = 1

/** An answer is repeated this long. Unit: ms. */
const VALID_MS = 3_600_000

/** When each revoked certificate was revoked, by its serial number in lower-case hexadecimal. */
export type Revocations = ReadonlyMap<string, Date>

/** Answers a question for the status of certificates of the issuing authority (RFC 6960); a nonce is sent back. */
export async function answerStatus(
  bytes: Uint8Array<ArrayBuffer>,
  authority: TestAuthority,
  revoked: Revocations,
  at: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  const now = wholeSeconds(at)
  const request = readRequest(bytes)
  if (request === undefined) return encode(new OCSPResponse({ responseStatus: statusOf(MALFORMED_REQUEST) }))
  const issued = new Set(
    [...Object.values(authority.persons), authority.timeStamp, authority.ocsp, authority.seal].map(
      ({ certificate }) => serialOf(Certificate.fromBER(certificate).serialNumber),
    ),
  )
  const responder = Certificate.fromBER(authority.ocsp.certificate)
  const basic = new BasicOCSPResponse()
  basic.tbsResponseData.responderID = responder.subject
  basic.tbsResponseData.producedAt = now
  basic.tbsResponseData.responses = request.tbsRequest.requestList.map(({ reqCert }) =>
    single(reqCert, issued, revoked, now),
  )
  const nonce = request.tbsRequest.requestExtensions?.find(({ extnID }) => extnID === NONCE)
  if (nonce !== undefined) basic.tbsResponseData.responseExtensions = [nonce]
  basic.certs = [responder]
  await basic.sign(await signingKeyOf(authority.ocsp), 'SHA-256')
  const response = new asn1js.OctetString({ valueHex: basic.toSchema().toBER() })
  const responseBytes = new ResponseBytes({ responseType: BASIC, response })
  return encode(new OCSPResponse({ responseStatus: statusOf(0), responseBytes }))
}

/** RFC 5280 section 4.1.2.5.2 knows no fractions of a second, and NSS refuses an answer that has them. */
export function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000)
}

export function serialOf(serialNumber: asn1js.Integer): string {
  return Buffer.from(serialNumber.valueBlock.valueHexView).toString('hex')
}

function single(
  certID: CertID,
  issued: ReadonlySet<string>,
  revoked: Revocations,
  now: Date,
): SingleResponse {
  const serial = serialOf(certID.serialNumber)
  return new SingleResponse({
    certID,
    certStatus: certStatus(revoked.get(serial), issued.has(serial)),
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + VALID_MS),
  })
}

/** CertStatus of RFC 6960 section 4.2.1: good [0], revoked [1] with its time, unknown [2]. */
function certStatus(revokedAt: Date | undefined, isIssued: boolean): asn1js.Primitive | asn1js.Constructed {
  if (revokedAt !== undefined) {
    const value = [new asn1js.GeneralizedTime({ valueDate: wholeSeconds(revokedAt) })]
    return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 1 }, value })
  }
  return new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: isIssued ? 0 : 2 } })
}

function readRequest(bytes: Uint8Array<ArrayBuffer>): OCSPRequest | undefined {
  try {
    return OCSPRequest.fromBER(bytes)
  } catch {
    // Whatever the bytes are, they are no request; the answer says so.
    return undefined
  }
}

function statusOf(value: number): asn1js.Enumerated {
  return new asn1js.Enumerated({ value })
}

function encode(response: OCSPResponse): Uint8Array<ArrayBuffer> {
  return new Uint8Array(response.toSchema().toBER())
}
