import {
  FLAG_COMPLETE,
  FLAG_RESENT,
  FRAME,
  FRAME_HEADER_BYTES,
  LENGTH_OVERHEAD_BYTES,
} from './frame-layout.ts'

/** Frames are written one behind the other into slabs of this many bytes. */
const SLAB_BYTES = 32_768

/** A body piece at least this long is handed on as it is; a shorter one is copied to save a part. */
const COPY_BELOW_BYTES = 2_048

/** A UTF-16 code unit takes at most this many bytes of UTF-8. */
const MAX_UTF8_PER_UNIT = 3

const NO_BYTES: Buffer = Buffer.alloc(0)

/**
 * A REQUEST or ANSWER frame before it has bytes. `headerBlock` is a byte string; `body` is present exactly when the
 * frame is COMPLETE.
 */
export interface MessageFrame {
  readonly type: typeof FRAME.request | typeof FRAME.answer
  readonly streamId: number
  readonly statement: string
  readonly headerBlock: string
  readonly body: Uint8Array | undefined
  /** Only for a COMPLETE REQUEST. */
  readonly isResent?: boolean
}

/**
 * Encodes frames and keeps them until {@link take}. Slab bytes are never written twice, so the parts may be given
 * to a socket that still holds them. The caller checks lengths against the protocol before it writes.
 */
export class FrameWriter {
  #slab: Buffer = NO_BYTES
  #start = 0
  #end = 0
  #parts: Uint8Array[] = []
  #partBytes = 0

  /** Bytes that wait for {@link take}. */
  get bytes(): number {
    return this.#partBytes + this.#end - this.#start
  }

  /** REQUEST or ANSWER: flags, statement, header block, inline body. */
  message(frame: MessageFrame): void {
    const { type, streamId, statement, headerBlock, body } = frame
    const bodyBytes = body === undefined ? 0 : body.length
    this.#reserve(
      FRAME_HEADER_BYTES + 9 + statement.length * MAX_UTF8_PER_UNIT + headerBlock.length + bodyBytes,
    )
    const at = this.#begin(type, streamId)
    this.#slab[this.#end++] =
      body === undefined ? 0 : frame.isResent === true ? FLAG_COMPLETE | FLAG_RESENT : FLAG_COMPLETE
    this.#sizedText(statement)
    this.#slab.writeUInt32BE(headerBlock.length, this.#end)
    this.#end += 4 + this.#slab.write(headerBlock, this.#end + 4, 'latin1')
    if (body !== undefined && bodyBytes > 0) {
      this.#slab.set(body, this.#end)
      this.#end += bodyBytes
    }
    this.#finish(at)
  }

  /** DATA. `payload` may be kept until the socket has taken it: the caller must not change it any more. */
  data(streamId: number, payload: Uint8Array): void {
    const copied = payload.length < COPY_BELOW_BYTES
    this.#reserve(FRAME_HEADER_BYTES + (copied ? payload.length : 0))
    const at = this.#begin(FRAME.data, streamId)
    this.#slab.writeUInt32BE(LENGTH_OVERHEAD_BYTES + payload.length, at)
    if (copied) {
      this.#slab.set(payload, this.#end)
      this.#end += payload.length
      return
    }
    this.#closePart()
    this.#parts.push(payload)
    this.#partBytes += payload.length
  }

  /** HELLO, FINISH, RESET, GOAWAY: the payload is one text. */
  text(type: number, streamId: number, text: string): void {
    this.#reserve(FRAME_HEADER_BYTES + text.length * MAX_UTF8_PER_UNIT)
    const at = this.#begin(type, streamId)
    this.#end += this.#slab.write(text, this.#end, 'utf8')
    this.#finish(at)
  }

  /** BATCH: the header with its length, then the seals. */
  batch(header: string, seals: string): void {
    this.#reserve(FRAME_HEADER_BYTES + 4 + (header.length + seals.length) * MAX_UTF8_PER_UNIT)
    const at = this.#begin(FRAME.batch, 0)
    this.#sizedText(header)
    this.#end += this.#slab.write(seals, this.#end, 'utf8')
    this.#finish(at)
  }

  /** CREDIT: how many more body bytes the peer may send. */
  credit(streamId: number, bytes: number): void {
    this.#reserve(FRAME_HEADER_BYTES + 4)
    const at = this.#begin(FRAME.credit, streamId)
    this.#end = this.#slab.writeUInt32BE(bytes, this.#end)
    this.#finish(at)
  }

  /** PING or PONG with its eight bytes. */
  heartbeat(type: typeof FRAME.ping | typeof FRAME.pong, payload: Uint8Array): void {
    this.#reserve(FRAME_HEADER_BYTES + payload.length)
    const at = this.#begin(type, 0)
    this.#slab.set(payload, this.#end)
    this.#end += payload.length
    this.#finish(at)
  }

  /** Everything written since the last call, in order, and forgets it. */
  take(): Uint8Array[] {
    this.#closePart()
    const parts = this.#parts
    this.#parts = []
    this.#partBytes = 0
    return parts
  }

  /** Lets go of the unused rest of the slab: an idle session keeps no memory for writing. */
  release(): void {
    if (this.bytes > 0) return
    this.#slab = NO_BYTES
    this.#start = 0
    this.#end = 0
  }

  #begin(type: number, streamId: number): number {
    const at = this.#end
    this.#slab[at + 4] = type
    this.#slab.writeUInt32BE(streamId, at + LENGTH_OVERHEAD_BYTES)
    this.#end = at + FRAME_HEADER_BYTES
    return at
  }

  #finish(at: number): void {
    this.#slab.writeUInt32BE(this.#end - at - 4, at)
  }

  #sizedText(text: string): void {
    const bytes = this.#slab.write(text, this.#end + 4, 'utf8')
    this.#slab.writeUInt32BE(bytes, this.#end)
    this.#end += 4 + bytes
  }

  /** Makes room for a whole frame, so that no frame is split between slabs. */
  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return
    this.#closePart()
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
    this.#start = 0
    this.#end = 0
  }

  #closePart(): void {
    if (this.#end === this.#start) return
    this.#parts.push(this.#slab.subarray(this.#start, this.#end))
    this.#partBytes += this.#end - this.#start
    this.#start = this.#end
  }
}
