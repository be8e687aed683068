import { WuslaError } from '../../protocol/wusla-error.ts'
import { BodyStream } from './body-stream.ts'
import type { ByteGauge, StreamSource } from './body-stream.ts'
import type { CallHeaders } from './call-headers.ts'
import type { CallerFacts } from './caller-facts.ts'
import type { Delivery } from './front-door-request.ts'
import type { CallAnswer, IncomingCall } from './incoming-call.ts'
import type { MessageHead } from './message-parser.ts'

/** What a call needs of the connection it came over. */
export interface CallHost {
  readonly facts: CallerFacts
  readonly isSecure: boolean
  readonly gauge: ByteGauge
  readonly source: StreamSource
  answer(call: ServerCall, answer: CallAnswer, done: (delivery: Delivery) => void): void
  /** Looks at bytes that came before anybody wanted them. */
  readOn(): void
}

interface Gatherer {
  readonly runs: Buffer[]
  resolve(body: Buffer | null): void
  reject(error: Error): void
}

/** One request on a connection, from its head to the last byte of its answer. */
export class ServerCall implements IncomingCall {
  readonly head: MessageHead
  readonly headers: CallHeaders
  readonly #connection: CallHost
  /** What came before anybody took the body. */
  #early: readonly Buffer[]
  #isRead: boolean
  #sink: BodyStream | Gatherer | undefined
  #onHangUp: (() => void)[] | undefined
  #isGone = false
  #isExpecting: boolean

  constructor(
    head: MessageHead,
    headers: CallHeaders,
    runs: readonly Buffer[],
    isRead: boolean,
    connection: CallHost,
  ) {
    this.head = head
    this.headers = headers
    this.#connection = connection
    this.#early = runs
    this.#isRead = isRead
    this.#isExpecting = headers.isExpecting
  }

  get method(): string {
    return this.head.method
  }

  get target(): string {
    return this.head.target
  }

  get facts(): CallerFacts {
    return this.#connection.facts
  }

  get isSecure(): boolean {
    return this.#connection.isSecure
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Whether the last byte of the request has been read. */
  get isRead(): boolean {
    return this.#isRead
  }

  /** Whether bytes that come now have a place: somebody took the body, and it is not complete. */
  get isReadable(): boolean {
    return !this.#isRead && this.#sink !== undefined
  }

  /** Whether the client still waits for `100 Continue`. */
  get isExpecting(): boolean {
    return this.#isExpecting && !this.#isRead
  }

  /** Whether somebody waits for bytes of the body: then a silent client is a stalled one. */
  get isWanting(): boolean {
    if (this.#isRead || this.#sink === undefined) return false
    return !(this.#sink instanceof BodyStream && (this.#sink.isPaused || this.#sink.isClosed))
  }

  takeBody(maxInline: number): Buffer | Promise<Buffer | null> | AsyncIterable<Uint8Array> | null {
    const early = this.#early
    if (this.#isRead && early.length === 0) return null
    this.#early = []
    const bytes = early.reduce((sum, run) => sum + run.length, 0)
    if (this.#isRead && bytes <= maxInline) return joined(early)
    const { length } = this.headers
    if (length !== undefined && length <= maxInline) return this.#gather([...early])
    const stream = new BodyStream(this.#connection.source, this.#connection.gauge)
    this.#sink = stream
    for (const run of early) stream.push(run)
    if (this.#isRead) stream.end()
    else this.#connection.readOn()
    return stream
  }

  onHangUp(listener: () => void): void {
    if (this.#isGone) listener()
    else if (this.#onHangUp === undefined) this.#onHangUp = [listener]
    else this.#onHangUp.push(listener)
  }

  answer(answer: CallAnswer, done: (delivery: Delivery) => void): void {
    this.#connection.answer(this, answer, done)
  }

  /** Called by the connection: more of the body is here. */
  feed(runs: readonly Buffer[], isRead: boolean): void {
    const sink = this.#sink
    this.#isExpecting = false
    this.#isRead = isRead
    if (sink === undefined) return
    if (sink instanceof BodyStream) {
      for (const run of runs) sink.push(run)
      if (isRead) sink.end()
    } else {
      sink.runs.push(...runs)
      if (isRead) sink.resolve(joined(sink.runs))
    }
  }

  /** Called by the connection: `100 Continue` is on its way. */
  noteContinue(): void {
    this.#isExpecting = false
  }

  /** Called by the connection: the client is gone, or what it sends is no body. */
  hangUp(error: Error): void {
    if (this.#isGone) return
    this.#isGone = true
    if (this.#sink instanceof BodyStream) this.#sink.fail(error)
    else this.#sink?.reject(error)
    for (const listener of this.#onHangUp ?? []) listener()
    this.#onHangUp = undefined
  }

  /** Called by the connection: the answer is complete. Whoever still reads the body is told that it ends here. */
  release(): void {
    if (this.#sink instanceof BodyStream) this.#sink.fail(hangUpError())
    else if (!this.#isRead) this.#sink?.reject(hangUpError())
    this.#onHangUp = undefined
  }

  #gather(runs: Buffer[]): Promise<Buffer | null> {
    if (this.#isGone) return Promise.reject(hangUpError())
    const body = new Promise<Buffer | null>((resolve, reject) => {
      this.#sink = { runs, resolve, reject }
    })
    this.#connection.source.wanted()
    this.#connection.readOn()
    return body
  }
}

/** The error of a reader whose client went away. */
export function hangUpError(): WuslaError {
  return new WuslaError('stream_cancelled', { message: 'The client hung up.' })
}

/** A copy, so that a small body does not hold on to the whole read it came in. */
function joined(runs: readonly Buffer[]): Buffer | null {
  return runs.length === 0 ? null : Buffer.concat(runs)
}
