import type { Clock } from '../../protocol/clock.ts'

/** Time since this was made, in milliseconds: it never goes back, and stands still when the clock is put back. */
export class SteadyTime {
  readonly #clock: Clock
  #lastMs: number
  #passedMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastMs = clock.nowMs()
  }

  nowMs(): number {
    const nowMs = this.#clock.nowMs()
    this.#passedMs += Math.max(0, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    return this.#passedMs
  }
}
