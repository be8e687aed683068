import { AnswerStream } from './answer-stream.ts'
import { FRAME, FRAME_HEADER_BYTES } from './frame-layout.ts'
import type { SessionCore } from './session-core.ts'
import { readBatch, readCredit, readMessage, readReason, readText } from './session-frames.ts'

/**
 * Hands every frame to the stream or part it is for, and ends the session at the first frame that has no place:
 * docs/spec/session.md, section 5.
 */
export class SessionDispatch {
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
  }

  frame(type: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case FRAME.request:
        return this.#request(streamId, bytes, start, end)
      case FRAME.answer:
        return this.#answer(streamId, bytes, start, end)
      case FRAME.finish:
        return this.#finish(streamId, bytes, start, end)
      case FRAME.credit:
        return this.#credit(streamId, bytes, start, end)
      case FRAME.reset:
        return this.#reset(streamId, bytes, start, end)
      default:
        if (streamId !== 0) return this.#core.fail('invalid_frame', 'stream_of_session_frame')
        return this.#sessionFrame(type, bytes, start, end)
    }
  }

  data(streamId: number, piece: Buffer, frameBytes: number, first: boolean): void {
    const stream = this.#core.table.find(streamId)
    if (stream === undefined) this.#core.fail('invalid_frame', 'unknown_stream')
    else stream.receiving.data(piece, frameBytes, first)
  }

  #sessionFrame(type: number, bytes: Buffer, start: number, end: number): void {
    const core = this.#core
    switch (type) {
      case FRAME.batch: {
        const { header, seals } = readBatch(bytes, start, end)
        return core.acceptBatch(header, seals)
      }
      case FRAME.ping:
        if (end - start !== 8) return core.fail('invalid_frame', 'ping_length')
        core.wire.writer.heartbeat(FRAME.pong, bytes.subarray(start, end))
        return core.wire.schedule()
      case FRAME.pong:
        if (end - start !== 8) return core.fail('invalid_frame', 'ping_length')
        return core.pings.onPong(bytes.readBigUInt64BE(start))
      case FRAME.goaway:
        return core.acceptGoaway(readReason(bytes, start, end).code)
      default:
        return core.fail('invalid_frame', 'second_hello')
    }
  }

  #request(streamId: number, bytes: Buffer, start: number, end: number): void {
    const core = this.#core
    if (core.goawayReceived) return core.fail('invalid_frame', 'request_after_goaway')
    if (core.table.peers.size >= core.localMaxStreams) return core.fail('flow_control_violation', 'streams')
    const stream = new AnswerStream(core, streamId)
    if (!core.table.accept(streamId, stream)) return core.fail('invalid_frame', 'stream_id')
    const { statement, headerBlock, body, isResent } = readMessage(bytes, start, end)
    stream.isResent = isResent
    if (body === undefined) stream.receiving.opening(statement, headerBlock)
    else stream.receiving.whole(statement, headerBlock, body, end - start + FRAME_HEADER_BYTES)
  }

  #answer(streamId: number, bytes: Buffer, start: number, end: number): void {
    const core = this.#core
    const stream = core.table.own.get(streamId)
    if (stream === undefined) return core.fail('invalid_frame', 'unknown_stream')
    const { statement, headerBlock, body, isResent } = readMessage(bytes, start, end)
    if (isResent) return core.fail('invalid_frame', 'message_flags')
    const accepted =
      body === undefined
        ? stream.receiving.opening(statement, headerBlock)
        : stream.receiving.whole(statement, headerBlock, body, end - start + FRAME_HEADER_BYTES)
    if (!accepted) core.fail('invalid_frame', 'second_answer')
  }

  #finish(streamId: number, bytes: Buffer, start: number, end: number): void {
    const stream = this.#core.table.find(streamId)
    if (stream === undefined) return this.#core.fail('invalid_frame', 'unknown_stream')
    stream.receiving.finish(readText(bytes, start, end), end - start + FRAME_HEADER_BYTES)
  }

  #credit(streamId: number, bytes: Buffer, start: number, end: number): void {
    const credit = readCredit(bytes, start, end)
    const stream = this.#core.table.find(streamId)
    if (stream === undefined) return this.#expectOpened(streamId)
    if (!stream.sending.addCredit(credit)) this.#core.fail('flow_control_violation', 'credit_total')
  }

  #reset(streamId: number, bytes: Buffer, start: number, end: number): void {
    const { code, detail } = readReason(bytes, start, end)
    const stream = this.#core.table.find(streamId)
    if (stream === undefined) return this.#expectOpened(streamId)
    stream.onReset(code, detail)
  }

  /** CREDIT and RESET may cross with the end of their stream, but not come before its beginning. */
  #expectOpened(streamId: number): void {
    if (!this.#core.table.wasOpened(streamId)) this.#core.fail('invalid_frame', 'unknown_stream')
  }
}
