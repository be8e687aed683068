import { toMbps } from './wire-bytes.ts'

/** How much is used, in Mbit/s. */
export interface UseRate {
  /** Smoothed over about three seconds. */
  readonly mbps: number
  /** The busiest second of the last five minutes. */
  readonly peakMbps: number
}

/** Time in which the smoothed rate goes 63 % of the way to a new one, in milliseconds. */
const SMOOTH_MS = 3_000

/** The peak is kept by parts of the time it covers, so that memory does not depend on how often is sampled. */
const PEAK_PARTS = 10
const PEAK_PART_MS = 30_000

/** One direction of a line or of a pair: smoothed rate and peak, from counts of bytes. Bounded: ten numbers. */
export class RateMeter {
  mbps = 0
  readonly #peaks = new Float64Array(PEAK_PARTS)
  #part = 0

  /**
   * Takes in what moved.
   *
   * @param ms - how long it took, more than 0
   * @param nowMs - milliseconds of a clock that never goes back
   */
  add(bytes: number, ms: number, nowMs: number): void {
    const rate = toMbps(bytes, ms)
    this.mbps += (rate - this.mbps) * (1 - Math.exp(-ms / SMOOTH_MS))
    this.#turnTo(nowMs)
    const place = this.#part % PEAK_PARTS
    this.#peaks[place] = Math.max(this.#peaks[place] ?? 0, rate)
  }

  /** What is used at this time. */
  use(nowMs: number): UseRate {
    this.#turnTo(nowMs)
    return { mbps: this.mbps, peakMbps: Math.max(...this.#peaks) }
  }

  /** Empties the parts that are older than the peak covers. */
  #turnTo(nowMs: number): void {
    const part = Math.floor(nowMs / PEAK_PART_MS)
    const passed = Math.min(part - this.#part, PEAK_PARTS)
    for (let step = 1; step <= passed; step += 1) this.#peaks[(this.#part + step) % PEAK_PARTS] = 0
    if (part > this.#part) this.#part = part
  }
}
