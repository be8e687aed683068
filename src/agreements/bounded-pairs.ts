/**
 * Remembers what was worked out for two texts that come again and again. When it is full it starts anew: its keys come from
 * callers.
 */
export class BoundedPairs<V> {
  readonly #byFirst = new Map<string, Map<string, V>>()
  readonly #limit: number
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get(first: string, second: string): V | undefined {
    return this.#byFirst.get(first)?.get(second)
  }

  set(first: string, second: string, value: V): void {
    if (this.#size >= this.#limit) {
      this.#byFirst.clear()
      this.#size = 0
    }
    const bySecond = this.#byFirst.get(first)
    this.#size += 1
    if (bySecond === undefined) this.#byFirst.set(copyOf(first), new Map([[copyOf(second), value]]))
    else bySecond.set(copyOf(second), value)
  }
}

/** A slice would keep the whole text alive that it was cut from. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
