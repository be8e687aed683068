/**
 * Remembers what was worked out from texts that come again and again. When it is full it starts anew: a stranger who
 * sends ever new texts costs some work, and no memory.
 */
export class BoundedCache<T> {
  readonly #entries = new Map<string, T>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The value of a text; made and kept if it is new. What `make` throws is not remembered. */
  get(text: string, make: (text: string) => T): T {
    const known = this.#entries.get(text)
    if (known !== undefined) return known
    const value = make(text)
    if (this.#entries.size >= this.#limit) this.#entries.clear()
    // A slice keeps the whole text alive that it was cut from; this copy does not.
    this.#entries.set(Buffer.from(text, 'utf8').toString('utf8'), value)
    return value
  }

  clear(): void {
    this.#entries.clear()
  }
}
