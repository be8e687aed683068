/**
 * How much may go onto a line now. It may be overdrawn by one slice and then waits until that is made up, so the long-run
 * rate is kept whatever the sizes are. Time is passed in.
 */
export class TokenBucket {
  readonly #bytesPerMs: number
  readonly #depthBytes: number
  #tokens: number
  #filledAtMs: number

  /**
   * @param bytesPerMs - rate, more than 0
   * @param depthMs - time of the line that may be saved up, and so the most that a pause can be made up for
   */
  constructor(bytesPerMs: number, depthMs: number, nowMs: number) {
    this.#bytesPerMs = bytesPerMs
    this.#depthBytes = bytesPerMs * depthMs
    this.#tokens = this.#depthBytes
    this.#filledAtMs = nowMs
  }

  /**
   * Whether so many bytes may go at once, without overdrawing. Looks at the clock only when what is there is not enough:
   * a fast line asks for every read.
   */
  has(bytes: number, nowMs: () => number): boolean {
    return this.#tokens >= bytes || this.#fill(nowMs()) >= bytes
  }

  /** Whether anything may go: nothing is overdrawn any more. */
  isOpen(nowMs: number): boolean {
    return this.#fill(nowMs) > 0
  }

  /** Takes bytes out, more than there are if need be. */
  spend(bytes: number): void {
    this.#tokens -= bytes
  }

  /** Milliseconds until {@link TokenBucket.isOpen}, by what was known at its last question. */
  get closedMs(): number {
    return Math.max(0, -this.#tokens / this.#bytesPerMs)
  }

  #fill(nowMs: number): number {
    const ms = Math.max(0, nowMs - this.#filledAtMs)
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#depthBytes, this.#tokens + ms * this.#bytesPerMs)
    return this.#tokens
  }
}
