import type { Served } from '../lines/fair-queue.ts'
import type { Sender } from '../lines/line-share.ts'
import type { TurnTaking } from './splice.ts'

const NOTHING = Buffer.alloc(0)

/** The part of a tunnel's end that a direction needs. */
export interface WayEnd {
  readonly socket: {
    readonly destroyed: boolean
    readonly writableEnded: boolean
    readonly writableLength: number
    readonly write: (chunk: Buffer, onTaken?: () => void) => unknown
    readonly end: () => unknown
    readonly destroySoon: () => unknown
  }
  readonly resume: () => void
}

/** One direction of a tunnel. Holds at most the one read that the line or the reader has not taken yet. */
export class Way implements Sender {
  readonly #from: WayEnd
  readonly #to: WayEnd
  readonly #turn: TurnTaking | undefined
  /** What waits for its turn. The memory is that of the read: nothing is read into it before all of it is written. */
  #rest: Buffer | undefined
  #endAfter: (() => void) | undefined

  constructor(from: WayEnd, to: WayEnd, turn: TurnTaking | undefined) {
    this.#from = from
    this.#to = to
    this.#turn = turn
  }

  /** Takes what was read; false when the reader must keep the memory until it is resumed. */
  forward(chunk: Buffer): boolean {
    const { socket } = this.#to
    if (socket.destroyed || socket.writableEnded) return true
    if (this.#turn !== undefined && !this.#turn.share.pass(chunk.length)) {
      this.#rest = chunk
      this.#turn.share.wait(this.#turn.flow, this)
      return false
    }
    socket.write(chunk)
    // A write that the kernel took whole leaves nothing queued and costs no callback.
    if (socket.writableLength === 0) return true
    socket.write(NOTHING, () => this.#from.resume())
    return false
  }

  send(maxBytes: number): Served {
    const { socket } = this.#to
    const rest = this.#rest
    if (rest === undefined || socket.destroyed || socket.writableEnded) {
      this.#done()
      return { bytes: 0, hasMore: false }
    }
    const slice = rest.subarray(0, maxBytes)
    this.#rest = slice.length < rest.length ? rest.subarray(maxBytes) : undefined
    socket.write(slice)
    const isTaken = socket.writableLength === 0
    if (isTaken && this.#rest !== undefined) return { bytes: slice.length, hasMore: true }
    // Never resumes at once: the reader may be in the middle of the very read whose bytes these are.
    socket.write(NOTHING, () => this.#goOn())
    return { bytes: slice.length, hasMore: false }
  }

  /** Passes the end of this direction on, after its last byte. */
  end(): void {
    this.#after(() => this.#to.socket.end())
  }

  /** Closes the connection it leads to after the last byte. */
  endAndClose(): void {
    this.#after(() => this.#to.socket.destroySoon())
  }

  /** The kernel has taken everything that was written. */
  #goOn(): void {
    if (this.#rest === undefined || this.#turn === undefined) this.#done()
    else this.#turn.share.wait(this.#turn.flow, this)
  }

  #done(): void {
    this.#rest = undefined
    this.#endAfter?.()
    this.#from.resume()
  }

  #after(end: () => void): void {
    if (this.#rest === undefined) end()
    else this.#endAfter = end
  }
}
