import type { FileSystem } from './file-system.ts'
import { RECORD_HEADER_BYTES, RECORD_MARK, MAX_RECORD_BYTES, takeRecord } from './journal-format.ts'
import { RecordReader } from './record-reader.ts'
import type { PlacedRecord } from './record-reader.ts'

/** What the last segment of a journal holds after a restart. */
export interface SegmentEnd {
  /**
   * `clean`: nothing but zero bytes follows the last record. `torn`: a group was not written whole; none of it
   * was acknowledged. `damaged`: a record is broken before others that were acknowledged after it.
   */
  readonly state: 'clean' | 'torn' | 'damaged'
  /** Offset behind the last good record. */
  readonly offset: number
  readonly nextSequence: number
  /** Where the last group begins; equal to `offset` when there is no record. */
  readonly lastGroupOffset: number
}

/** The open segment that is looked at. */
export interface SegmentFile {
  readonly fd: number
  readonly salt: number
  readonly offset: number
  readonly sequence: number
  readonly bytes: number
}

/** Walks the segment to its end; `seen` gets every good record. */
export async function findSegmentEnd(
  fs: FileSystem,
  file: SegmentFile,
  seen: (record: PlacedRecord) => void,
): Promise<SegmentEnd> {
  const { fd, salt, offset, sequence, bytes } = file
  const reader = new RecordReader(fs, { fd, salt, offset, sequence, endOffset: bytes })
  let lastGroupOffset = offset
  for (let records = await reader.next(); records.length > 0; records = await reader.next()) {
    for (const record of records) {
      seen(record)
      lastGroupOffset = record.offset - record.distance
    }
  }
  const end = reader.offset
  const state = await judgeRest(fs, file, end)
  return { state, offset: end, nextSequence: reader.sequence, lastGroupOffset }
}

/** Bytes looked at in one step; the next step begins early enough to see a record that crosses the border. */
const STEP_BYTES = 4 * 1024 * 1024
const OVERLAP_BYTES = RECORD_HEADER_BYTES + MAX_RECORD_BYTES

async function judgeRest(fs: FileSystem, file: SegmentFile, end: number): Promise<SegmentEnd['state']> {
  let state: SegmentEnd['state'] = 'clean'
  const buffer = Buffer.allocUnsafe(Math.min(STEP_BYTES, file.bytes - end))
  for (let at = end; at < file.bytes; at += STEP_BYTES - OVERLAP_BYTES) {
    const rest = buffer.subarray(0, Math.min(STEP_BYTES, file.bytes - at))
    const filled = rest.subarray(0, await fs.read(file.fd, rest, at))
    if (state === 'clean' && !isZero(filled)) state = 'torn'
    if (state === 'torn' && holdsLaterGroup(filled, at, end, file.salt)) return 'damaged'
  }
  return state
}

/** Whether every byte is zero: the first one is, and each equals the one before it. */
function isZero(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1)))
}

/** Whether a record stands in `bytes` whose group began after `end`: then what is broken at `end` was durable. */
function holdsLaterGroup(bytes: Buffer, bytesOffset: number, end: number, salt: number): boolean {
  for (let at = bytes.indexOf(RECORD_MARK); at >= 0; at = bytes.indexOf(RECORD_MARK, at + 1)) {
    const found = takeRecord(bytes, at, salt)
    if (found.kind === 'record' && bytesOffset + at - found.distance > end) return true
  }
  return false
}
