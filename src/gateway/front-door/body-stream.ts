/** Above this a stream asks its source to stop, in bytes. */
const HIGH_WATER_BYTES = 131_072

/** Below this it asks for more. */
const LOW_WATER_BYTES = 32_768

/** How many bytes wait in all body streams of a door, in bytes: what a memory alarm watches. */
export interface ByteGauge {
  bytes: number
}

/** The side of a stream that fills it. */
export interface StreamSource {
  /** The reader waits and nothing is here. */
  wanted(): void
  /** Stop reading: the reader is slower. */
  pause(): void
  resume(): void
  /** The reader wants no more; what still comes is to be thrown away. */
  abandon(): void
}

interface Waiter {
  resolve(result: IteratorResult<Buffer, undefined>): void
  reject(error: Error): void
}

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

/**
 * The body of a message on its way: filled by a connection, read by exactly one reader, never holding more than
 * about two reads of a socket. A stream that ends without its last byte throws; it never looks complete.
 */
export class BodyStream implements AsyncIterableIterator<Buffer, undefined> {
  readonly #source: StreamSource
  readonly #gauge: ByteGauge
  readonly #runs: Buffer[] = []
  #held = 0
  #paused = false
  #ended = false
  #abandoned = false
  #error: Error | undefined
  #waiter: Waiter | undefined

  constructor(source: StreamSource, gauge: ByteGauge) {
    this.#source = source
    this.#gauge = gauge
  }

  /** Bytes that wait for the reader. */
  get heldBytes(): number {
    return this.#held
  }

  /** Whether the reader is behind: the source then owes it nothing. */
  get isPaused(): boolean {
    return this.#paused
  }

  /** Whether the reader has let go or everything has been put in. */
  get isClosed(): boolean {
    return this.#abandoned || this.#ended || this.#error !== undefined
  }

  /** Puts bytes in. The stream owns them from now on. */
  push(run: Buffer): void {
    if (this.isClosed || run.length === 0) return
    const waiter = this.#waiter
    if (waiter !== undefined) {
      this.#waiter = undefined
      waiter.resolve({ done: false, value: run })
      return
    }
    this.#runs.push(run)
    this.#count(run.length)
    if (!this.#paused && this.#held >= HIGH_WATER_BYTES) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** The last byte has been put in. */
  end(): void {
    if (this.isClosed) return
    this.#ended = true
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.resolve(END)
  }

  /** The rest will never come. What waits is dropped: nobody may take a part for the whole. */
  fail(error: Error): void {
    if (this.isClosed && !(this.#ended && this.#held > 0)) return
    this.#error = error
    this.#drop()
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.reject(error)
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const run = this.#runs.shift()
    if (run !== undefined) {
      this.#count(-run.length)
      if (this.#paused && this.#held <= LOW_WATER_BYTES) {
        this.#paused = false
        this.#source.resume()
      }
      return Promise.resolve({ done: false, value: run })
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended || this.#abandoned) return Promise.resolve(END)
    if (this.#waiter !== undefined)
      return Promise.reject(new TypeError('A body has one reader, one read at a time'))
    const waiting = new Promise<IteratorResult<Buffer, undefined>>((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
    this.#source.wanted()
    return waiting
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#abandoned) {
      const wasOpen = !this.isClosed
      this.#abandoned = true
      this.#drop()
      const waiter = this.#waiter
      this.#waiter = undefined
      waiter?.resolve(END)
      if (wasOpen) this.#source.abandon()
    }
    return Promise.resolve(END)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #drop(): void {
    this.#runs.length = 0
    this.#count(-this.#held)
  }

  #count(bytes: number): void {
    this.#held += bytes
    this.#gauge.bytes += bytes
  }
}
