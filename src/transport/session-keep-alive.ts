interface KeepAliveOptions {
  /** 0 switches it off. */
  readonly intervalMs: number
  readonly deadlineMs: number
  readonly bytesRead: () => number
  /** Called after a silent interval. */
  readonly onQuiet: () => void
  /** Called after an interval in which the peer was heard. */
  readonly onHeard: () => void
  /** Called when the peer has been silent for the deadline. */
  readonly onDead: () => void
}

/**
 * Watches whether the peer is still there. Silence is counted in intervals that our own timer really saw, not by a
 * clock: when this machine sleeps or stalls, the peer is not blamed for it.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions
  readonly #timer: NodeJS.Timeout | undefined
  #seenBytes = 0
  #silentMs = 0

  constructor(options: KeepAliveOptions) {
    this.#options = options
    if (options.intervalMs > 0) this.#timer = setInterval(() => this.#look(), options.intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { intervalMs, deadlineMs, bytesRead, onQuiet, onHeard, onDead } = this.#options
    const now = bytesRead()
    if (now !== this.#seenBytes) {
      this.#seenBytes = now
      this.#silentMs = 0
      onHeard()
      return
    }
    this.#silentMs += intervalMs
    if (this.#silentMs > deadlineMs) onDead()
    else onQuiet()
  }
}
