/**
 * Remembers what was worked out from texts that come again and again. When it is full it starts anew: a stranger who
 * sends ever new texts costs some work, and no memory.
 */
export class BoundedCache<T> {
  readonly #entries = new Map<string, T>()
  readonly #limit: number
  #lastText: string | undefined
  #lastValue: T | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The value of a text; made and kept if it is new. What `make` throws is not remembered. */
  get(text: string, make: (text: string) => T): T {
    // Comparing with the last text is cheaper than looking it up, and it often is the same.
    if (text === this.#lastText && this.#lastValue !== undefined) return this.#lastValue
    const value = this.#entries.get(text) ?? this.#remember(text, make(text))
    this.#lastText = text
    this.#lastValue = value
    return value
  }

  clear(): void {
    this.#entries.clear()
    this.#lastText = undefined
  }

  #remember(text: string, value: T): T {
    if (this.#entries.size >= this.#limit) this.#entries.clear()
    // A slice keeps the whole text alive that it was cut from; this copy does not.
    this.#entries.set(Buffer.from(text, 'utf8').toString('utf8'), value)
    return value
  }
}
