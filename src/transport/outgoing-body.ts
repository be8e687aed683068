import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { BodyClaim } from '../protocol/statement.ts'
import { MAX_DATA_BYTES } from './frame-layout.ts'
import { MAX_CREDIT_BYTES } from './session-limits.ts'
import type { Pump, SessionWire } from './session-wire.ts'

/**
 * A body to send: a source of chunks that are not written to after they were given. When the body is no longer
 * wanted the iterator's `return` is called, once and without waiting: whatever should be closed then, the source
 * closes there.
 */
export type BodySource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** A source that has been opened. */
export type BodyIterator = AsyncIterator<Uint8Array> | Iterator<Uint8Array>

/** Opens a source; throws what the source throws, for example because it was read before. */
export function openSource(source: BodySource): BodyIterator {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

type Next = IteratorResult<Uint8Array, unknown>

interface OutgoingBodyOptions {
  readonly wire: SessionWire
  readonly streamId: number
  readonly source: BodyIterator
  readonly credit: number
  /** Every byte is in a DATA frame; what they were. */
  readonly onEnd: (claim: BodyClaim) => void
  /** The source failed. */
  readonly onError: (cause: unknown) => void
}

/**
 * Sends a body as DATA frames: never more than the peer's credit, one frame per turn in the queue of the wire, one
 * chunk of the source at a time. The digest grows with what is sent.
 */
export class OutgoingBody implements Pump {
  readonly #options: OutgoingBodyOptions
  readonly #iterator: BodyIterator
  #credit: number
  #chunk: Uint8Array | undefined
  #at = 0
  #bytes = 0
  #hash: Hash | undefined
  #queued = false
  #ended = false

  constructor(options: OutgoingBodyOptions) {
    this.#options = options
    this.#credit = options.credit
    this.#iterator = options.source
    this.#pull()
  }

  /** Whether there is still something to come. */
  get active(): boolean {
    return !this.#ended
  }

  /** Takes credit from the peer. False when it is more than a stream may ever have. */
  addCredit(bytes: number): boolean {
    this.#credit += bytes
    if (this.#credit > MAX_CREDIT_BYTES) return false
    this.#queueIfReady()
    return true
  }

  /**
   * Sends nothing more and lets go of the source. The source is told and not waited for: it may be stuck in a read
   * that never returns.
   */
  stop(): void {
    if (this.#ended) return
    this.#end()
    void this.#letGo().catch(() => undefined)
  }

  /** One DATA frame. */
  step(): boolean {
    this.#queued = false
    const chunk = this.#chunk
    if (chunk === undefined || this.#credit === 0) return false
    const length = Math.min(chunk.length - this.#at, MAX_DATA_BYTES, this.#credit)
    const piece = chunk.subarray(this.#at, this.#at + length)
    this.#hash ??= createHash('sha512')
    this.#hash.update(piece)
    this.#options.wire.writer.data(this.#options.streamId, piece)
    this.#credit -= length
    this.#bytes += length
    this.#at += length
    if (this.#at === chunk.length) {
      this.#chunk = undefined
      this.#pull()
      return false
    }
    this.#queued = this.#credit > 0
    return this.#queued
  }

  async #letGo(): Promise<void> {
    await this.#iterator.return?.()
  }

  #pull(): void {
    let next: Next | Promise<Next>
    try {
      next = this.#iterator.next()
    } catch (cause) {
      this.#fail(cause)
      return
    }
    if ('then' in next) {
      next.then(
        (result) => this.#take(result),
        (cause: unknown) => this.#fail(cause),
      )
    } else {
      this.#take(next)
    }
  }

  #take(result: Next): void {
    if (this.#ended) return
    if (result.done === true) {
      this.#end()
      const body = this.#hash?.digest('base64url')
      this.#options.onEnd(body === undefined ? { bodyBytes: this.#bytes } : { body, bodyBytes: this.#bytes })
      return
    }
    if (!(result.value instanceof Uint8Array)) {
      this.#fail(new TypeError('a body is made of Uint8Array chunks'))
      return
    }
    if (result.value.length === 0) {
      this.#pull()
      return
    }
    this.#chunk = result.value
    this.#at = 0
    this.#queueIfReady()
  }

  #queueIfReady(): void {
    if (this.#queued || this.#ended || this.#chunk === undefined || this.#credit === 0) return
    this.#queued = true
    this.#options.wire.enqueue(this)
  }

  #fail(cause: unknown): void {
    if (this.#ended) return
    this.#end()
    this.#options.onError(cause)
  }

  #end(): void {
    this.#ended = true
    this.#chunk = undefined
    if (this.#queued) this.#options.wire.dequeue(this)
    this.#queued = false
  }
}
