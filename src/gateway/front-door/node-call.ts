import type { IncomingMessage, ServerResponse } from 'node:http'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { BodyStream } from './body-stream.ts'
import type { ByteGauge, StreamSource } from './body-stream.ts'
import type { CallerFacts } from './caller-facts.ts'
import { MAX_INLINE_BODY_BYTES } from './front-door-request.ts'
import type { Delivery } from './front-door-request.ts'
import type { CallAnswer, IncomingCall } from './incoming-call.ts'
import { writeBody } from './write-body.ts'

/** What a call needs of its connection. */
export interface CallSetting {
  readonly facts: CallerFacts
  readonly isSecure: boolean
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean
  readonly gauge: ByteGauge
  /** Whether the listener takes no further requests. */
  readonly isClosing: () => boolean
  /** Told once, when the answer is out or the client is gone; `isLast`: nothing more is served on the connection. */
  readonly onDone: (isLast: boolean) => void
}

/** How long a client may go on sending a body that nobody reads after its answer, in milliseconds. */
const LINGER_MS = 5_000

/** A request of `node:http` as the door sees it. */
export class NodeCall implements IncomingCall, StreamSource {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly rawHeaders: readonly string[]
  readonly facts: CallerFacts
  readonly isSecure: boolean
  isGone = false
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #setting: CallSetting
  readonly #declaredBytes: number | undefined
  readonly #hasBody: boolean
  #needsContinue: boolean
  #isTaken = false
  #isAnswered = false
  #stream: BodyStream | undefined
  #hangUpListeners: (() => void)[] | undefined
  #delivered: ((delivery: Delivery) => void) | undefined

  constructor(request: IncomingMessage, response: ServerResponse, setting: CallSetting) {
    this.#request = request
    this.#response = response
    this.#setting = setting
    this.method = request.method ?? ''
    this.target = request.url ?? ''
    this.rawHeaders = request.rawHeaders
    const { headers } = request
    this.host = headers.host ?? ''
    this.facts = setting.facts
    this.isSecure = setting.isSecure
    const length = headers['content-length']
    this.#declaredBytes = length === undefined ? undefined : Number(length)
    this.#hasBody = headers['transfer-encoding'] !== undefined || (this.#declaredBytes ?? 0) > 0
    this.#needsContinue = setting.expectsContinue
    response.on('close', () => this.#onClose())
  }

  /** Whether somebody waits for bytes of the body: then a silent client is a stalled one. */
  get isWanting(): boolean {
    if (!this.#hasBody || this.#request.complete || !this.#isTaken) return false
    return this.#stream === undefined || !(this.#stream.isPaused || this.#stream.isClosed)
  }

  /** Whether not a byte of the answer is out. */
  get isUnanswered(): boolean {
    return !this.#response.headersSent
  }

  takeBody(maxInline: number): Promise<Buffer | null> | AsyncIterable<Uint8Array> | null {
    this.#isTaken = true
    if (!this.#hasBody) return null
    if (this.#declaredBytes !== undefined && this.#declaredBytes <= maxInline) return this.#gather()
    const stream = new BodyStream(this, this.#setting.gauge)
    this.#stream = stream
    this.#request.on('data', (run: Buffer) => stream.push(run))
    this.#request.on('end', () => stream.end())
    this.#request.on('error', () => undefined)
    if (this.#needsContinue) this.#request.pause()
    return stream
  }

  onHangUp(listener: () => void): void {
    if (this.isGone) listener()
    else if (this.#hangUpListeners === undefined) this.#hangUpListeners = [listener]
    else this.#hangUpListeners.push(listener)
  }

  answer(answer: CallAnswer): Promise<Delivery> {
    if (this.isGone || this.#isAnswered) {
      discard(answer.body)
      return Promise.resolve('interrupted')
    }
    this.#isAnswered = true
    const response = this.#response
    // A client still waiting for 100 Continue may or may not send its body: nothing after this answer is certain.
    if (answer.close === true || this.#needsContinue || this.#setting.isClosing())
      response.shouldKeepAlive = false
    const delivered = new Promise<Delivery>((resolve) => {
      this.#delivered = resolve
    })
    const { status, rawHeaders, body } = answer
    const isBodiless = this.method === 'HEAD' || status === 204 || status === 304
    const length = toldLength(answer, this.method)
    if (length !== undefined) rawHeaders.push('content-length', String(length))
    response.writeHead(status, rawHeaders)
    if (isBodiless) {
      discard(body)
      response.end()
    } else if (body === null) {
      response.end()
    } else if (Buffer.isBuffer(body)) {
      // As a byte string a small body leaves in one write with the head, at half the cost of two.
      if (body.length > MAX_INLINE_BODY_BYTES) response.end(body)
      else response.end(body.toString('latin1'), 'latin1')
    } else {
      void writeBody(response, body, answer.bodyBytes, this)
    }
    return delivered
  }

  wanted(): void {
    if (!this.#needsContinue) return
    this.#needsContinue = false
    if (!this.isGone && !this.#isAnswered) this.#response.writeContinue()
    this.#request.resume()
  }

  pause(): void {
    this.#request.pause()
  }

  resume(): void {
    this.#request.resume()
  }

  abandon(): void {
    this.#request.resume()
  }

  #gather(): Promise<Buffer | null> {
    if (this.isGone) return Promise.reject(hangUp())
    if (this.#needsContinue) {
      this.#needsContinue = false
      this.#response.writeContinue()
    }
    const runs: Buffer[] = []
    return new Promise((resolve, reject) => {
      this.#request.on('data', (run: Buffer) => runs.push(run))
      this.#request.on('end', () => resolve(joined(runs)))
      this.#request.on('error', () => undefined)
      this.onHangUp(() => reject(hangUp()))
    })
  }

  #onClose(): void {
    const isWhole = this.#response.writableFinished
    this.isGone = !isWhole
    if (isWhole && this.#hasBody && !this.#request.complete) this.#linger()
    this.#stream?.fail(hangUp())
    this.#delivered?.(isWhole ? 'delivered' : 'interrupted')
    if (!isWhole) for (const listener of this.#hangUpListeners ?? []) listener()
    this.#hangUpListeners = undefined
    this.#setting.onDone(!isWhole || !this.#response.shouldKeepAlive)
  }

  /** The runtime reads and drops what the client still sends; not for ever. */
  #linger(): void {
    const { socket } = this.#request
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    this.#request.resume()
    this.#request.on('close', () => clearTimeout(timer))
    socket.on('close', () => clearTimeout(timer))
  }
}

/** What `Content-Length` says; an answer to HEAD tells the length of what GET would bring, if it is known. */
function toldLength(answer: CallAnswer, method: string): number | undefined {
  const { status, body, bodyBytes } = answer
  if (status === 204 || status === 304) return undefined
  if (method === 'HEAD') return bodyBytes
  if (Buffer.isBuffer(body)) return body.length
  return body === null ? 0 : bodyBytes
}

function joined(runs: readonly Buffer[]): Buffer | null {
  const [first] = runs
  if (first === undefined) return null
  return runs.length === 1 ? first : Buffer.concat(runs)
}

function hangUp(): WuslaError {
  return new WuslaError('stream_cancelled', { message: 'The client hung up.' })
}

function discard(body: Buffer | AsyncIterable<Uint8Array> | null): void {
  if (body === null || Buffer.isBuffer(body)) return
  body[Symbol.asyncIterator]()
    .return?.()
    .catch(() => undefined)
}
