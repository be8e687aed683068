/** The bytes of a frame: docs/spec/session.md, section 3. */

/** The type byte of every frame. */
export const FRAME = Object.freeze({
  hello: 1,
  request: 2,
  answer: 3,
  data: 4,
  finish: 5,
  batch: 6,
  credit: 7,
  reset: 8,
  ping: 9,
  pong: 10,
  goaway: 11,
})

/** Length (4), type (1), stream id (4). */
export const FRAME_HEADER_BYTES = 9

/** What the length counts beside the payload: type and stream id. */
export const LENGTH_OVERHEAD_BYTES = 5

/** Largest value of the length field, in bytes. */
export const MAX_FRAME_LENGTH = 1_048_576 + 64

/** Most body bytes in one DATA frame. */
export const MAX_DATA_BYTES = 65_536

/** Most body bytes a COMPLETE request or answer carries inline. */
export const MAX_INLINE_BODY_BYTES = 16_384

/** Flag of REQUEST and ANSWER: the statement is final and the whole body follows. */
export const FLAG_COMPLETE = 1

/** Flag of a COMPLETE REQUEST: the requester sent the same exchange before and does not know what became of it. */
export const FLAG_RESENT = 2
