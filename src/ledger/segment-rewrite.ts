import { WuslaError } from '../protocol/wusla-error.ts'
import type { FileSystem } from './file-system.ts'
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, putRecord } from './journal-format.ts'
import { readSegmentHeader, segmentPath } from './journal-segments.ts'
import { RecordReader } from './record-reader.ts'
import type { PlacedRecord } from './record-reader.ts'

/** A closed segment: nothing is appended to it any more. */
export interface ClosedSegmentName {
  readonly firstSequence: number
  /** The first sequence of the segment after it. */
  readonly nextSequence: number
}

/**
 * Writes a closed segment anew with other payloads in the place of some, each as long as the one it replaces, so
 * that every offset stays. The new file takes the old one's name in one step: after a crash one of the two is
 * there, whole, and a half-written one is removed at the next open. Nobody may remove the segment meanwhile.
 *
 * @throws WuslaError `ledger_corrupt`
 * @throws RangeError when a length differs
 */
export async function rewriteSegment(
  fs: FileSystem,
  directory: string,
  segment: ClosedSegmentName,
  payloads: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  const path = segmentPath(directory, segment.firstSequence)
  const from = await fs.open(path, 'read')
  try {
    const into = await fs.open(`${path}.new`, 'replace')
    try {
      await copySegment(fs, { from, into }, segment, payloads)
      await fs.sync(into)
    } finally {
      await fs.close(into)
    }
  } finally {
    await fs.close(from)
  }
  await fs.rename(`${path}.new`, path)
  await fs.syncDirectory(directory)
}

async function copySegment(
  fs: FileSystem,
  files: { readonly from: number; readonly into: number },
  segment: ClosedSegmentName,
  payloads: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  const { from, into } = files
  const { firstSequence, nextSequence } = segment
  const { salt } = await readSegmentHeader(fs, from, firstSequence)
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  await fs.read(from, header, 0)
  await fs.write(into, header, 0)
  const endOffset = await fs.size(from)
  const start = { fd: from, salt, offset: SEGMENT_HEADER_BYTES, sequence: firstSequence, endOffset }
  const reader = new RecordReader(fs, start)
  for (let records = await reader.next(); records.length > 0; records = await reader.next()) {
    await fs.write(into, encodeRecords(records, salt, payloads), records[0]?.offset ?? 0)
  }
  if (reader.sequence !== nextSequence) {
    throw new WuslaError('ledger_corrupt', { details: { segment: firstSequence, sequence: reader.sequence } })
  }
}

function encodeRecords(
  records: readonly PlacedRecord[],
  salt: number,
  payloads: ReadonlyMap<number, Uint8Array>,
): Buffer {
  const total = records.reduce((sum, { record }) => sum + RECORD_HEADER_BYTES + record.length, 0)
  const bytes = Buffer.allocUnsafe(total)
  let offset = 0
  for (const { sequence, record, distance } of records) {
    const payload = payloads.get(sequence) ?? record
    if (payload.length !== record.length) throw new RangeError(`record ${sequence} would change its length`)
    offset = putRecord(bytes, offset, payload, { sequence, distance, salt })
  }
  return bytes
}
