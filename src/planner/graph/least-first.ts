/** A heap: takes items in any order and gives the one that sorts first. Equal items come in the order they were put. */
export class LeastFirst<T> {
  readonly #comesBefore: (a: T, b: T) => boolean
  readonly #items: { readonly item: T; readonly turn: number }[] = []
  #turn = 0

  constructor(comesBefore: (a: T, b: T) => boolean) {
    this.#comesBefore = comesBefore
  }

  put(item: T): void {
    this.#turn += 1
    const entry = { item, turn: this.#turn }
    let place = this.#items.length
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.#items[above]
      if (parent === undefined || !this.#isFirst(entry, parent)) break
      this.#items[place] = parent
      place = above
    }
    this.#items[place] = entry
  }

  take(): T | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (first === undefined || last === undefined) return undefined
    if (this.#items.length > 0) this.#sink(last)
    return first.item
  }

  #sink(entry: { readonly item: T; readonly turn: number }): void {
    let place = 0
    for (;;) {
      let below = place * 2 + 1
      let child = this.#items[below]
      const right = this.#items[below + 1]
      if (child !== undefined && right !== undefined && this.#isFirst(right, child)) {
        child = right
        below += 1
      }
      if (child === undefined || !this.#isFirst(child, entry)) break
      this.#items[place] = child
      place = below
    }
    this.#items[place] = entry
  }

  #isFirst(
    a: { readonly item: T; readonly turn: number },
    b: { readonly item: T; readonly turn: number },
  ): boolean {
    if (this.#comesBefore(a.item, b.item)) return true
    return !this.#comesBefore(b.item, a.item) && a.turn < b.turn
  }
}
