import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { BodyClaim } from '../protocol/statement.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { ChunkQueue } from './stream-chunks.ts'

interface IncomingBodyOptions {
  /** Bytes the peer may send before it gets more. */
  readonly initialCredit: number
  /** Gives the peer more credit, because the reader took that much. */
  readonly onCredit: (bytes: number) => void
  /** The bytes that wait for the reader changed by so much. */
  readonly onBuffered: (change: number) => void
  /** The reader gave up before the end. */
  readonly onAbandoned: () => void
}

interface Waiting {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void
  readonly reject: (error: WuslaError) => void
}

const DONE: IteratorResult<Uint8Array, undefined> = Object.freeze({ done: true, value: undefined })

/**
 * A streamed body on its way to its reader. What came in the last DATA frame is withheld until {@link release}, so
 * that nobody can take an unverified body for a whole one. To be read once, by one reader.
 *
 * The iteration throws the error the stream ended with: `invalid_signature` or `body_mismatch` are never seen half;
 * the reader must treat what it read before as void then.
 */
export class IncomingBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #options: IncomingBodyOptions
  readonly #released = new ChunkQueue()
  readonly #withheld = new ChunkQueue()
  #credit: number
  #unreturned = 0
  #bytes = 0
  #hash: Hash | undefined
  #waiting: Waiting | undefined
  #reading = false
  #allCame = false
  #end: 'open' | 'complete' | 'discarding' = 'open'
  #error: WuslaError | undefined

  constructor(options: IncomingBodyOptions) {
    this.#options = options
    this.#credit = options.initialCredit
  }

  /** Whether somebody reads, or has read to the end. */
  get wanted(): boolean {
    return this.#reading && this.#end !== 'discarding'
  }

  /** Bytes that wait for the reader, with those withheld. */
  get bufferedBytes(): number {
    return this.#released.bytes + this.#withheld.bytes
  }

  /** Takes a piece of a DATA frame. False when the frame is longer than the peer's credit. */
  receive(piece: Buffer, frameBytes: number, first: boolean): boolean {
    if (first) {
      if (frameBytes > this.#credit) return false
      this.#credit -= frameBytes
      this.#withheld.moveTo(this.#released)
    }
    this.#bytes += piece.length
    this.#hash ??= createHash('sha512')
    this.#hash.update(piece)
    if (this.#end !== 'discarding') {
      this.#withheld.push(piece)
      this.#options.onBuffered(piece.length)
    }
    if (first) this.#serve()
    return true
  }

  /** No DATA will come any more; what it was. */
  finish(): BodyClaim {
    this.#allCame = true
    const body = this.#hash?.digest('base64url')
    return body === undefined ? { bodyBytes: this.#bytes } : { body, bodyBytes: this.#bytes }
  }

  /** The body is verified and recorded: gives out what was withheld, and then the end. */
  release(): void {
    if (this.#end !== 'open') return
    this.#withheld.moveTo(this.#released)
    this.#end = 'complete'
    this.#serve()
  }

  /** Ends the body with an error and drops what waits. DATA still on its way is counted and dropped. */
  fail(error: WuslaError): void {
    if (this.#end === 'discarding') return
    this.#error = error
    this.#discard()
    this.#serve()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#reading) throw new TypeError('a body can be read once')
    this.#reading = true
    return this
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#waiting !== undefined) return Promise.reject(new TypeError('a body has one reader'))
    this.#reading = true
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#serve()
    })
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#end !== 'discarding' && !(this.#end === 'complete' && this.#released.bytes === 0)) {
      this.#discard()
      this.#serve()
      this.#options.onAbandoned()
    }
    return Promise.resolve(DONE)
  }

  #serve(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const chunk = this.#released.shift()
    if (chunk !== undefined) {
      this.#waiting = undefined
      this.#returnCredit(chunk.length)
      waiting.resolve({ done: false, value: chunk })
    } else if (this.#end !== 'open') {
      this.#waiting = undefined
      if (this.#error === undefined) waiting.resolve(DONE)
      else waiting.reject(this.#error)
    }
  }

  #returnCredit(bytes: number): void {
    this.#options.onBuffered(-bytes)
    this.#unreturned += bytes
    // In lumps, to spare frames; a quarter, so that with a withheld frame the peer never runs dry for good.
    if (this.#allCame || this.#unreturned * 4 < this.#options.initialCredit) return
    this.#credit += this.#unreturned
    this.#options.onCredit(this.#unreturned)
    this.#unreturned = 0
  }

  #discard(): void {
    this.#end = 'discarding'
    const dropped = this.bufferedBytes
    this.#released.clear()
    this.#withheld.clear()
    this.#options.onBuffered(-dropped)
  }
}
