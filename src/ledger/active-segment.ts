import type { FileSystem } from './file-system.ts'
import { SEGMENT_HEADER_BYTES } from './journal-format.ts'
import type { SegmentHeader } from './journal-format.ts'
import { SPACE_STEP_BYTES, createSegment, readSegmentHeader, segmentPath } from './journal-segments.ts'
import type { RecordGroup } from './record-group.ts'
import { SegmentIndex } from './segment-index.ts'

/** What new space is made of. One for all: it would be a quarter of a mebibyte of garbage for each step of space. */
const ZEROS: Uint8Array = Buffer.alloc(SPACE_STEP_BYTES)

/** The state of the segment that is written to. */
export interface ActiveSegmentState {
  readonly fd: number
  readonly firstSequence: number
  readonly index: SegmentIndex
  /** Offset behind the last durable record. */
  readonly end: number
  /** Length of the file: between `end` and this it holds zero bytes. */
  readonly space: number
}

/** The segment at the end of a journal: the only file that is ever written to. */
export class ActiveSegment {
  readonly #fs: FileSystem
  readonly #fd: number
  readonly firstSequence: number
  readonly index: SegmentIndex
  #end: number
  #space: number

  constructor(fs: FileSystem, state: ActiveSegmentState) {
    this.#fs = fs
    this.#fd = state.fd
    this.firstSequence = state.firstSequence
    this.index = state.index
    this.#end = state.end
    this.#space = state.space
  }

  /** Offset behind the last durable record. */
  get end(): number {
    return this.#end
  }

  get isEmpty(): boolean {
    return this.#end === SEGMENT_HEADER_BYTES
  }

  /** Writes a group; when the promise resolves it is durable. After a rejection the segment is not to be used. */
  async write(group: RecordGroup): Promise<void> {
    const bytes = group.bytes
    const at = this.#end
    const end = at + bytes.length
    if (end <= this.#space) {
      await this.#fs.writeDurably(this.#fd, [bytes], at)
    } else {
      const space = Math.ceil(end / SPACE_STEP_BYTES) * SPACE_STEP_BYTES
      await this.#fs.writeDurably(this.#fd, [bytes, ZEROS.subarray(0, space - end)], at)
      this.#space = space
    }
    for (const { sequence, offset } of group.spots) this.index.add(sequence, at + offset)
    this.#end = end
  }

  /** Gives unused space back. The zero bytes are allowed to stay, so nothing depends on it being durable. */
  async trim(): Promise<void> {
    await this.#fs.truncate(this.#fd, this.#end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fs.close(this.#fd)
  }
}

/** Makes the next segment of a journal and opens it for writing. */
export async function startSegment(
  fs: FileSystem,
  directory: string,
  header: SegmentHeader,
): Promise<ActiveSegment> {
  const { firstSequence } = header
  await createSegment(fs, directory, header)
  const fd = await fs.open(segmentPath(directory, firstSequence), 'durable')
  try {
    await readSegmentHeader(fs, fd, firstSequence)
    const index = new SegmentIndex(firstSequence)
    const space = await fs.size(fd)
    return new ActiveSegment(fs, { fd, firstSequence, index, end: SEGMENT_HEADER_BYTES, space })
  } catch (cause) {
    await fs.close(fd)
    throw cause
  }
}
