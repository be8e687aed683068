import { createHash } from 'node:crypto'
import * as asn1js from 'asn1js'
import { AlgorithmIdentifier, MessageImprint, PKIStatus, TimeStampReq, TimeStampResp, TSTInfo } from 'pkijs'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { readCms } from '../signatures/cms-signature.ts'
import { AuthorityLine } from '../validation/authority-line.ts'

/** Where time-stamps come from. */
export interface TimeStampSource {
  readonly fetch: typeof globalThis.fetch
  /** Address of a time-stamping authority (RFC 3161 over HTTP). */
  readonly timeStampUrl: string
  /** Longest time for one time-stamp. Unit: ms, default 20,000. */
  readonly timeoutMs?: number
}

const SHA_256 = '2.16.840.1.101.3.4.2.1'
const NONCE_BYTES = 16
const MAX_TOKEN_BYTES = 65_536
/** RFC 3161, 2.4.2. */
const GRANTED: ReadonlySet<PKIStatus> = new Set([PKIStatus.granted, PKIStatus.grantedWithMods])

/**
 * Asks a time-stamping authority (RFC 3161) for the time at which a signature existed. That the token is of this signature and answers this
 * question is checked here; who signed it, and whether to believe it, is the verifier's work.
 *
 * @returns the token: a CMS
 * @throws WuslaError `time_stamp_unavailable`
 */
export async function requestTimeStamp(
  stamped: Uint8Array,
  { fetch, timeStampUrl, timeoutMs = 20_000 }: TimeStampSource,
): Promise<Uint8Array> {
  const imprint = createHash('sha256').update(stamped).digest()
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  // Positive, and as long as it looks: a number in DER.
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA_256, algorithmParams: new asn1js.Null() }),
      hashedMessage: new asn1js.OctetString({ valueHex: Uint8Array.from(imprint).buffer }),
    }),
    nonce: new asn1js.Integer({ valueHex: nonce.buffer }),
    certReq: true,
  })
  // One question gets a third of the time of a line.
  const answer = await new AuthorityLine(fetch, timeoutMs * 3).ask(timeStampUrl, MAX_TOKEN_BYTES, {
    type: 'application/timestamp-query',
    bytes: new Uint8Array(request.toSchema().toBER()),
  })
  if (!answer.ok) throw unavailable(answer.reason)
  return await tokenIn(answer.bytes, imprint, nonce)
}

async function tokenIn(
  bytes: Uint8Array<ArrayBuffer>,
  imprint: Buffer,
  nonce: Uint8Array,
): Promise<Uint8Array> {
  let response
  try {
    response = TimeStampResp.fromBER(bytes)
  } catch {
    throw unavailable('unreadable')
  }
  const { status, timeStampToken } = response
  if (!GRANTED.has(status.status) || timeStampToken === undefined) throw unavailable('not_granted')
  const token = new Uint8Array(timeStampToken.toSchema().toBER())
  let info
  try {
    const { data } = await readCms(token)
    info = TSTInfo.fromBER(data.encapContentInfo.eContent?.getValue() ?? new ArrayBuffer())
  } catch {
    throw unavailable('unreadable')
  }
  const isOurs =
    imprint.equals(Buffer.from(info.messageImprint.hashedMessage.getValue())) &&
    info.nonce !== undefined &&
    Buffer.from(info.nonce.valueBlock.valueHexView).equals(nonce)
  if (!isOurs) throw unavailable('of_something_else')
  return token
}

function unavailable(reason: string): WuslaError {
  return new WuslaError('time_stamp_unavailable', { details: { reason } })
}
