interface KeepAliveOptions {
  /** Looked at {@link LOOKS} times in as much; 0 switches it off. Unit: milliseconds. */
  readonly intervalMs: number
  /** Silence after which the peer is given up, at the latest a quarter of an interval later. Unit: milliseconds. */
  readonly deadlineMs: number
  readonly bytesRead: () => number
  /** Called at every look while the peer is not given up. */
  readonly onLook: () => void
  /** Called when the peer has been silent for the deadline. */
  readonly onDead: () => void
}

/** Looks in an interval: silence is known to a part of it, so that a deadline is not missed by a whole one. */
export const LOOKS = 4

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

  /** For how long nothing has come, in milliseconds and steps of a quarter of an interval. */
  get silentMs(): number {
    return (this.#silentLooks * this.#options.intervalMs) / LOOKS
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { deadlineMs, bytesRead, onLook, onDead } = this.#options
    const now = bytesRead()
    if (now !== this.#seenBytes) {
      this.#seenBytes = now
      this.#silentLooks = 0
    } else this.#silentLooks += 1
    if (this.silentMs >= deadlineMs) onDead()
    else onLook()
  }
}
