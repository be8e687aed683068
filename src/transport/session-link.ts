import type { Duplex } from 'node:stream'
import { peerCode } from '../protocol/error-codes.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import { toWuslaError } from '../protocol/wusla-error.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { FrameDecoder } from './frame-decoder.ts'
import type { FrameSink } from './frame-decoder.ts'
import { FRAME } from './frame-layout.ts'
import { LAST_WORD_MS } from './session-limits.ts'
import { SessionWire } from './session-wire.ts'

/** Who listens to a link: first the opening of the session, then the session. */
export interface LinkOwner extends FrameSink {
  /** Seals and writes what has gathered. */
  beforeFlush(): void
  /** Everything that was written has been given to the socket. */
  afterFlush(): void
  /** The bytes of the peer, the socket or the own code broke a rule; the owner must call {@link SessionLink.leave}. */
  lost(code: ErrorCode, step: string, cause?: unknown): void
}

/**
 * The socket of a session with its two sides, reading and writing. After {@link leave} nothing is read or delivered.
 */
export class SessionLink {
  readonly wire: SessionWire
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>
  readonly #socket: Duplex
  readonly #decoder: FrameDecoder
  #owner: LinkOwner
  #bytesRead = 0
  #left = false

  constructor(socket: Duplex, maxUnsentBytes: number, owner: LinkOwner) {
    this.#socket = socket
    this.#owner = owner
    this.wire = new SessionWire({
      socket,
      maxUnsentBytes,
      beforeFlush: () => this.#owner.beforeFlush(),
      afterFlush: () => this.#owner.afterFlush(),
      onError: (cause) => this.#lose(toWuslaError(cause, 'internal_error').code, 'flush', cause),
      onOverflow: () => this.#lose('flow_control_violation', 'peer_does_not_read'),
    })
    this.#decoder = new FrameDecoder({
      frame: (type, streamId, bytes, start, end) => this.#owner.frame(type, streamId, bytes, start, end),
      data: (streamId, piece, frameBytes, first) => this.#owner.data(streamId, piece, frameBytes, first),
    })
    this.gone = new Promise((resolve) => {
      if (socket.destroyed) resolve()
      else socket.once('close', resolve)
    })
    this.#listen()
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Bytes kept of a frame that is not whole. */
  get partialBytes(): number {
    return this.#decoder.heldBytes
  }

  handOver(owner: LinkOwner): void {
    this.#owner = owner
  }

  /** Ends our direction; the peer's may still run. */
  endWriting(): void {
    this.wire.flushNow()
    this.#socket.end()
  }

  /**
   * Ends the connection. With a code the peer is told it in a GOAWAY, as far as the socket takes it within a second:
   * a peer that does not read must not keep the socket.
   */
  leave(lastWord?: ErrorCode): void {
    if (this.#left) return
    this.#left = true
    this.#decoder.stop()
    if (lastWord === undefined || !this.#socket.writable) {
      this.wire.close()
      this.#socket.destroy()
      return
    }
    this.wire.writer.text(FRAME.goaway, 0, canonicalJson({ code: peerCode(lastWord) }))
    this.wire.flushNow()
    this.wire.close()
    const timer = setTimeout(() => this.#socket.destroy(), LAST_WORD_MS)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#socket.end(() => this.#socket.destroy())
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (cause) => this.#lose('session_closed', 'socket_error', cause))
    socket.on('end', () => this.#lose('session_closed', 'end_of_stream'))
    socket.on('close', () => this.#lose('session_closed', 'socket_closed'))
  }

  #read(chunk: Buffer): void {
    if (this.#left) return
    this.#bytesRead += chunk.length
    try {
      this.#decoder.push(chunk)
    } catch (cause) {
      this.#lose(toWuslaError(cause, 'internal_error').code, 'frame', cause)
    }
  }

  #lose(code: ErrorCode, step: string, cause?: unknown): void {
    if (!this.#left) this.#owner.lost(code, step, cause)
  }
}
