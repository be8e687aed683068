import * as asn1js from 'asn1js'
import {
  Certificate,
  CertificateRevocationList,
  Extension,
  Extensions,
  RevokedCertificate,
  Time,
} from 'pkijs'
import { type Revocations, wholeSeconds } from './answer-status.ts'
import { signingKeyOf, type KeyedCertificate } from './keyed-certificate.ts'

/** A list is repeated this long. Unit: ms. */
const VALID_MS = 3_600_000

const SUBJECT_KEY = '2.5.29.14'
const AUTHORITY_KEY = '2.5.29.35'
const LIST_NUMBER = '2.5.29.20'

/** UTCTime, as RFC 5280 section 5.1.2.4 wants it until 2049. */
const UTC_TIME = 0

/** The certificate revocation list of an authority (RFC 5280 section 5), DER. */
export async function revocationList(
  authority: KeyedCertificate,
  revoked: Revocations,
  now: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  const certificate = Certificate.fromBER(authority.certificate)
  const list = new CertificateRevocationList({
    version: 1,
    issuer: certificate.subject,
    thisUpdate: timeOf(now),
    nextUpdate: timeOf(new Date(now.getTime() + VALID_MS)),
    crlExtensions: new Extensions({ extensions: extensionsOf(certificate, now) }),
    ...(revoked.size === 0 ? {} : { revokedCertificates: [...revoked].map(entryOf) }),
  })
  await list.sign(await signingKeyOf(authority), 'SHA-256')
  return new Uint8Array(list.toSchema(true).toBER())
}

function entryOf([serial, at]: readonly [string, Date]): RevokedCertificate {
  const userCertificate = new asn1js.Integer({ valueHex: Uint8Array.from(Buffer.from(serial, 'hex')).buffer })
  return new RevokedCertificate({ userCertificate, revocationDate: timeOf(at) })
}

/** The key that signs, and a number that grows. */
function extensionsOf(certificate: Certificate, now: Date): Extension[] {
  const subjectKey = certificate.extensions?.find(({ extnID }) => extnID === SUBJECT_KEY)
  if (subjectKey === undefined) throw new TypeError('an authority names its key')
  const keyId = asn1js.fromBER(subjectKey.extnValue.valueBlock.valueHexView).result as asn1js.OctetString
  const tagged = new asn1js.Primitive({
    idBlock: { tagClass: 3, tagNumber: 0 },
    valueHex: keyId.valueBlock.valueHexView.slice().buffer,
  })
  const number = new asn1js.Integer({ value: Math.floor(now.getTime() / 1_000) })
  return [
    new Extension({ extnID: AUTHORITY_KEY, extnValue: new asn1js.Sequence({ value: [tagged] }).toBER() }),
    new Extension({ extnID: LIST_NUMBER, extnValue: number.toBER() }),
  ]
}

function timeOf(at: Date): Time {
  return new Time({ type: UTC_TIME, value: wholeSeconds(at) })
}
