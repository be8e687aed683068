import type { ErrorCode } from '../protocol/error-codes.ts'
import type { BodyClaim } from '../protocol/statement.ts'
import type { BatchRecord } from './batch-record.ts'
import { FRAME } from './frame-layout.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { OutgoingBatches, OutgoingItem } from './outgoing-batches.ts'
import { OutgoingBody } from './outgoing-body.ts'
import type { BodyIterator } from './outgoing-body.ts'
import { writeReset } from './stream-host.ts'
import type { StreamHost } from './stream-host.ts'

/** What the sending half asks of its stream. */
export interface SendingOwner {
  readonly id: number
  /** Gives the stream its id, when the first frame of a request is written. */
  assignId(): void
  /** Canonical text of the final statement. */
  finalText(claim: BodyClaim): string
  /** Everything has been written, with the seal over it. */
  onSent(record: BatchRecord): void
  /** The source of the body failed; the stream must be reset. */
  onSourceError(cause: unknown): void
}

interface Whole {
  readonly headerBlock: string
  readonly body: Uint8Array
  readonly isResent: boolean
}

/**
 * Our half of a stream: a COMPLETE frame, or an opening, DATA and FINISH; ended early by RESET.
 *
 * ```
 * idle ─ sendWhole ─────────────────────► waiting (for the seal) ─ frame written ─► ended
 *   └─── sendStream ─► streaming ─ FINISH ──┘     any of them ─── RESET ──────────► ended
 * ```
 */
export class SendingHalf implements OutgoingItem {
  statement = ''
  frameBytes = 0
  /** The message streams or has streamed: it cannot be sent again. */
  isStreamed = false
  readonly #host: StreamHost
  readonly #owner: SendingOwner
  readonly #type: typeof FRAME.request | typeof FRAME.answer
  readonly #batches: OutgoingBatches
  #state: 'idle' | 'streaming' | 'waiting' | 'ended' = 'idle'
  #whole: Whole | undefined
  #body: OutgoingBody | undefined
  #resetAfter: { readonly code: ErrorCode; readonly detail: string | undefined } | undefined

  constructor(host: StreamHost, owner: SendingOwner, type: typeof FRAME.request | typeof FRAME.answer) {
    this.#host = host
    this.#owner = owner
    this.#type = type
    this.#batches = type === FRAME.request ? host.requests : host.answers
  }

  get idle(): boolean {
    return this.#state === 'idle'
  }

  /** Nothing of this half will be written any more, but perhaps a RESET that asks the peer to stop. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Sends a small message in one frame, together with the seal over it. */
  sendWhole(statement: string, headerBlock: string, body: Uint8Array, isResent = false): void {
    this.#state = 'waiting'
    this.statement = statement
    this.frameBytes = statement.length + headerBlock.length + body.length
    this.#whole = { headerBlock, body, isResent }
    this.#batches.add(this)
  }

  /** Sends the opening at once, then the body as the peer's credit and the socket allow. */
  sendStream(opening: string, headerBlock: string, source: BodyIterator): void {
    this.#state = 'streaming'
    this.isStreamed = true
    this.#owner.assignId()
    const { id } = this.#owner
    const { wire } = this.#host
    wire.writer.message({ type: this.#type, streamId: id, statement: opening, headerBlock, body: undefined })
    wire.schedule()
    this.#body = new OutgoingBody({
      wire,
      streamId: id,
      source,
      credit: this.#host.peerCredit,
      onEnd: (claim) => this.#finishStream(claim),
      onError: (cause) => this.#owner.onSourceError(cause),
    })
  }

  /** Credit from the peer; false when it is too much. Late credit for a half that is over is ignored. */
  addCredit(bytes: number): boolean {
    return this.#state === 'streaming' && this.#body !== undefined ? this.#body.addCredit(bytes) : true
  }

  /**
   * Gives the exchange up: ends this half if it is not ended, and asks the peer to end the other. A frame that is
   * being sealed still leaves, and the RESET behind it.
   *
   * @returns false when nothing was ever written, so that the peer knows nothing of the stream
   */
  reset(code: ErrorCode, detail?: string): boolean {
    if (this.#state === 'waiting') {
      if (!this.#batches.remove(this)) {
        this.#resetAfter = { code, detail }
        return true
      }
      if (this.#owner.id === 0) {
        this.#state = 'ended'
        return false
      }
    }
    this.end()
    writeReset(this.#host, this.#owner.id, code, detail)
    return true
  }

  /** The peer sent RESET: ends this half with a RESET unless it is ended or about to end by itself. */
  answerReset(code: ErrorCode): void {
    if (this.#state === 'ended') return
    if (this.#state === 'waiting' && (this.#type === FRAME.request || !this.#batches.remove(this))) return
    this.end()
    writeReset(this.#host, this.#owner.id, code)
  }

  /** Stops and lets go of everything, without a word to the peer. */
  end(): void {
    this.#state = 'ended'
    this.#body?.stop()
    this.#body = undefined
    this.#whole = undefined
  }

  encode(writer: FrameWriter): void {
    const whole = this.#whole
    if (whole === undefined) {
      writer.text(FRAME.finish, this.#owner.id, this.statement)
    } else {
      this.#owner.assignId()
      const { headerBlock, body, isResent } = whole
      writer.message({
        type: this.#type,
        streamId: this.#owner.id,
        statement: this.statement,
        headerBlock,
        body,
        isResent,
      })
      this.#whole = undefined
    }
    this.#state = 'ended'
  }

  sent(record: BatchRecord): void {
    if (this.#resetAfter !== undefined) {
      writeReset(this.#host, this.#owner.id, this.#resetAfter.code, this.#resetAfter.detail)
    }
    this.#owner.onSent(record)
  }

  #finishStream(claim: BodyClaim): void {
    this.#body = undefined
    this.#state = 'waiting'
    this.statement = this.#owner.finalText(claim)
    this.frameBytes = this.statement.length
    this.#batches.add(this)
  }
}
