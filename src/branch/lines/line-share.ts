import { FairQueue, type Served } from './fair-queue.ts'
import { TokenBucket } from './token-bucket.ts'
import { bytesPerMs, SEGMENT_BYTES, wireBytes } from './wire-bytes.ts'

/** One direction of a tunnel that waits for its turn. */
export interface Sender {
  /**
   * Sends at most so many bytes of tunnel now. Gives how many it sent, and whether it has more to send at once; it gives
   * false when it is done, when its connection is over, and when it must wait for something else and asks again later.
   */
  readonly send: (maxBytes: number) => Served
}

/** Runs something later; gives what calls it off. */
export type Schedule = (delayMs: number, run: () => void) => () => void

interface LineShareOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  readonly schedule: Schedule
}

/** Time on the line that one turn takes: so long a small call waits for each pair of members that sends in bulk. */
const SLICE_MS = 2

/** Most full packets in a turn: above this larger writes save nothing worth having (`bench/relay-splice.ts`). */
const MAX_SLICE_SEGMENTS = 45

/** Time of the line that may be saved up, so that a timer that comes late costs no throughput. */
const SAVED_MS = 10

interface Pace {
  readonly mbps: number
  /** Tunnel bytes of one turn. */
  readonly sliceBytes: number
  readonly bucket: TokenBucket
  readonly queue: FairQueue<Sender>
}

/**
 * What leaves towards one neighbour, kept a little below what the line carries, so that what must wait does so here,
 * where members take turns, and not in a queue on the line, where whoever fills it stands before everybody else. Holds
 * no bytes: a direction that waits keeps the one read it has and reads no more.
 */
export class LineShare {
  readonly #options: LineShareOptions
  #pace: Pace | undefined
  #cancel: (() => void) | undefined

  constructor(options: LineShareOptions) {
    this.#options = options
  }

  /** Directions that wait now. */
  get waiting(): number {
    return this.#pace?.queue.size ?? 0
  }

  /** Sets the rate on the line, in Mbit/s with headers; `undefined`: nothing is held back. In force at once. */
  setRate(mbps: number | undefined): void {
    const before = this.#pace
    if (mbps === before?.mbps) return
    this.#pace = mbps === undefined ? undefined : paceOf(mbps, this.#options.nowMs())
    for (const { name, item } of before?.queue.drain() ?? []) {
      if (this.#pace === undefined) item.send(Infinity)
      else this.#pace.queue.add(name, item, this.#options.nowMs())
    }
    this.#cancel?.()
    this.#cancel = undefined
    this.#pump()
  }

  /** Whether so many bytes may be written at once. If so they count as written, if not {@link LineShare.wait}. */
  pass(bytes: number): boolean {
    const pace = this.#pace
    if (pace === undefined) return true
    if (pace.queue.size > 0) return false
    const wire = wireBytes(bytes)
    // No more than a turn may overdraw: a large read at once would be a queue on the line.
    if (!pace.bucket.has(bytes <= pace.sliceBytes ? 1 : wire, this.#options.nowMs)) return false
    pace.bucket.spend(wire)
    return true
  }

  /** Lets a sender wait; turns are taken between flows, and within a flow between its senders. */
  wait(flow: string, sender: Sender): void {
    if (this.#pace === undefined) {
      sender.send(Infinity)
      return
    }
    this.#pace.queue.add(flow, sender, this.#options.nowMs())
    if (this.#cancel === undefined) this.#pump()
  }

  /** Holds nothing back any more and forgets what waits: whoever owns the connections closes them. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#pace = undefined
  }

  #pump(): void {
    const pace = this.#pace
    if (pace === undefined) return
    const { queue, bucket, sliceBytes } = pace
    const turn = (sender: Sender): Served => {
      const { bytes, hasMore } = sender.send(sliceBytes)
      const wire = wireBytes(bytes)
      bucket.spend(wire)
      return { bytes: wire, hasMore }
    }
    for (;;) {
      const nowMs = this.#options.nowMs()
      if (queue.size === 0 || !bucket.isOpen(nowMs)) break
      queue.serve(turn, nowMs)
    }
    if (queue.size === 0 || this.#cancel !== undefined) return
    this.#cancel = this.#options.schedule(Math.max(1, Math.ceil(bucket.closedMs)), () => {
      this.#cancel = undefined
      this.#pump()
    })
  }
}

function paceOf(mbps: number, nowMs: number): Pace {
  const rate = bytesPerMs(mbps)
  const segments = Math.floor((rate * SLICE_MS) / wireBytes(SEGMENT_BYTES))
  const sliceBytes = Math.min(MAX_SLICE_SEGMENTS, Math.max(2, segments)) * SEGMENT_BYTES
  return {
    mbps,
    sliceBytes,
    bucket: new TokenBucket(rate, SAVED_MS, nowMs),
    queue: new FairQueue(wireBytes(sliceBytes), rate),
  }
}
