import { SEGMENT_HEADER_BYTES } from './journal-format.ts'

/** Every so many records one offset is kept. */
const STRIDE = 16

/** A record and its offset in a segment. */
export interface RecordSpot {
  readonly sequence: number
  readonly offset: number
}

/** Offsets of every sixteenth record of one segment: to find a record, read on from the spot before it. */
export class SegmentIndex {
  readonly #firstSequence: number
  readonly #firstKept: number
  readonly #offsets: number[] = []

  constructor(firstSequence: number) {
    this.#firstSequence = firstSequence
    this.#firstKept = Math.ceil(firstSequence / STRIDE) * STRIDE
  }

  /** Whether the offset of this record is kept. */
  static keeps(sequence: number): boolean {
    return sequence % STRIDE === 0
  }

  /** Tells the offset of a record. Records come in order, and each kept one must come. */
  add(sequence: number, offset: number): void {
    if (SegmentIndex.keeps(sequence)) this.#offsets.push(offset)
  }

  /** The nearest known spot at or before this record of the segment. */
  spotBefore(sequence: number): RecordSpot {
    const last = Math.min(Math.floor((sequence - this.#firstKept) / STRIDE), this.#offsets.length - 1)
    const offset = last < 0 ? undefined : this.#offsets[last]
    if (offset === undefined) return { sequence: this.#firstSequence, offset: SEGMENT_HEADER_BYTES }
    return { sequence: this.#firstKept + last * STRIDE, offset }
  }
}
