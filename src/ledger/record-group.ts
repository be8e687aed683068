import type { WuslaError } from '../protocol/wusla-error.ts'
import { RECORD_HEADER_BYTES, putRecord } from './journal-format.ts'
import { SegmentIndex } from './segment-index.ts'
import type { RecordSpot } from './segment-index.ts'

/**
 * Told once about a record: without an error it is durable under this sequence, with one nobody knows whether
 * it is. Called on the way of every record: it must be short and must not throw.
 */
export type AppendDone = (error: WuslaError | undefined, sequence: number) => void

const START_BYTES = 64 * 1024
/** A buffer that one burst made larger than this is not kept. */
const KEEP_BYTES = 4 * 1024 * 1024

/** Records gathered for one durable write. */
export class RecordGroup {
  readonly #salt: number
  #buffer: Buffer
  #used = 0
  #firstSequence = 0
  #waiting: AppendDone[] = []
  #spots: RecordSpot[] = []

  constructor(salt: number) {
    this.#salt = salt
    this.#buffer = Buffer.allocUnsafeSlow(START_BYTES)
  }

  /** How many records are in the group. */
  get count(): number {
    return this.#waiting.length
  }

  /** Bytes gathered so far. */
  get size(): number {
    return this.#used
  }

  /** What is to be written; valid until {@link reset}. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used)
  }

  /** Records whose place an index keeps, with offsets from the beginning of the group. */
  get spots(): readonly RecordSpot[] {
    return this.#spots
  }

  /** Copies a record into the group. */
  add(sequence: number, record: Uint8Array, done: AppendDone): void {
    const start = this.#used
    const end = start + RECORD_HEADER_BYTES + record.length
    if (end > this.#buffer.length) this.#grow(end)
    if (this.#waiting.length === 0) this.#firstSequence = sequence
    this.#used = putRecord(this.#buffer, start, record, { sequence, distance: start, salt: this.#salt })
    if (SegmentIndex.keeps(sequence)) this.#spots.push({ sequence, offset: start })
    this.#waiting.push(done)
  }

  /** Tells every waiting caller. */
  settle(error: WuslaError | undefined): void {
    let sequence = this.#firstSequence
    for (const done of this.#waiting) {
      done(error, sequence)
      sequence += 1
    }
  }

  /** Empties the group for its next use. */
  reset(): void {
    this.#used = 0
    this.#waiting = []
    this.#spots = []
    if (this.#buffer.length > KEEP_BYTES) this.#buffer = Buffer.allocUnsafeSlow(START_BYTES)
  }

  #grow(needed: number): void {
    let size = this.#buffer.length
    while (size < needed) size *= 2
    const larger = Buffer.allocUnsafeSlow(size)
    this.#buffer.copy(larger, 0, 0, this.#used)
    this.#buffer = larger
  }
}
