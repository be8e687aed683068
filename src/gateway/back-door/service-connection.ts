import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Llhttp } from '../front-door/llhttp.ts'
import { MessageParser } from '../front-door/message-parser.ts'
import type { MessageHead, MessageStep } from '../front-door/message-parser.ts'
import { LAST_CHUNK, writeRun, writeWhole } from '../front-door/write-message.ts'
import type { AnswerSorter } from './answer-pairs.ts'
import type { BackendCall, CallCarrier } from './backend-call.ts'
import { backendFailure } from './backend-failure.ts'

/** What a connection needs of its pool. */
export interface ConnectionPool {
  readonly llhttp: Llhttp
  readonly answers: AnswerSorter
  /** Coarse time in milliseconds for deadlines, never behind. */
  nowMs(): number
  /** The connection may carry another call. */
  onFree(connection: ServiceConnection): void
  onClosed(connection: ServiceConnection): void
}

const MAX_HEAD_BYTES = 65_536

/** How long an unused connection is kept unless the backend says otherwise: many close theirs after 5 s. */
const KEEP_ALIVE_MS = 4_000

/** Longest time a backend can ask for. */
const MAX_KEEP_ALIVE_MS = 60_000

/** One connection to a backend. It carries one call at a time and is used again only after a clean end of both messages. */
export class ServiceConnection implements CallCarrier {
  readonly #pool: ConnectionPool
  readonly #parser: MessageParser
  #socket: Socket | undefined
  #call: BackendCall | undefined
  #isUploaded = true
  #keepsAlive = false
  #keepAliveMs = KEEP_ALIVE_MS
  /** Zero: nothing is expected of the backend. */
  #deadlineMs = 0
  #error: Error | undefined
  #onDrained: (() => void) | undefined

  constructor(pool: ConnectionPool) {
    this.#pool = pool
    this.#parser = new MessageParser(pool.llhttp, 'answer', MAX_HEAD_BYTES)
  }

  /** Whether a call may be given to it. */
  get isUsable(): boolean {
    return this.#call === undefined && this.#socket !== undefined && this.#socket.writable
  }

  /** The connection stands. */
  attach(socket: Socket): void {
    this.#socket = socket
    socket.on('drain', () => this.#wake())
    socket.on('end', () => this.#onEnd())
    socket.on('error', (error) => (this.#error = error))
    socket.on('close', () => this.#onClose())
  }

  /** Gives the parser's memory back; for a connection that never stood. */
  dispose(): void {
    this.#parser.free()
  }

  /** Ends what has waited too long. */
  tick(nowMs: number): void {
    if (this.#deadlineMs === 0 || nowMs <= this.#deadlineMs) return
    this.#call?.fail(new WuslaError('backend_timeout', { details: { reason: 'answer_timeout', sent: true } }))
    this.reset()
  }

  /** Sends a call. */
  send(call: BackendCall): void {
    const socket = this.#socket
    if (socket === undefined) return
    const { head, body, method } = call.request
    this.#call = call
    this.#parser.isBodiless = method === 'HEAD'
    this.#isUploaded = call.upload === undefined
    call.start(this)
    this.#expect()
    if (body === null || Buffer.isBuffer(body)) {
      writeWhole(socket, head, body)
    } else {
      socket.write(head, 'latin1')
      void this.#upload(call, socket)
    }
  }

  /** Takes what the backend says. The bytes are borrowed. */
  receive(bytes: Buffer): void {
    let rest = bytes
    try {
      for (;;) {
        // Nobody asked: the backend and this door are out of step.
        if (this.#call === undefined) return this.reset()
        const step = this.#parser.execute(rest)
        const isLast = step.consumed === rest.length
        this.#take(step, isLast)
        if (isLast) return
        rest = rest.subarray(step.consumed)
      }
    } catch (error) {
      this.#call?.fail(backendFailure(error, true))
      this.reset()
    }
  }

  reset(): void {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return
    if (socket instanceof TLSSocket || socket.connecting) socket.destroy()
    else socket.resetAndDestroy()
  }

  wanted(): void {
    this.#expect()
  }

  pause(): void {
    this.#socket?.pause()
    this.#deadlineMs = 0
  }

  resume(): void {
    this.#socket?.resume()
    this.#expect()
  }

  abandon(): void {
    this.reset()
  }

  #take(step: MessageStep, isLast: boolean): void {
    const call = this.#call
    if (call === undefined) return
    if (step.head !== undefined) {
      if (step.head.status < 200) {
        this.#skipInterim(step.head)
        return
      }
      const pairs = this.#pool.answers.sort(step.head.rawHeaders)
      this.#keepsAlive = step.head.keepsAlive
      const askedMs = (pairs.keepAliveSeconds ?? 0) * 1_000 - 1_000
      this.#keepAliveMs = askedMs > 0 ? Math.min(askedMs, MAX_KEEP_ALIVE_MS) : KEEP_ALIVE_MS
      call.onHead(step.head, pairs)
    }
    for (const run of step.runs) call.onRun(Buffer.from(run))
    if (step.isComplete) this.#complete(call, isLast)
    else if (!call.isPaused) this.#expect()
  }

  /** 100, 102 and 103 say nothing that a caller needs; 101 would change the protocol, which nobody asked for. */
  #skipInterim(head: MessageHead): void {
    if (head.status !== 101) return
    this.#call?.fail(
      new WuslaError('backend_http_error', { details: { reason: 'protocol_switched', sent: true } }),
    )
    this.reset()
  }

  #complete(call: BackendCall, isLast: boolean): void {
    this.#call = undefined
    call.onEnd()
    // Bytes behind the answer, or a request it did not wait for: nobody can say what the next answer would answer.
    if (!this.#keepsAlive || !this.#isUploaded || !isLast) return this.reset()
    this.#deadlineMs = this.#pool.nowMs() + this.#keepAliveMs
    if (this.#socket?.isPaused() === true) this.#socket.resume()
    this.#pool.onFree(this)
  }

  async #upload(call: BackendCall, socket: Socket): Promise<void> {
    const { streamBytes } = call.request
    const declared = streamBytes ?? Number.POSITIVE_INFINITY
    let sent = 0
    try {
      for await (const run of call.upload ?? []) {
        if (this.#call !== call || socket.destroyed) return
        sent += run.length
        if (sent > declared) throw wrongLength()
        if (run.length > 0 && !writeRun(socket, run, streamBytes === undefined)) await this.#drained(socket)
      }
      if (this.#call !== call || socket.destroyed) return
      if (streamBytes !== undefined && sent !== declared) throw wrongLength()
      if (streamBytes === undefined) socket.write(LAST_CHUNK, 'latin1')
      this.#isUploaded = true
      this.#expect()
    } catch (error) {
      call.fail(backendFailure(error, true))
      if (this.#call === call) this.reset()
    }
  }

  #drained(socket: Socket): Promise<void> {
    if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onDrained = resolve
    this.#expect()
    return promise
  }

  #wake(): void {
    const wake = this.#onDrained
    if (wake === undefined) return
    this.#onDrained = undefined
    this.#expect()
    wake()
  }

  /** From now on the backend has its time again; but while the consumer still sends, nobody waits for the backend. */
  #expect(): void {
    const call = this.#call
    const isItsTurn = this.#isUploaded || this.#onDrained !== undefined
    this.#deadlineMs = call !== undefined && isItsTurn ? this.#pool.nowMs() + call.request.answerTimeoutMs : 0
  }

  #onEnd(): void {
    const call = this.#call
    if (call !== undefined) {
      try {
        if (this.#parser.finish()) {
          this.#call = undefined
          call.onEnd()
        }
      } catch {
        // The answer broke off; the end of the connection says so.
      }
    }
    this.#socket?.destroy()
  }

  #onClose(): void {
    this.#deadlineMs = 0
    this.#parser.free()
    this.#wake()
    const call = this.#call
    this.#call = undefined
    this.#pool.onClosed(this)
    call?.fail(backendFailure(this.#error, true))
  }
}

function wrongLength(): WuslaError {
  return new WuslaError('body_mismatch', { message: 'The body has another length than declared.' })
}
