import type { Duplex } from 'node:stream'
import { FrameWriter } from './frame-writer.ts'
import { SEND_BACKLOG_BYTES } from './session-limits.ts'

/** Something that sends in small steps when there is room. Returns whether it could send more at once. */
export interface Pump {
  step(): boolean
}

interface WireOptions {
  readonly socket: Duplex
  /** Called at the start of every flush: seals what has gathered and writes it. */
  readonly beforeFlush: () => void
  /** Called at the end of every flush. */
  readonly afterFlush: () => void
  /** A step of the flush threw. */
  readonly onError: (cause: unknown) => void
  /** The peer leaves more unread than a session may hold. */
  readonly onOverflow: () => void
  readonly maxUnsentBytes: number
}

/**
 * The writing side of a session. Everything that is written during one turn of the event loop leaves in one write at
 * its end. Bodies are pumps: they take turns, one DATA frame each, while fewer than 256 KiB wait for the socket.
 */
export class SessionWire {
  readonly writer: FrameWriter = new FrameWriter()
  readonly #socket: Duplex
  readonly #options: WireOptions
  readonly #pumps: Pump[] = []
  #scheduled = false
  #closed = false
  #bytesWritten = 0

  constructor(options: WireOptions) {
    this.#options = options
    this.#socket = options.socket
    this.#socket.on('drain', () => this.schedule())
  }

  /** Bytes given to the socket so far. */
  get bytesWritten(): number {
    return this.#bytesWritten
  }

  /** Bytes that neither the socket nor the kernel has taken yet. */
  get unsentBytes(): number {
    return this.writer.bytes + this.#socket.writableLength
  }

  get waitingPumps(): number {
    return this.#pumps.length
  }

  /** Asks for a flush at the end of this turn. Call after every write of a frame. */
  schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    setImmediate(this.#flushScheduled)
  }

  /** Puts a pump in the queue; its `step` is called when it is its turn and there is room. */
  enqueue(pump: Pump): void {
    if (this.#closed) return
    this.#pumps.push(pump)
    if (this.unsentBytes < SEND_BACKLOG_BYTES) this.schedule()
  }

  /** Takes a pump out of the queue. */
  dequeue(pump: Pump): void {
    const at = this.#pumps.indexOf(pump)
    if (at !== -1) this.#pumps.splice(at, 1)
  }

  /** Writes what is there now, without sealing more. For the last word of a session. */
  flushNow(): void {
    if (this.#closed) return
    const parts = this.writer.take()
    const [only] = parts
    if (only === undefined) return
    if (parts.length === 1) {
      this.#write(only)
      return
    }
    this.#socket.cork()
    for (const part of parts) this.#write(part)
    this.#socket.uncork()
  }

  /** Nothing leaves any more; what has gathered is dropped. */
  close(): void {
    this.#closed = true
    this.#pumps.length = 0
    this.writer.take()
    this.writer.release()
  }

  readonly #flushScheduled = (): void => {
    this.#scheduled = false
    if (this.#closed) return
    try {
      this.#servePumps()
      this.#options.beforeFlush()
      this.flushNow()
    } catch (cause) {
      this.#options.onError(cause)
      return
    }
    if (this.#socket.writableLength > this.#options.maxUnsentBytes) this.#options.onOverflow()
    else this.#options.afterFlush()
  }

  #servePumps(): void {
    while (this.#pumps.length > 0 && this.unsentBytes < SEND_BACKLOG_BYTES) {
      const pump = this.#pumps.shift()
      if (pump?.step() === true) this.#pumps.push(pump)
    }
  }

  #write(part: Uint8Array): void {
    this.#bytesWritten += part.length
    this.#socket.write(part)
  }
}
