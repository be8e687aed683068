import {
  MAX_BATCH_HEADER_BYTES,
  MAX_HEADER_BLOCK_BYTES,
  MAX_SEAL_VALUE_BYTES,
  MAX_SEALS,
  MAX_STATEMENT_BYTES,
} from '../protocol/limits.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import {
  FRAME,
  FRAME_HEADER_BYTES,
  LENGTH_OVERHEAD_BYTES,
  MAX_DATA_BYTES,
  MAX_FRAME_LENGTH,
  MAX_INLINE_BODY_BYTES,
} from './frame-layout.ts'

/** What a {@link FrameDecoder} finds. A sink may throw: the error leaves {@link FrameDecoder.push}. */
export interface FrameSink {
  /** A whole frame of any type but DATA. `bytes[start, end)` is its payload, valid only during the call. */
  frame(type: number, streamId: number, bytes: Buffer, start: number, end: number): void
  /**
   * The next piece of a DATA frame, never empty, as soon as it is there. The sink may keep `piece`.
   *
   * @param frameBytes - the payload of the whole frame, known before all of it came
   * @param first - whether a new frame begins with this piece
   */
  data(streamId: number, piece: Buffer, frameBytes: number, first: boolean): void
}

const MAX_TEXT_PAYLOAD_BYTES = 4_096
const MAX_MESSAGE_PAYLOAD_BYTES = 9 + MAX_STATEMENT_BYTES + MAX_HEADER_BLOCK_BYTES + MAX_INLINE_BODY_BYTES
const MAX_BATCH_PAYLOAD_BYTES = 4 + MAX_BATCH_HEADER_BYTES + MAX_SEALS * 2 * MAX_SEAL_VALUE_BYTES

/** Largest payload by type; a type that is not here is unknown. */
const MAX_PAYLOAD_BYTES: ReadonlyMap<number, number> = new Map([
  [FRAME.hello, MAX_TEXT_PAYLOAD_BYTES],
  [FRAME.request, MAX_MESSAGE_PAYLOAD_BYTES],
  [FRAME.answer, MAX_MESSAGE_PAYLOAD_BYTES],
  [FRAME.data, MAX_DATA_BYTES],
  [FRAME.finish, MAX_STATEMENT_BYTES],
  [FRAME.batch, MAX_BATCH_PAYLOAD_BYTES],
  [FRAME.credit, 4],
  [FRAME.reset, MAX_TEXT_PAYLOAD_BYTES],
  [FRAME.ping, 8],
  [FRAME.pong, 8],
  [FRAME.goaway, MAX_TEXT_PAYLOAD_BYTES],
])

/** The first room for a frame that is split between chunks; it doubles as bytes come, never ahead of them. */
const FIRST_ROOM_BYTES = 1_024

/** Room that is kept between frames; a larger one is let go. */
const KEPT_ROOM_BYTES = 16_384

/**
 * Cuts a byte stream into frames wherever its chunks begin and end. A frame that lies in one chunk is handed on
 * in place; one that is split is put together in a room that grows with the bytes received, so that a peer
 * cannot make us reserve memory by announcing a length. DATA is never put together.
 */
export class FrameDecoder {
  readonly #sink: FrameSink
  /** Bytes of a frame that is not whole yet: `#room[0, #held)`. */
  #room: Buffer = Buffer.alloc(0)
  #held = 0
  #dataStream = 0
  #dataBytes = 0
  #dataLeft = 0
  #dataBegun = false
  #stopped = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Bytes kept for a frame that is not whole yet. */
  get heldBytes(): number {
    return this.#held
  }

  /** Ignores everything from now on, also the rest of the chunk being read. */
  stop(): void {
    this.#stopped = true
    this.#room = Buffer.alloc(0)
    this.#held = 0
  }

  /**
   * Reads a chunk. The decoder may hand out parts of it to keep, so the caller must not write to it again.
   *
   * @throws WuslaError `frame_too_large`, `invalid_frame`; the decoder must not be used after that.
   */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#stopped) {
      if (this.#dataLeft > 0) at = this.#passData(chunk, at)
      else if (this.#held > 0) at = this.#complete(chunk, at)
      else at = this.#readInPlace(chunk, at)
    }
  }

  #passData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#dataLeft)
    const first = !this.#dataBegun
    this.#dataBegun = true
    this.#dataLeft -= end - at
    this.#sink.data(this.#dataStream, chunk.subarray(at, end), this.#dataBytes, first)
    return end
  }

  #readInPlace(chunk: Buffer, at: number): number {
    const available = chunk.length - at
    if (available < FRAME_HEADER_BYTES) return this.#hold(chunk, at, chunk.length)
    const payload = checkHeader(chunk, at)
    const type = chunk[at + 4]
    if (type === FRAME.data) return this.#beginData(chunk, at, payload)
    if (available < FRAME_HEADER_BYTES + payload) return this.#hold(chunk, at, chunk.length)
    const start = at + FRAME_HEADER_BYTES
    this.#sink.frame(chunk.readUInt8(at + 4), chunk.readUInt32BE(at + 5), chunk, start, start + payload)
    return start + payload
  }

  /** Adds from the chunk what the frame in the room still misses, first its header, then the rest. */
  #complete(chunk: Buffer, at: number): number {
    if (this.#held < FRAME_HEADER_BYTES) {
      const end = this.#hold(chunk, at, Math.min(chunk.length, at + FRAME_HEADER_BYTES - this.#held))
      if (this.#held < FRAME_HEADER_BYTES) return end
      const payload = checkHeader(this.#room, 0)
      if (this.#room[4] === FRAME.data) {
        this.#beginData(this.#room, 0, payload)
        this.#held = 0
        return end
      }
      if (payload === 0) this.#handOver(0)
      return end
    }
    const payload = this.#room.readUInt32BE(0) - LENGTH_OVERHEAD_BYTES
    const missing = FRAME_HEADER_BYTES + payload - this.#held
    const end = this.#hold(chunk, at, Math.min(chunk.length, at + missing))
    if (end - at === missing) this.#handOver(payload)
    return end
  }

  #handOver(payload: number): void {
    const room = this.#room
    this.#held = 0
    this.#sink.frame(
      room.readUInt8(4),
      room.readUInt32BE(5),
      room,
      FRAME_HEADER_BYTES,
      FRAME_HEADER_BYTES + payload,
    )
    if (room.length > KEPT_ROOM_BYTES) this.#room = Buffer.alloc(0)
  }

  #beginData(bytes: Buffer, at: number, payload: number): number {
    if (payload === 0) throw new WuslaError('invalid_frame', { message: 'A DATA frame has no byte.' })
    this.#dataStream = bytes.readUInt32BE(at + 5)
    this.#dataBytes = payload
    this.#dataLeft = payload
    this.#dataBegun = false
    return at + FRAME_HEADER_BYTES
  }

  /** Keeps `chunk[from, to)`; returns `to`. */
  #hold(chunk: Buffer, from: number, to: number): number {
    const needed = this.#held + to - from
    if (needed > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(FIRST_ROOM_BYTES, needed, this.#room.length * 2))
      this.#room.copy(room, 0, 0, this.#held)
      this.#room = room
    }
    chunk.copy(this.#room, this.#held, from, to)
    this.#held = needed
    return to
  }
}

/** The payload's length, from a header that is whole; refuses a frame before its payload is read. */
function checkHeader(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at)
  if (length > MAX_FRAME_LENGTH) throw new WuslaError('frame_too_large', { details: { length } })
  if (length < LENGTH_OVERHEAD_BYTES) throw new WuslaError('invalid_frame', { details: { length } })
  const type = bytes.readUInt8(at + 4)
  const allowed = MAX_PAYLOAD_BYTES.get(type)
  if (allowed === undefined) throw new WuslaError('invalid_frame', { details: { type } })
  const payload = length - LENGTH_OVERHEAD_BYTES
  if (payload > allowed) throw new WuslaError('frame_too_large', { details: { type, length } })
  return payload
}
