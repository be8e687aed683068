/** Those who wait for a log to grow beyond a size. */
export class SizeWaiters {
  readonly #waiting = new Set<{ readonly size: number; readonly wake: () => void }>()

  /** Resolves when {@link grown} tells of more than `size`, or when the signal aborts. */
  async wait(size: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const waiter = { size, wake }
      const waiting = this.#waiting
      function wake(): void {
        waiting.delete(waiter)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(waiter)
      signal.addEventListener('abort', wake)
    })
  }

  grown(size: number): void {
    for (const waiter of this.#waiting) if (waiter.size < size) waiter.wake()
  }
}
