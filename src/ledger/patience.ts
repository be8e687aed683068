/**
 * Ends a wait after a while: the same timer again and again, since one that is made and thrown away for every wait
 * would cost more than what the wait saves. It keeps no process alive.
 */
export class Patience {
  readonly #onOver: () => void
  readonly #maxWaitMs: number
  #timer: NodeJS.Timeout | undefined
  #isWaiting = false

  /** @param onOver - called when a wait lasted `maxWaitMs` milliseconds */
  constructor(maxWaitMs: number, onOver: () => void) {
    this.#maxWaitMs = maxWaitMs
    this.#onOver = onOver
  }

  /** Begins a wait, unless one is under way. */
  begin(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#fire(), this.#maxWaitMs).unref()
    else this.#timer.refresh()
  }

  /** What was waited for has come. The timer may still fire, and then finds nobody. */
  end(): void {
    this.#isWaiting = false
  }

  #fire(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#onOver()
  }
}
