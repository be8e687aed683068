interface KeepAliveOptions {
  /** Silence after which the peer is asked, and again after as much; 0 switches it off. Unit: milliseconds. */
  readonly intervalMs: number
  /** Silence after which the peer is given up, at the latest a quarter of an interval later. Unit: milliseconds. */
  readonly deadlineMs: number
  readonly bytesRead: () => number
  /** Called after a silent interval. */
  readonly onQuiet: () => void
  /** Called when the peer has been silent for the deadline. */
  readonly onDead: () => void
}

/** Looks in an interval: silence is known to a part of it, so that a deadline is not missed by a whole one. */
const LOOKS = 4

/**
 * Watches whether the peer is still there. Silence is counted in intervals that our own timer really saw, not by a
 * clock: when this machine sleeps or stalls, the peer is not blamed for it.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions
  readonly #timer: NodeJS.Timeout | undefined
  #seenBytes = 0
  /** Looks in a row that found nothing new. */
  #silentLooks = 0

  constructor(options: KeepAliveOptions) {
    this.#options = options
    if (options.intervalMs > 0) this.#timer = setInterval(() => this.#look(), options.intervalMs / LOOKS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { intervalMs, deadlineMs, bytesRead, onQuiet, onDead } = this.#options
    const now = bytesRead()
    if (now !== this.#seenBytes) {
      this.#seenBytes = now
      this.#silentLooks = 0
      return
    }
    this.#silentLooks += 1
    if (this.#silentLooks * (intervalMs / LOOKS) >= deadlineMs) onDead()
    else if (this.#silentLooks % LOOKS === 0) onQuiet()
  }
}
