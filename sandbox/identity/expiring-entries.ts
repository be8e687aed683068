/** What is kept for a while by a key: tokens, codes, questions to people. Never more than `max`; the oldest go first. */
export class ExpiringEntries<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>()
  readonly #now: () => Date
  readonly #max: number

  constructor(now: () => Date, max: number) {
    this.#now = now
    this.#max = max
  }

  set(key: string, value: T, lifeMs: number): void {
    this.#entries.set(key, { value, until: this.#now().getTime() + lifeMs })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max) break
      this.#entries.delete(oldest)
    }
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#now().getTime() < entry.until) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Gives the value and forgets it: for what is good once. */
  take(key: string): T | undefined {
    const value = this.get(key)
    this.#entries.delete(key)
    return value
  }

  clear(): void {
    this.#entries.clear()
  }
}
