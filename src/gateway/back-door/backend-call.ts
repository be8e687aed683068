import type { Dispatcher } from 'undici'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { BodyStream } from '../front-door/body-stream.ts'
import type { ByteGauge, StreamSource } from '../front-door/body-stream.ts'
import { MAX_INLINE_BODY_BYTES } from '../front-door/front-door-request.ts'
import { STREAM_LENGTH_HEADER } from '../front-door/request-headers.ts'
import type { BackDoorAnswer } from './back-door-request.ts'
import { backendFailure } from './backend-failure.ts'
import { answerPairs, declaredLength } from './backend-headers.ts'
import type { Upload } from './upload.ts'

/** Told how a call ends. */
export interface CallOutcome {
  resolve(answer: BackDoorAnswer): void
  reject(error: WuslaError): void
  /** The last byte has come, or no more will. Called once. */
  ended(): void
}

/**
 * One call to a backend: takes the answer from the HTTP client as it comes. A small body of known length is gathered
 * and handed over whole; everything else becomes a stream that is read no faster than its reader goes.
 */
export class BackendCall implements Dispatcher.DispatchHandler, StreamSource {
  /** Set by the pool: the connection is free, or gone. */
  onFreed: (() => void) | undefined
  readonly #method: string
  readonly #upload: Upload | undefined
  readonly #gauge: ByteGauge
  readonly #outcome: CallOutcome
  #controller: Dispatcher.DispatchController | undefined
  #cancelled: WuslaError | undefined
  #head: Omit<BackDoorAnswer, 'body'> | undefined
  #gathered: Buffer[] | undefined
  #stream: BodyStream | undefined
  #isSettled = false
  #isFreed = false

  constructor(method: string, upload: Upload | undefined, gauge: ByteGauge, outcome: CallOutcome) {
    this.#method = method
    this.#upload = upload
    this.#gauge = gauge
    this.#outcome = outcome
  }

  /** Whether the caller has given up. */
  get isCancelled(): boolean {
    return this.#cancelled !== undefined
  }

  /** Whether the request may have reached the backend. */
  get isSent(): boolean {
    return this.#controller !== undefined
  }

  /** Ends the call: the connection is cut, so a half-sent request looks broken off. */
  cancel(reason: WuslaError): void {
    if (this.#cancelled !== undefined || this.#isFreed) return
    this.#cancelled = reason
    this.#upload?.stop()
    this.#controller?.abort(reason)
    this.#fail(reason)
    // Never given to a connection: nobody else will say that it is over.
    if (this.onFreed === undefined) this.#free()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#cancelled !== undefined) controller.abort(this.#cancelled)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason?: string,
  ): void {
    if (status < 200) return
    const raw = Array.isArray(controller.rawHeaders) ? controller.rawHeaders : []
    const length = declaredLength(raw)
    const rawHeaders = answerPairs(raw)
    const isHead = this.#method === 'HEAD'
    const isBodiless = isHead || status === 204 || status === 304
    // The far front door says `Content-Length` for what it cannot count itself.
    const isUncounted = isHead || (!isBodiless && (length ?? 0) > MAX_INLINE_BODY_BYTES)
    if (isUncounted && length !== undefined) rawHeaders.push(STREAM_LENGTH_HEADER, String(length))
    const bodyBytes = length === undefined ? undefined : { bodyBytes: length }
    this.#head = { status, reason: reason ?? '', rawHeaders, ...bodyBytes }
    this.#gathered = []
    if (isBodiless) return
    if ((length ?? 0) > MAX_INLINE_BODY_BYTES) this.#openStream()
    // Whatever of an undeclared body comes with the head is here when this turn is over.
    else if (length === undefined) queueMicrotask(() => this.#gathered !== undefined && this.#openStream())
  }

  onResponseData(_controller: Dispatcher.DispatchController, run: Buffer): void {
    if (this.#gathered === undefined) this.#stream?.push(run)
    else this.#gathered.push(run)
  }

  onResponseEnd(): void {
    this.#free()
    const runs = this.#gathered
    if (runs === undefined) {
      this.#stream?.end()
      return
    }
    this.#gathered = undefined
    const [first] = runs
    this.#settle(first === undefined ? null : runs.length === 1 ? first : Buffer.concat(runs))
  }

  onResponseError(_controller: unknown, cause: Error): void {
    this.#free()
    this.#fail(this.#cancelled ?? backendFailure(cause, this.isSent))
  }

  wanted(): void {
    // The HTTP client reads as long as it is not paused.
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  /** The reader wants no more: the rest of the answer may be endless, so the connection goes. */
  abandon(): void {
    if (!this.#isFreed) this.cancel(new WuslaError('stream_cancelled'))
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
    if (this.#isSettled || this.#head === undefined) return
    this.#isSettled = true
    this.#outcome.resolve({ ...this.#head, body })
  }

  #fail(error: WuslaError): void {
    this.#gathered = undefined
    this.#stream?.fail(error)
    if (this.#isSettled) return
    this.#isSettled = true
    this.#outcome.reject(error)
  }

  #free(): void {
    if (this.#isFreed) return
    this.#isFreed = true
    this.#upload?.stop()
    this.#outcome.ended()
    this.onFreed?.()
  }
}
