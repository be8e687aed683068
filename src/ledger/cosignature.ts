/**
 * Ed25519 cosignatures (c2sp.org/tlog-cosignature, type 0x04). What follows the key id in the note line:
 *
 *     u64 POSIX seconds (big-endian) || 64 bytes Ed25519
 *
 * over "cosignature/v1\n" || "time " || seconds || "\n" || text of the checkpoint.
 */
const TIME_BYTES = 8
const SIGNATURE_BYTES = 64

/** What a cosigner signs: that at this time this was the largest consistent tree it had seen. */
export function cosignedMessage(text: string, timeSeconds: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`, 'utf8')
}

/**
 * The time of a cosignature, in POSIX seconds; undefined when the bytes are not a cosignature or name a time
 * that no clock here can reach (2^53 seconds and later).
 */
export function cosignatureTime(signature: Buffer): number | undefined {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined
  const seconds = Number(signature.readBigUInt64BE(0))
  return Number.isSafeInteger(seconds) ? seconds : undefined
}

/** Time and Ed25519 signature as they stand behind the key id. */
export function encodeCosignature(timeSeconds: number, signature: Uint8Array): Buffer {
  const time = Buffer.alloc(TIME_BYTES)
  time.writeBigUInt64BE(BigInt(timeSeconds))
  return Buffer.concat([time, signature])
}
