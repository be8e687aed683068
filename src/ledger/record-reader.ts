import type { FileSystem } from './file-system.ts'
import { RECORD_HEADER_BYTES, takeRecord } from './journal-format.ts'

/** Bytes read at a time; a longer record gets a window of its own size. */
const WINDOW_BYTES = 256 * 1024

/** A record and where it stands in its segment. */
export interface PlacedRecord {
  readonly sequence: number
  readonly record: Buffer
  readonly offset: number
  readonly distance: number
}

/** Where to begin and what to expect there. */
export interface ReadStart {
  readonly fd: number
  readonly salt: number
  readonly offset: number
  /** Sequence of the record at `offset`. */
  readonly sequence: number
  /** Nothing at or behind this offset is read. */
  readonly endOffset: number
  /** Default 256 KiB. */
  readonly windowBytes?: number
}

/**
 * Reads the records of one segment in order, a window at a time, checking the sum and the sequence of each.
 * It stops at the first place where no further record stands; whether that is the end or damage is for the
 * caller to say.
 */
export class RecordReader {
  readonly #fs: FileSystem
  readonly #start: ReadStart
  #offset: number
  #sequence: number
  #window: number

  constructor(fs: FileSystem, start: ReadStart) {
    this.#fs = fs
    this.#start = start
    this.#offset = start.offset
    this.#sequence = start.sequence
    this.#window = start.windowBytes ?? WINDOW_BYTES
  }

  /** Offset behind the last record that was returned. */
  get offset(): number {
    return this.#offset
  }

  /** Sequence of the record expected at {@link offset}. */
  get sequence(): number {
    return this.#sequence
  }

  /** The next records; an empty array when no further one stands at {@link offset}. They stay valid. */
  async next(): Promise<PlacedRecord[]> {
    for (;;) {
      const wanted = Math.min(this.#window, this.#start.endOffset - this.#offset)
      if (wanted < RECORD_HEADER_BYTES) return []
      const buffer = Buffer.allocUnsafe(wanted)
      const filled = buffer.subarray(0, await this.#fs.read(this.#start.fd, buffer, this.#offset))
      const { records, needs } = this.#take(filled)
      if (records.length > 0) return records
      // A window that grows no more cannot show more: the file ends inside the record.
      if (needs <= filled.length || this.#offset + needs > this.#start.endOffset) return []
      if (filled.length < wanted) return []
      this.#window = needs
    }
  }

  #take(buffer: Buffer): { records: PlacedRecord[]; needs: number } {
    const records: PlacedRecord[] = []
    let at = 0
    let needs = 0
    while (at < buffer.length) {
      const found = takeRecord(buffer, at, this.#start.salt)
      if (found.kind === 'cut') needs = found.needs
      if (found.kind !== 'record' || found.sequence !== this.#sequence) break
      const { sequence, distance, payload } = found
      records.push({ sequence, record: payload, offset: this.#offset + at, distance })
      this.#sequence += 1
      at = found.end
    }
    this.#offset += at
    return { records, needs }
  }
}
