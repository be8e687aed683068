import { createHash } from 'node:crypto'
import { type Certificate, TSTInfo } from 'pkijs'
import { certificatePath, commonName, extendedUsage, isTestPath } from './certificate-path.ts'
import { readCms, verifyCms } from './cms-signature.ts'
import { need, readOr, Refusal } from './refusal.ts'
import { strongDigest } from './strong-algorithms.ts'

/** A time that a trusted authority vouches for. */
export interface TrustedTime {
  readonly time: Date
  readonly authority: string
  readonly isTest: boolean
}

const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'

/**
 * Verifies a time-stamp token (RFC 3161) over `stamped`.
 *
 * @param token - CMS in BER
 * @throws Refusal `time_stamp_invalid`, `weak_algorithm`
 */
export async function verifyTimeStamp(
  token: Uint8Array,
  stamped: Uint8Array,
  others: readonly Certificate[],
  roots: readonly Certificate[],
): Promise<TrustedTime> {
  try {
    const cms = await readCms(token, others)
    const content = cms.data.encapContentInfo.eContent
    need(content !== undefined, 'time_stamp_invalid', 'empty')
    const bytes = content.getValue()
    const info = await readOr('time_stamp_invalid', () => TSTInfo.fromBER(bytes))
    const { hashAlgorithm, hashedMessage } = info.messageImprint
    const imprint = createHash(strongDigest(hashAlgorithm)).update(stamped).digest()
    need(imprint.equals(Buffer.from(hashedMessage.getValue())), 'time_stamp_invalid', 'of something else')
    await verifyCms(cms, new Uint8Array(bytes), TST_INFO)
    const { purposes, isCritical } = extendedUsage(cms.certificate)
    const isForTime = isCritical && purposes.length === 1 && purposes[0] === TIME_STAMPING
    need(isForTime, 'time_stamp_invalid', 'the certificate is not for time-stamps')
    const path = await certificatePath(cms.certificate, [...cms.certificates, ...others], roots, info.genTime)
    return { time: info.genTime, authority: commonName(cms.certificate.subject), isTest: isTestPath(path) }
  } catch (cause) {
    if (!(cause instanceof Refusal) || cause.code === 'weak_algorithm') throw cause
    throw new Refusal('time_stamp_invalid', cause.code === 'time_stamp_invalid' ? undefined : cause.code)
  }
}
