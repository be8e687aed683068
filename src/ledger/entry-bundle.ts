import { MAX_ENTRY_BYTES } from '../protocol/limits.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/**
 * Entry bundles (c2sp.org/tlog-tiles):
 *
 *     repeated 1 to 256 times: u16 length (big-endian) || entry
 */
const LENGTH_BYTES = 2

/**
 * The bundle of these entries.
 *
 * @throws WuslaError `entry_too_large`
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Buffer {
  const total = entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0)
  const bundle = Buffer.allocUnsafe(total)
  let offset = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new WuslaError('entry_too_large')
    offset = bundle.writeUInt16BE(entry.length, offset)
    bundle.set(entry, offset)
    offset += entry.length
  }
  return bundle
}

/**
 * The entries of a bundle: exactly `count` of them, or undefined when the bytes are not that. The entries are
 * views into `bundle`. Whether they belong to a ledger is shown only by their hashes.
 */
export function decodeEntryBundle(bundle: Uint8Array, count: number): Buffer[] | undefined {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length)
  const entries: Buffer[] = []
  let offset = 0
  while (entries.length < count) {
    if (offset + LENGTH_BYTES > bytes.length) return undefined
    const start = offset + LENGTH_BYTES
    offset = start + bytes.readUInt16BE(offset)
    if (offset > bytes.length) return undefined
    entries.push(bytes.subarray(start, offset))
  }
  return offset === bytes.length ? entries : undefined
}
