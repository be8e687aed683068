import * as asn1js from 'asn1js'
import {
  AlgorithmIdentifier,
  Attribute,
  MessageImprint,
  SignedAndUnsignedAttributes,
  type SignedData,
  TimeStampReq,
  TimeStampResp,
} from 'pkijs'
import { DocumentError } from './document-error.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const SIGNATURE_TIME_STAMP = '1.2.840.113549.1.9.16.2.14'
const TIME_LIMIT_MS = 20_000

/** Has the signature stamped and carries the token as its unsigned attribute: from B-B to B-T. */
export async function stampSignature(signed: SignedData, url: string): Promise<void> {
  const [signer] = signed.signerInfos
  if (signer === undefined) throw new TypeError('nobody signed')
  const token = await requestTimeStamp(new Uint8Array(signer.signature.valueBlock.valueHexView), url)
  signer.unsignedAttrs = new SignedAndUnsignedAttributes({
    type: 1,
    attributes: [new Attribute({ type: SIGNATURE_TIME_STAMP, values: [token.toSchema()] })],
  })
}

async function requestTimeStamp(
  stamped: Uint8Array<ArrayBuffer>,
  url: string,
): Promise<NonNullable<TimeStampResp['timeStampToken']>> {
  const nonce = crypto.getRandomValues(new Uint8Array(8))
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA256, algorithmParams: new asn1js.Null() }),
      hashedMessage: new asn1js.OctetString({ valueHex: await crypto.subtle.digest('SHA-256', stamped) }),
    }),
    nonce: new asn1js.Integer({ valueHex: nonce.buffer }),
    certReq: true,
  })
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query' },
    body: new Uint8Array(request.toSchema().toBER()),
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  })
  if (!response.ok) throw unavailable(`answered ${response.status}`)
  const { timeStampToken } = TimeStampResp.fromBER(await response.arrayBuffer())
  if (timeStampToken === undefined) throw unavailable('gave no token')
  return timeStampToken
}

function unavailable(what: string): DocumentError {
  return new DocumentError('no_time_stamp', `the time-stamping authority ${what}`)
}
