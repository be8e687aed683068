/** A bell: whoever waits goes on at once when it rings, and a ring before the wait is not lost. */
export class Wake {
  #hasRung = false
  #ring: (() => void) | undefined

  /** Ends the wait of the one who waits, or the next one. */
  ring(): void {
    this.#hasRung = true
    this.#ring?.()
  }

  /**
   * Waits for the bell or the time.
   *
   * @returns whether it rang
   * @throws the signal's reason when it is aborted
   */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted()
    if (!this.#hasRung) await this.#sleep(ms, signal)
    signal?.throwIfAborted()
    const hasRung = this.#hasRung
    this.#hasRung = false
    return hasRung
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        this.#ring = undefined
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
      this.#ring = end
    })
  }
}
