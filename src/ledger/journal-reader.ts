import { WuslaError } from '../protocol/wusla-error.ts'
import type { ActiveSegment } from './active-segment.ts'
import { openIfThere } from './durable-file.ts'
import { isMissing } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import type { SegmentHeader } from './journal-format.ts'
import { JournalIndex } from './journal-index.ts'
import { readSegmentHeader, segmentPath } from './journal-segments.ts'
import { RecordReader } from './record-reader.ts'

/** A durable record. `record` stays valid. */
export interface JournalRecord {
  readonly sequence: number
  readonly record: Buffer
}

/** The live facts of a journal, asked anew at every step: segments come and go while somebody reads. */
export interface JournalView {
  segments(): readonly number[]
  committed(): number
  active(): ActiveSegment
}

/** A single record is looked for in small windows. */
const POINT_WINDOW_BYTES = 16 * 1024

/** Reads durable records; never touches what is still being written. */
export class JournalReader {
  readonly #fs: FileSystem
  readonly #directory: string
  readonly #view: JournalView
  readonly #index: JournalIndex

  constructor(fs: FileSystem, directory: string, view: JournalView) {
    this.#fs = fs
    this.#directory = directory
    this.#view = view
    this.#index = new JournalIndex(fs)
  }

  /** The segment was closed: its index is complete. */
  keepIndex(segment: ActiveSegment): void {
    this.#index.keep(segment.firstSequence, segment.index)
  }

  /** Removes the file of a segment that is no longer in the view. */
  async remove(firstSequence: number): Promise<void> {
    this.#index.forget(firstSequence)
    try {
      await this.#fs.remove(segmentPath(this.#directory, firstSequence))
    } catch (cause) {
      if (!isMissing(cause)) throw cause
    }
  }

  /** The header of a segment, or undefined when it was removed. */
  async header(firstSequence: number): Promise<SegmentHeader | undefined> {
    const fd = await openIfThere(this.#fs, segmentPath(this.#directory, firstSequence))
    if (fd === undefined) return undefined
    try {
      return await readSegmentHeader(this.#fs, fd, firstSequence)
    } finally {
      await this.#fs.close(fd)
    }
  }

  /** A durable record, or undefined. */
  async read(sequence: number): Promise<Buffer | undefined> {
    for await (const batch of this.#segmentBatches(sequence, POINT_WINDOW_BYTES)) {
      const found = batch.find((record) => record.sequence === sequence)
      if (found !== undefined) return found.record
    }
    return undefined
  }

  /** Durable records in order, as many at a time as one read brought. */
  async *batches(fromSequence: number): AsyncGenerator<readonly JournalRecord[]> {
    let sequence = fromSequence
    while (sequence < this.#view.committed()) {
      // Records may have been removed since the last step, never added in front.
      sequence = Math.max(sequence, this.#view.segments()[0] ?? 0)
      const before = sequence
      for await (const batch of this.#segmentBatches(sequence)) {
        const wanted = batch.filter((record) => record.sequence >= sequence)
        if (wanted.length > 0) yield wanted
        sequence = Math.max(sequence, (batch.at(-1)?.sequence ?? 0) + 1)
      }
      // Nothing came, and nobody has taken the segment out of the view: its file is gone.
      if (sequence === before && (this.#view.segments()[0] ?? Infinity) <= sequence) {
        throw new WuslaError('ledger_corrupt', { details: { sequence, part: 'segment' } })
      }
    }
  }

  /** Records of the one segment that holds `sequence`, from a little before it on; none if it was removed. */
  async *#segmentBatches(sequence: number, windowBytes?: number): AsyncGenerator<readonly JournalRecord[]> {
    const at = this.#view.segments().findLastIndex((first) => first <= sequence)
    const firstSequence = this.#view.segments()[at]
    if (firstSequence === undefined || sequence >= this.#view.committed()) return
    const nextSequence = this.#view.segments()[at + 1] ?? this.#view.committed()
    const active = this.#view.active()
    const isActive = active.firstSequence === firstSequence
    const activeEnd = active.end
    // Its own descriptor: the one of the writer may be closed at any moment.
    const fd = await openIfThere(this.#fs, segmentPath(this.#directory, firstSequence))
    if (fd === undefined) return
    try {
      const { salt } = await readSegmentHeader(this.#fs, fd, firstSequence)
      const endOffset = isActive ? activeEnd : await this.#fs.size(fd)
      const index = isActive ? active.index : await this.#index.of({ fd, firstSequence, nextSequence })
      const start = { fd, salt, ...index.spotBefore(sequence), endOffset }
      const reader = new RecordReader(this.#fs, windowBytes === undefined ? start : { ...start, windowBytes })
      yield* this.#drain(reader, firstSequence, nextSequence)
    } finally {
      await this.#fs.close(fd)
    }
  }

  async *#drain(
    reader: RecordReader,
    firstSequence: number,
    nextSequence: number,
  ): AsyncGenerator<readonly JournalRecord[]> {
    while (reader.sequence < nextSequence) {
      const records = await reader.next()
      if (records.length === 0) {
        const details = { segment: firstSequence, sequence: reader.sequence, offset: reader.offset }
        throw new WuslaError('ledger_corrupt', { details })
      }
      yield records
    }
  }
}
