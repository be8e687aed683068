import * as asn1js from 'asn1js'
import { Accuracy, id_eContentType_TSTInfo, PKIStatusInfo, TimeStampReq, TimeStampResp, TSTInfo } from 'pkijs'
import { encodeDer, signData } from '../documents/signed-data.ts'
import { POLICIES, type TestAuthority } from './test-authority.ts'

const GRANTED = 0
const REJECTION = 2

/** The bit of PKIFailureInfo for a request that cannot be read: badDataFormat. */
const BAD_DATA_FORMAT = 5

/** The length of a SHA-256 digest, in bytes. */
const DIGEST_BYTES = 32

/** Answers a request for a time-stamp (RFC 3161). Any policy is refused but this authority's own. */
export async function answerTimeStamp(
  request: Uint8Array<ArrayBuffer>,
  { timeStamp, issuing }: TestAuthority,
  now: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  const asked = readRequest(request)
  if (asked === undefined) return rejection()
  const info = new TSTInfo({
    version: 1,
    policy: POLICIES.timeStamp,
    messageImprint: asked.messageImprint,
    serialNumber: new asn1js.Integer({ valueHex: serial() }),
    genTime: now,
    accuracy: new Accuracy({ seconds: 1 }),
    ...(asked.nonce === undefined ? {} : { nonce: asked.nonce }),
  })
  const signed = await signData({
    content: new Uint8Array(info.toSchema().toBER()),
    place: 'inside',
    contentType: id_eContentType_TSTInfo,
    signer: timeStamp,
    chain: asked.certReq === true ? [issuing.certificate] : [],
  })
  if (asked.certReq !== true) delete signed.certificates
  const token = asn1js.fromBER(encodeDer(signed)).result
  const status = new PKIStatusInfo({ status: GRANTED }).toSchema()
  return new Uint8Array(new asn1js.Sequence({ value: [status, token] }).toBER())
}

function readRequest(bytes: Uint8Array<ArrayBuffer>): TimeStampReq | undefined {
  try {
    const request = TimeStampReq.fromBER(bytes)
    const isOurPolicy = request.reqPolicy === undefined || request.reqPolicy === POLICIES.timeStamp
    const digest = request.messageImprint.hashedMessage.valueBlock.valueHexView
    return isOurPolicy && digest.byteLength >= DIGEST_BYTES ? request : undefined
  } catch {
    // Whatever the bytes are, they are no request; the answer says so.
    return undefined
  }
}

function rejection(): Uint8Array<ArrayBuffer> {
  const failInfo = new asn1js.BitString({
    valueHex: Uint8Array.of(1 << (7 - BAD_DATA_FORMAT)).buffer,
    unusedBits: 2,
  })
  const status = new PKIStatusInfo({ status: REJECTION, failInfo })
  return new Uint8Array(new TimeStampResp({ status }).toSchema().toBER())
}

/** Positive, and never the same twice. */
function serial(): ArrayBuffer {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.buffer
}
