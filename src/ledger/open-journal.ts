import { randomInt } from 'node:crypto'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { ActiveSegment } from './active-segment.ts'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import { SEGMENT_HEADER_BYTES } from './journal-format.ts'
import { createSegment, listSegments, readSegmentHeader, segmentPath } from './journal-segments.ts'
import { Journal } from './journal.ts'
import type { JournalEvent } from './journal-state.ts'
import { SegmentIndex } from './segment-index.ts'
import { findSegmentEnd } from './segment-recovery.ts'
import type { SegmentEnd } from './segment-recovery.ts'

/** How a journal is opened. */
export interface JournalOptions {
  /** Where the segments lie; must be there. */
  readonly directory: string
  /** Makes the first segment when there is none; otherwise that is `ledger_missing`. */
  readonly create: boolean
  /** A segment is closed before it grows over this. Default 64 MiB, at most 1 GiB. */
  readonly segmentBytes?: number
  /** Appends are refused when this many bytes wait for the disk. Default 64 MiB. */
  readonly maxWaitingBytes?: number
  /**
   * Every sequence below this is known to have been acknowledged (a checkpoint says so). A journal that ends
   * before is `ledger_corrupt`, and nothing is cut off. Default 0.
   */
  readonly acknowledged?: number
  readonly fs?: FileSystem
  readonly clock: Clock
  readonly onEvent: EventSink<JournalEvent>
}

const MIB = 1024 * 1024
const DEFAULT_BYTES = 64 * MIB
const MAX_SEGMENT_BYTES = 1024 * MIB
const SALT_LIMIT = 2 ** 32

/**
 * Opens a journal: finds its end, cuts off a group that was not written whole, and makes sure that what is
 * left is on the disk before anybody builds on it.
 *
 * @throws WuslaError `ledger_missing`, `ledger_corrupt`; errors of the system as they are
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { directory, fs = nodeFileSystem, onEvent } = options
  const segments = await prepareSegments(fs, options)
  const last = segments.at(-1) ?? 0
  const fd = await fs.open(segmentPath(directory, last), 'durable')
  try {
    const { salt } = await readSegmentHeader(fs, fd, last)
    const index = new SegmentIndex(last)
    const bytes = await fs.size(fd)
    const file = { fd, salt, offset: SEGMENT_HEADER_BYTES, sequence: last, bytes }
    const end = await findSegmentEnd(fs, file, ({ sequence, offset }) => index.add(sequence, offset))
    checkEnd(end, last, options.acknowledged ?? 0)
    const space = await secureEnd(fs, fd, end, bytes)
    if (end.state === 'torn') {
      const cut = { directory, sequence: end.nextSequence, bytes: bytes - end.offset }
      onEvent({ kind: 'journal_tail_cut', ...cut })
    }
    return new Journal({
      fs,
      directory,
      salt,
      segments,
      active: new ActiveSegment(fs, { fd, firstSequence: last, index, end: end.offset, space }),
      nextSequence: end.nextSequence,
      segmentBytes: Math.min(options.segmentBytes ?? DEFAULT_BYTES, MAX_SEGMENT_BYTES),
      maxWaitingBytes: options.maxWaitingBytes ?? DEFAULT_BYTES,
      clock: options.clock,
      onEvent,
    })
  } catch (cause) {
    await fs.close(fd)
    throw cause
  }
}

async function prepareSegments(fs: FileSystem, options: JournalOptions): Promise<number[]> {
  const { directory } = options
  const segments = await listSegments(fs, directory)
  if (segments.length > 0) {
    // The sync of a new segment's name may have failed last time.
    await fs.syncDirectory(directory)
    return segments
  }
  if (!options.create) throw new WuslaError('ledger_missing', { details: { directory } })
  await createSegment(fs, directory, {
    firstSequence: 0,
    createdMs: options.clock.nowMs(),
    salt: randomInt(SALT_LIMIT),
  })
  return [0]
}

function checkEnd(end: SegmentEnd, segment: number, acknowledged: number): void {
  const details = { segment, sequence: end.nextSequence, offset: end.offset, acknowledged }
  if (end.state === 'damaged') throw new WuslaError('ledger_corrupt', { details })
  if (end.nextSequence < acknowledged) throw new WuslaError('ledger_corrupt', { details })
}

/**
 * Cuts a torn group off and writes the last whole group once more. Its write may have failed after it reached
 * the memory of the system: then it reads well, is not on the disk, and no later sync would say so. Writing
 * the same bytes again does no harm to a group that is there. Returns the new length of the file.
 */
async function secureEnd(fs: FileSystem, fd: number, end: SegmentEnd, bytes: number): Promise<number> {
  let space = bytes
  if (end.state === 'torn') {
    await fs.truncate(fd, end.offset)
    space = end.offset
  }
  const group = Buffer.allocUnsafe(end.offset - end.lastGroupOffset)
  const count = await fs.read(fd, group, end.lastGroupOffset)
  if (count !== group.length) throw new WuslaError('ledger_corrupt', { details: { offset: end.offset } })
  await fs.writeDurably(fd, [group], end.lastGroupOffset)
  await fs.sync(fd)
  return space
}
