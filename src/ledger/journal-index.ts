import { WuslaError } from '../protocol/wusla-error.ts'
import type { FileSystem } from './file-system.ts'
import { SEGMENT_HEADER_BYTES } from './journal-format.ts'
import { readSegmentHeader } from './journal-segments.ts'
import { RecordReader } from './record-reader.ts'
import { SegmentIndex } from './segment-index.ts'

/** Indexes of closed segments that are kept; one takes about 1 % of its segment at most. */
const KEPT_INDEXES = 32

/** A closed segment, open for reading. */
export interface ClosedSegment {
  readonly fd: number
  readonly firstSequence: number
  /** The first sequence of the segment after it. */
  readonly nextSequence: number
}

/** Indexes of closed segments, made by one walk through the segment when they are first needed. */
export class JournalIndex {
  readonly #fs: FileSystem
  readonly #kept = new Map<number, SegmentIndex>()

  constructor(fs: FileSystem) {
    this.#fs = fs
  }

  /** Keeps an index that is complete: its segment has just been closed. */
  keep(firstSequence: number, index: SegmentIndex): void {
    this.#kept.delete(firstSequence)
    this.#kept.set(firstSequence, index)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_INDEXES) break
      this.#kept.delete(oldest)
    }
  }

  /** Forgets the index of a removed segment. */
  forget(firstSequence: number): void {
    this.#kept.delete(firstSequence)
  }

  /** The index of a closed segment. @throws WuslaError `ledger_corrupt` */
  async of(segment: ClosedSegment): Promise<SegmentIndex> {
    const kept = this.#kept.get(segment.firstSequence)
    const index = kept ?? (await this.#walk(segment))
    this.keep(segment.firstSequence, index)
    return index
  }

  async #walk(segment: ClosedSegment): Promise<SegmentIndex> {
    const { fd, firstSequence, nextSequence } = segment
    const { salt } = await readSegmentHeader(this.#fs, fd, firstSequence)
    const index = new SegmentIndex(firstSequence)
    const endOffset = await this.#fs.size(fd)
    const start = { fd, salt, offset: SEGMENT_HEADER_BYTES, sequence: firstSequence, endOffset }
    const reader = new RecordReader(this.#fs, start)
    for (let records = await reader.next(); records.length > 0; records = await reader.next()) {
      for (const { sequence, offset } of records) index.add(sequence, offset)
    }
    if (reader.sequence !== nextSequence) {
      throw new WuslaError('ledger_corrupt', {
        details: { segment: firstSequence, sequence: reader.sequence },
      })
    }
    return index
  }
}
