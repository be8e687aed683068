/** What an end reads into while little comes: most tunnels are idle most of the time. */
export const SMALL_BUFFER_BYTES = 2_048

/** What an end reads into when the shared large ones are all in use. */
const MIDDLE_BUFFER_BYTES = 16_384

/** Measured (`bench/relay-splice.ts`): above this a larger buffer saves no more system calls worth having. */
export const LARGE_BUFFER_BYTES = 262_144

/** So many small reads in a row give a large buffer back. */
const SMALL_READS = 8

/**
 * The large read buffers of one branch. However many tunnels are busy at once, they hold at most `maxLarge` of them,
 * so memory is bounded by `maxLarge` × 256 KiB plus 16 KiB for each further busy direction.
 */
export class ReadBuffers {
  readonly #maxLarge: number
  readonly #free: Buffer[] = []
  #lent = 0

  /** @param maxLarge - default 256, that is 64 MiB */
  constructor(maxLarge = 256) {
    this.#maxLarge = maxLarge
  }

  /** Large buffers in use now. */
  get lent(): number {
    return this.#lent
  }

  /** A buffer for an end that just filled `full`. */
  larger(full: Buffer): Buffer {
    if (full.length >= LARGE_BUFFER_BYTES) return full
    if (this.#lent < this.#maxLarge) {
      this.#lent += 1
      return this.#free.pop() ?? Buffer.allocUnsafeSlow(LARGE_BUFFER_BYTES)
    }
    return full.length >= MIDDLE_BUFFER_BYTES ? full : Buffer.allocUnsafeSlow(MIDDLE_BUFFER_BYTES)
  }

  /**
   * Takes a buffer back. `isUsed` says that somebody may still read from it: then it is left to the collector, since
   * lending it again would put one tunnel's bytes into another.
   */
  release(buffer: Buffer, isUsed: boolean): void {
    if (buffer.length !== LARGE_BUFFER_BYTES) return
    this.#lent -= 1
    if (!isUsed && this.#free.length < 32) this.#free.push(buffer)
  }
}

/** The buffer of one reading direction: small at rest, large under load. */
export class AdaptiveBuffer {
  readonly #buffers: ReadBuffers
  #current: Buffer = Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES)
  #smallReads = 0
  #isHeld = false
  #isClosed = false

  constructor(buffers: ReadBuffers) {
    this.#buffers = buffers
  }

  get current(): Buffer {
    return this.#current
  }

  /** Notes what a read brought; `isHeld`: the reader still needs the bytes, and it is noted again when it does not. */
  note(bytes: number, isHeld: boolean): void {
    this.#isHeld = isHeld
    if (isHeld || this.#isClosed) return
    this.#smallReads = bytes <= SMALL_BUFFER_BYTES / 2 ? this.#smallReads + 1 : 0
    if (bytes === this.#current.length) this.#current = this.#buffers.larger(this.#current)
    else if (this.#smallReads >= SMALL_READS && this.#current.length > SMALL_BUFFER_BYTES) {
      this.#buffers.release(this.#current, false)
      this.#current = Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES)
    }
  }

  /** Gives back what is lent; call once the socket reads no more. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#buffers.release(this.#current, this.#isHeld)
  }
}
