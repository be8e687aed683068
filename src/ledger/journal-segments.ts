import { join } from 'node:path'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { FileSystem } from './file-system.ts'
import {
  SEGMENT_HEADER_BYTES,
  decodeSegmentHeader,
  encodeSegmentHeader,
  parseSegmentName,
  segmentName,
} from './journal-format.ts'
import type { SegmentHeader } from './journal-format.ts'

/**
 * Space is made in steps of this many zero bytes. Writing over space that exists costs the disk half of what
 * growing a file costs, since nothing but data has to become durable.
 */
export const SPACE_STEP_BYTES: number = 256 * 1024

/** Where a segment of this journal lies. */
export function segmentPath(directory: string, firstSequence: number): string {
  return join(directory, segmentName(firstSequence))
}

/** First sequences of the segments of a directory, ascending. Left-overs of unfinished segments are removed. */
export async function listSegments(fs: FileSystem, directory: string): Promise<number[]> {
  const sequences: number[] = []
  for (const name of await fs.list(directory)) {
    const sequence = parseSegmentName(name)
    if (sequence !== undefined) sequences.push(sequence)
    else if (name.endsWith('.seg.new')) await fs.remove(join(directory, name))
  }
  return sequences.sort((a, b) => a - b)
}

/**
 * Makes an empty segment. When the promise resolves the file, its header, its first space and its name are
 * durable; a segment is never visible under its name without them.
 */
export async function createSegment(fs: FileSystem, directory: string, header: SegmentHeader): Promise<void> {
  const path = segmentPath(directory, header.firstSequence)
  const bytes = Buffer.alloc(SPACE_STEP_BYTES)
  encodeSegmentHeader(header).copy(bytes)
  const fd = await fs.open(`${path}.new`, 'replace')
  try {
    await fs.write(fd, bytes, 0)
    await fs.sync(fd)
  } finally {
    await fs.close(fd)
  }
  await fs.rename(`${path}.new`, path)
  await fs.syncDirectory(directory)
}

/**
 * The header of an open segment.
 *
 * @throws WuslaError `ledger_corrupt` when it is damaged or belongs to another segment
 */
export async function readSegmentHeader(
  fs: FileSystem,
  fd: number,
  firstSequence: number,
): Promise<SegmentHeader> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  const count = await fs.read(fd, bytes, 0)
  const header = decodeSegmentHeader(bytes.subarray(0, count))
  if (header?.firstSequence !== firstSequence) {
    throw new WuslaError('ledger_corrupt', { details: { segment: firstSequence, part: 'segment header' } })
  }
  return header
}
