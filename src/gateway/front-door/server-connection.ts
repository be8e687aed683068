import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { AnswerSender, discardBody } from './answer-sender.ts'
import { answerFraming, formatAnswerHead } from './answer-head.ts'
import type { ByteGauge, StreamSource } from './body-stream.ts'
import { CallHeaders } from './call-headers.ts'
import { CallerFacts } from './caller-facts.ts'
import type { Delivery } from './front-door-request.ts'
import { HttpSyntaxError } from './http-syntax-error.ts'
import type { CallAnswer } from './incoming-call.ts'
import type { Llhttp } from './llhttp.ts'
import { MessageParser } from './message-parser.ts'
import type { MessageHead, MessageStep } from './message-parser.ts'
import { hangUpError, ServerCall } from './server-call.ts'
import type { CallHost } from './server-call.ts'
import type { ServerLimits } from './server-limits.ts'
import { writeWhole } from './write-message.ts'

/** What a connection needs of its listener. */
export interface ConnectionHost {
  readonly llhttp: Llhttp
  readonly limits: ServerLimits
  readonly gauge: ByteGauge
  readonly isSecure: boolean
  /** Whether no further request may begin. */
  readonly isClosing: boolean
  /** Coarse time in milliseconds for deadlines, never behind. */
  readonly nowMs: number
  /** Value of `Date`. */
  date(): string
  /** A request is there. Must not throw. */
  onCall(call: ServerCall): void
  /** The answer to bytes that are no request, or to none in time. */
  refuse(reason: string): CallAnswer
}

/** Bytes of further requests that a client may send ahead while one is served; then it is not read. */
const MAX_AHEAD_BYTES = 65_536

/**
 * After the last answer the connection is still read this long and this much: a reset for unread bytes would take the
 * answer away from the client (RFC 9112, 9.6).
 */
const LINGER_MS = 2_000
const LINGER_BYTES = 1_048_576

/**
 * One client's connection. It reads one request at a time and looks at the next when the answer is out, so effects and
 * answers come in order; whatever the client does, it holds a few reads of the socket and no more.
 */
export class ServerConnection implements CallHost, StreamSource {
  readonly socket: Socket
  readonly facts: CallerFacts
  readonly source: StreamSource = this
  readonly #host: ConnectionHost
  readonly #parser: MessageParser
  readonly #sender: AnswerSender
  #headers: CallHeaders | undefined
  #call: ServerCall | undefined
  #isAnswering = false
  #isReading = false
  #isStreamFull = false
  #isLingering = false
  #lingered = 0
  /** What came ahead of its turn. */
  #ahead: Buffer[] = []
  #aheadBytes = 0
  /** Zero: nothing is expected of the client. */
  #deadlineMs: number
  /** Whether part of a head is here. */
  #isInHead = false

  constructor(socket: Socket, host: ConnectionHost) {
    this.socket = socket
    this.facts = new CallerFacts(socket)
    this.#host = host
    this.#parser = new MessageParser(host.llhttp, 'request', host.limits.maxHeadBytes)
    this.#sender = new AnswerSender(socket, host.limits.stallTimeoutMs)
    this.#deadlineMs = host.nowMs + host.limits.headTimeoutMs
    socket.on('data', (bytes: Buffer) => this.#onData(bytes))
    socket.on('drain', () => this.#sender.wake())
    socket.on('timeout', () => this.reset())
    socket.on('end', () => this.#isLingering || socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => this.#onClose())
  }

  get gauge(): ByteGauge {
    return this.#host.gauge
  }

  get isSecure(): boolean {
    return this.#host.isSecure
  }

  /** Whether a request is being served. */
  get isBusy(): boolean {
    return this.#call !== undefined
  }

  /** Ends what has waited too long. */
  tick(nowMs: number): void {
    if (this.#deadlineMs === 0 || nowMs <= this.#deadlineMs) return
    if (this.#isLingering || (this.#call === undefined && !this.#isInHead)) this.reset()
    else this.#refuse('ERR_HTTP_REQUEST_TIMEOUT')
  }

  /** Cuts the connection in a way that cannot be taken for the end of an answer. */
  reset(): void {
    if (this.socket instanceof TLSSocket || this.socket.destroyed) this.socket.destroy()
    else this.socket.resetAndDestroy()
  }

  wanted(): void {
    const call = this.#call
    if (call?.isExpecting === true && !this.#isAnswering) {
      call.noteContinue()
      this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    }
    this.#setDeadline()
  }

  pause(): void {
    this.#isStreamFull = true
    this.#setFlow()
    this.#setDeadline()
  }

  resume(): void {
    this.#isStreamFull = false
    this.#setFlow()
    this.#setDeadline()
  }

  abandon(): void {
    this.resume()
  }

  answer(call: ServerCall, answer: CallAnswer, done: (delivery: Delivery) => void): void {
    if (call !== this.#call || this.#isAnswering || this.socket.destroyed) {
      discardBody(answer)
      done('interrupted')
      return
    }
    this.#isAnswering = true
    const framing = answerFraming(answer, call.head)
    const { keepsAlive, minor } = call.head
    const endsHere = answer.close === true || framing.kind === 'close' || !keepsAlive || !call.isRead
    const closes = endsHere || this.#host.isClosing
    const connection = closes ? 'close' : minor === 0 ? 'keep-alive' : ''
    const head = formatAnswerHead(answer, framing, connection, this.#host.date())
    this.#sender.send(call, answer, framing, head, (isWhole) => {
      if (isWhole) this.#complete(call, closes)
      else this.reset()
      done(isWhole ? 'delivered' : 'interrupted')
    })
  }

  /** Looks at what came ahead, now that somebody wants it. */
  readOn(): void {
    if (this.#isReading || this.#ahead.length === 0 || this.socket.destroyed) return
    const bytes = this.#ahead.length === 1 ? this.#ahead[0] : Buffer.concat(this.#ahead)
    this.#ahead = []
    this.#aheadBytes = 0
    if (bytes !== undefined) this.#read(bytes)
  }

  #onData(bytes: Buffer): void {
    if (this.#isLingering) {
      this.#lingered += bytes.length
      if (this.#lingered > LINGER_BYTES) this.reset()
    } else if (this.#isReading || this.#ahead.length > 0) {
      this.#putAhead(bytes)
    } else {
      this.#read(bytes)
    }
  }

  #read(bytes: Buffer): void {
    this.#isReading = true
    try {
      let rest = bytes
      while (rest.length > 0 && !this.#isLingering && !this.socket.destroyed) {
        if (this.#call !== undefined && !this.#call.isReadable) {
          this.#putAhead(rest)
          break
        }
        const step = this.#parser.execute(rest)
        this.#take(step)
        if (step.consumed === rest.length) break
        rest = rest.subarray(step.consumed)
      }
    } catch (error) {
      if (error instanceof HttpSyntaxError) this.#refuse(error.reason)
      else throw error
    } finally {
      this.#isReading = false
    }
    this.#setFlow()
    this.#setDeadline()
  }

  #take(step: MessageStep): void {
    if (this.#call !== undefined) {
      this.#call.feed(step.runs, step.isComplete)
    } else if (step.head === undefined) {
      if (!this.#isInHead) this.#deadlineMs = this.#host.nowMs + this.#host.limits.headTimeoutMs
      this.#isInHead = true
    } else {
      this.#isInHead = false
      this.#deadlineMs = 0
      const call = new ServerCall(step.head, this.#headersOf(step.head), step.runs, step.isComplete, this)
      this.#call = call
      this.#host.onCall(call)
    }
  }

  /** The parser gives the same list again when a client repeats its headers. */
  #headersOf({ rawHeaders, minor }: MessageHead): CallHeaders {
    const last = this.#headers
    if (last?.raw === rawHeaders && last.minor === minor) return last
    return (this.#headers = new CallHeaders(rawHeaders, minor))
  }

  #putAhead(bytes: Buffer): void {
    this.#ahead.push(bytes)
    this.#aheadBytes += bytes.length
    this.#setFlow()
  }

  #setFlow(): void {
    const isFull = !this.#isLingering && (this.#isStreamFull || this.#aheadBytes >= MAX_AHEAD_BYTES)
    if (isFull !== this.socket.isPaused()) {
      if (isFull) this.socket.pause()
      else this.socket.resume()
    }
  }

  #setDeadline(): void {
    if (this.#call === undefined || this.#isLingering) return
    this.#deadlineMs = this.#call.isWanting ? this.#host.nowMs + this.#host.limits.stallTimeoutMs : 0
  }

  #complete(call: ServerCall, closes: boolean): void {
    if (call !== this.#call) return
    this.#call = undefined
    this.#isAnswering = false
    this.#isStreamFull = false
    call.release()
    if (closes) {
      this.#linger()
      return
    }
    this.#deadlineMs = this.#host.nowMs + this.#host.limits.idleTimeoutMs
    this.readOn()
  }

  /** What stands behind the last request may be the tail of an attack on it: it is read and thrown away. */
  #linger(): void {
    this.#isLingering = true
    this.#ahead = []
    this.#aheadBytes = 0
    this.#deadlineMs = this.#host.nowMs + LINGER_MS
    this.socket.end()
    this.#setFlow()
  }

  #refuse(reason: string): void {
    const call = this.#call
    this.#call = undefined
    call?.hangUp(reason === 'ERR_HTTP_REQUEST_TIMEOUT' ? hangUpError() : new WuslaError('invalid_request'))
    if (this.#isAnswering || this.socket.destroyed) {
      this.reset()
      return
    }
    const answer = this.#host.refuse(reason)
    const framing = { kind: 'length', length: Buffer.isBuffer(answer.body) ? answer.body.length : 0 } as const
    const head = formatAnswerHead(answer, framing, 'close', this.#host.date())
    writeWhole(this.socket, head, Buffer.isBuffer(answer.body) ? answer.body : null)
    this.#linger()
  }

  #onClose(): void {
    this.#deadlineMs = 0
    this.#ahead = []
    this.#aheadBytes = 0
    this.#parser.free()
    this.#sender.wake()
    const call = this.#call
    this.#call = undefined
    call?.hangUp(hangUpError())
  }
}
