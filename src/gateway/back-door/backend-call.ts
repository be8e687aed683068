import { WuslaError } from '../../protocol/wusla-error.ts'
import { BodyStream } from '../front-door/body-stream.ts'
import type { ByteGauge, StreamSource } from '../front-door/body-stream.ts'
import { MAX_INLINE_BODY_BYTES } from '../front-door/front-door-request.ts'
import type { MessageHead } from '../front-door/message-parser.ts'
import { STREAM_LENGTH_HEADER } from '../front-door/request-headers.ts'
import type { BackDoorAnswer } from './back-door-request.ts'
import type { AnswerPairs } from './answer-pairs.ts'
import { Upload } from './upload.ts'

/** Told how a call ends. */
export interface CallOutcome {
  resolve(answer: BackDoorAnswer): void
  reject(error: WuslaError): void
  /** The last byte has come, or no more will. Called once for each call. */
  ended(call: BackendCall): void
}

/** The connection a call has got. */
export interface CallCarrier extends StreamSource {
  /** Cuts the connection, so that a half-sent request looks broken off. */
  reset(): void
}

/** What is to be written for a call. */
export interface CallRequest {
  readonly method: string
  readonly head: string
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
  readonly streamBytes: number | undefined
  readonly answerTimeoutMs: number
}

/**
 * One call to a backend, from its place in the queue to the last byte of its answer. A small body of known length is
 * gathered and handed over whole; everything else becomes a stream that is read no faster than its reader goes.
 */
export class BackendCall implements StreamSource {
  readonly request: CallRequest
  readonly upload: Upload | undefined
  readonly #gauge: ByteGauge
  readonly #outcome: CallOutcome
  #carrier: CallCarrier | undefined
  #head: MessageHead | undefined
  #pairs: AnswerPairs | undefined
  #gathered: Buffer[] | undefined
  #stream: BodyStream | undefined
  #isSettled = false
  #isOver = false

  constructor(request: CallRequest, gauge: ByteGauge, outcome: CallOutcome) {
    const { body } = request
    this.request = request
    this.upload = body === null || Buffer.isBuffer(body) ? undefined : new Upload(body)
    this.#gauge = gauge
    this.#outcome = outcome
  }

  /** Whether nothing more is expected: the answer is complete, the call failed or its caller gave up. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether its reader is behind: the backend then owes it nothing. */
  get isPaused(): boolean {
    return this.#stream?.isPaused === true
  }

  /** A connection takes the call. */
  start(carrier: CallCarrier): void {
    this.#carrier = carrier
  }

  /** The head of the answer; whatever of the body came with it follows in the same turn. */
  onHead(head: MessageHead, pairs: AnswerPairs): void {
    const { length } = pairs
    const isHead = this.request.method === 'HEAD'
    const isBodiless = isHead || head.status === 204 || head.status === 304
    const isLong = !isBodiless && (length ?? 0) > MAX_INLINE_BODY_BYTES
    // The far front door says `Content-Length` for what it cannot count itself.
    const isTold = (isHead || isLong) && length !== undefined
    this.#head = head
    this.#pairs = isTold ? pairs.with(STREAM_LENGTH_HEADER, String(length)) : pairs
    this.#gathered = []
    if (isLong) this.#openStream()
    // What of an undeclared body is here already will be in when this turn is over.
    else if (!isBodiless && length === undefined) {
      queueMicrotask(() => this.#gathered !== undefined && this.#openStream())
    }
  }

  /** Bytes of the body; the call owns them. */
  onRun(run: Buffer): void {
    if (this.#gathered === undefined) this.#stream?.push(run)
    else this.#gathered.push(run)
  }

  /** The answer is complete. */
  onEnd(): void {
    if (this.#isOver) return
    const runs = this.#gathered
    this.#gathered = undefined
    if (runs === undefined) this.#stream?.end()
    else this.#settle(runs.length === 0 ? null : runs.length === 1 ? (runs[0] ?? null) : Buffer.concat(runs))
    this.#finish()
  }

  /** The call failed, whatever of it was there. */
  fail(error: WuslaError): void {
    if (this.#isOver) return
    this.#gathered = undefined
    this.#stream?.fail(error)
    if (!this.#isSettled) {
      this.#isSettled = true
      this.#outcome.reject(error)
    }
    this.#finish()
  }

  /** Its caller gives up. */
  cancel(error: WuslaError): void {
    if (this.#isOver) return
    this.fail(error)
    this.#carrier?.reset()
  }

  wanted(): void {
    this.#carrier?.wanted()
  }

  pause(): void {
    if (!this.#isOver) this.#carrier?.pause()
  }

  resume(): void {
    if (!this.#isOver) this.#carrier?.resume()
  }

  /** The reader wants no more: the rest of the answer may be endless, so the connection goes. */
  abandon(): void {
    this.cancel(new WuslaError('stream_cancelled'))
  }

  #openStream(): void {
    const runs = this.#gathered ?? []
    this.#gathered = undefined
    const stream = new BodyStream(this, this.#gauge)
    this.#stream = stream
    for (const run of runs) stream.push(run)
    this.#settle(stream)
  }

  #settle(body: BackDoorAnswer['body']): void {
    const head = this.#head
    const pairs = this.#pairs
    if (this.#isSettled || head === undefined || pairs === undefined) return
    this.#isSettled = true
    const { status, reason } = head
    this.#outcome.resolve({ status, reason, headers: pairs, body, bodyBytes: pairs.length })
  }

  #finish(): void {
    this.#isOver = true
    this.upload?.stop()
    this.#outcome.ended(this)
  }
}
