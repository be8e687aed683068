import { performance } from 'node:perf_hooks'
import type { TLSSocket } from 'node:tls'
import { type CloseCode, type ControlMessage, encodeControl } from './branch-control.ts'
import { createLineCutter, decodeControl } from './link-line.ts'

/** Why a control connection is over. */
export type ChannelEnd =
  | 'closed_here'
  | 'closed_by_peer'
  | 'silent'
  | 'line_too_long'
  | 'bad_line'
  | 'too_many_lines'
  | 'does_not_read'
  | 'socket_error'

/** Bounds of one control connection. */
export interface ChannelLimits {
  /** Between two pings, in milliseconds. Default 1,000; 0 sends none. */
  readonly pingIntervalMs?: number
  /** Without a byte from the peer for so long, it is dead, in milliseconds; looked at nine times as often. Default 2,250. */
  readonly silenceMs?: number
  /** Lines a peer may send at once before it is cut off. Default 2,000. */
  readonly lineBurst?: number
  /** Lines per second it may keep up. Default 500. */
  readonly linesPerSecond?: number
  /** Bytes that may wait for a peer that does not read. Default 4 MiB. */
  readonly maxQueuedBytes?: number
}

/** A silence is noticed within 3 s of its beginning, also on a machine that is late by some hundred milliseconds. */
export const DEFAULT_SILENCE_MS = 2_250

/** How long a peer may take to read why it is cut off. */
const LAST_WORD_MS = 250

interface ChannelOptions {
  readonly socket: TLSSocket
  readonly onMessage: (message: ControlMessage) => void
  /** Called once. `code` is the last word of the peer, when it said one. */
  readonly onEnd: (end: ChannelEnd, code: CloseCode | undefined) => void
  readonly limits?: ChannelLimits
  /** Milliseconds that never run backwards. Default: those of the process. */
  readonly monotonicMs?: () => number
}

/**
 * One control connection after its handshake: lines in, lines out, signs of life. Whatever a peer sends, it holds at
 * most one line and a bounded queue. Owns the socket.
 */
export class LinkChannel {
  readonly socket: TLSSocket
  readonly #options: ChannelOptions
  readonly #monotonicMs: () => number
  readonly #cutter = createLineCutter()
  readonly #tick: NodeJS.Timeout
  readonly #limits: Required<ChannelLimits>
  #lineBudget: number
  #heardAt: number
  #tickedAt: number
  #pingedAt: number
  #pings = 0
  /** The ping whose answer is awaited: the only one that is measured, so that a slow line is measured too. */
  #measured: { readonly n: number; readonly at: number } | undefined
  #rttMs: number | undefined
  #endCode: CloseCode | undefined
  #ended = false

  constructor(options: ChannelOptions) {
    this.#options = options
    this.socket = options.socket
    this.#monotonicMs = options.monotonicMs ?? ((): number => performance.now())
    this.#limits = {
      pingIntervalMs: options.limits?.pingIntervalMs ?? 1_000,
      silenceMs: options.limits?.silenceMs ?? DEFAULT_SILENCE_MS,
      lineBurst: options.limits?.lineBurst ?? 2_000,
      linesPerSecond: options.limits?.linesPerSecond ?? 500,
      maxQueuedBytes: options.limits?.maxQueuedBytes ?? 4_194_304,
    }
    this.#lineBudget = this.#limits.lineBurst
    this.#heardAt = this.#tickedAt = this.#pingedAt = this.#monotonicMs()
    this.socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.socket.on('error', () => this.#end('socket_error'))
    this.socket.on('end', () => this.#end('closed_by_peer'))
    this.socket.on('close', () => this.#end('closed_by_peer'))
    this.#tick = setInterval(() => this.#onTick(), this.#tickMs)
    if (this.#limits.pingIntervalMs > 0) this.#ping()
  }

  /** Smoothed round-trip time in milliseconds; `undefined` before the first answer or without pings. */
  get rttMs(): number | undefined {
    return this.#rttMs
  }

  get isOpen(): boolean {
    return !this.#ended
  }

  /** Sends a line; false when the connection is over. */
  send(message: ControlMessage): boolean {
    if (this.#ended) return false
    this.socket.write(encodeControl(message))
    if (this.socket.writableLength > this.#limits.maxQueuedBytes) {
      this.#end('does_not_read')
      return false
    }
    return true
  }

  /** Says why, when a word is given, and closes. */
  close(code?: CloseCode): void {
    if (this.#ended) return
    this.#end('closed_here', code)
  }

  get #tickMs(): number {
    const { pingIntervalMs, silenceMs } = this.#limits
    return Math.max(10, Math.min(silenceMs / 9, pingIntervalMs > 0 ? pingIntervalMs / 4 : Infinity))
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return
    this.#heardAt = this.#monotonicMs()
    const lines = this.#cutter.push(chunk)
    if (lines === undefined) return this.#end('line_too_long', 'protocol_error')
    for (const line of lines) {
      if (this.#ended) return
      this.#lineBudget -= 1
      if (this.#lineBudget < 0) return this.#end('too_many_lines', 'busy')
      this.#readLine(line)
    }
  }

  #readLine(line: Buffer): void {
    const decoded = decodeControl(line)
    if (decoded.kind === 'unknown') return
    if (decoded.kind === 'invalid') return this.#end('bad_line', 'protocol_error')
    const { message } = decoded
    if (message.t === 'ping') this.send({ t: 'pong', n: message.n })
    else if (message.t === 'pong') this.#onPong(message.n)
    else if (message.t === 'close') {
      this.#endCode = message.code
      this.#end('closed_by_peer')
    } else this.#options.onMessage(message)
  }

  #ping(): void {
    this.#pings += 1
    this.#pingedAt = this.#monotonicMs()
    this.#measured ??= { n: this.#pings, at: this.#monotonicMs() }
    this.send({ t: 'ping', n: this.#pings })
  }

  #onPong(n: number): void {
    if (n !== this.#measured?.n) return
    const sampleMs = this.#monotonicMs() - this.#measured.at
    this.#measured = undefined
    this.#rttMs = this.#rttMs === undefined ? sampleMs : this.#rttMs + (sampleMs - this.#rttMs) / 4
  }

  #onTick(): void {
    const now = this.#monotonicMs()
    const sinceTickMs = now - this.#tickedAt
    this.#tickedAt = now
    // When this process itself stood still, the peer's words wait in the socket: let them be read first.
    if (sinceTickMs > this.#tickMs + this.#limits.silenceMs / 2) this.#heardAt = now
    if (now - this.#heardAt >= this.#limits.silenceMs) return this.#end('silent')
    const refill = (this.#limits.linesPerSecond * sinceTickMs) / 1_000
    this.#lineBudget = Math.min(this.#limits.lineBurst, this.#lineBudget + refill)
    const { pingIntervalMs } = this.#limits
    // Half a tick early rather than a whole one late.
    if (pingIntervalMs > 0 && now - this.#pingedAt >= pingIntervalMs - this.#tickMs / 2) this.#ping()
  }

  #end(end: ChannelEnd, word?: CloseCode): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#tick)
    // A peer that is told the reason gets a moment to read it; nobody else gets any.
    if (word === undefined || this.socket.destroyed) this.socket.destroy()
    else {
      this.socket.end(encodeControl({ t: 'close', code: word }))
      setTimeout(() => this.socket.destroy(), LAST_WORD_MS).unref()
    }
    this.#options.onEnd(end, this.#endCode)
  }
}
