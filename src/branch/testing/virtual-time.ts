/** Time that passes only when a test says so; what is due happens in its order. */
export class VirtualTime {
  #nowMs = 1_000
  #count = 0
  readonly #due = new Map<number, { readonly atMs: number; readonly run: () => void }>()
  /** How much later than asked for things happen, in milliseconds: a busy machine. */
  lateMs = (): number => 0

  readonly nowMs = (): number => this.#nowMs

  readonly schedule = (delayMs: number, run: () => void): (() => void) => {
    const number = (this.#count += 1)
    this.#due.set(number, { atMs: this.#nowMs + delayMs + this.lateMs(), run })
    return () => this.#due.delete(number)
  }

  /** Lets so many milliseconds pass. */
  pass(ms: number): void {
    const until = this.#nowMs + ms
    for (;;) {
      const [next] = [...this.#due].toSorted((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])
      if (next === undefined || next[1].atMs > until) break
      this.#due.delete(next[0])
      this.#nowMs = Math.max(this.#nowMs, next[1].atMs)
      next[1].run()
    }
    this.#nowMs = until
  }
}
