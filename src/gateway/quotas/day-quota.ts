import type { QuotaKey, QuotaStore } from './quota-store.ts'

/**
 * One limit of one grant on one day, as this node uses it up: out of a block in hand, and from the store when that is
 * used. All take from it in the order in which they came.
 */
export class DayQuota {
  readonly key: QuotaKey
  readonly #store: QuotaStore
  readonly #max: number
  #inHand = 0
  /** Units taken by all nodes, as far as this one knows. */
  #taken: number | undefined
  /** Units of those who wait for a block. */
  #wanted = 0
  /** Size of the last block. */
  #block = 0
  #reserving: Promise<number> | undefined

  /** @param max - units that may be taken on the day */
  constructor(store: QuotaStore, key: QuotaKey, max: number) {
    this.#store = store
    this.key = key
    this.#max = max
  }

  /** Units used on the day; the blocks of other nodes count whole, and as they were when this node last took one. */
  async used(): Promise<number> {
    this.#taken ??= await this.#store.taken(this.key)
    return this.#taken - this.#inHand
  }

  /**
   * Takes units, all or none; false when fewer are left. At once as long as a block is in hand.
   *
   * @throws WuslaError `logging_failed`
   */
  take(units: number): boolean | Promise<boolean> {
    if (this.#wanted > 0 || this.#inHand < units) return this.#takeLater(units)
    this.#inHand -= units
    // Before the block is used up, so that nobody has to wait for the next.
    if (this.#inHand < this.#block / 2 && this.#block > 1) void this.#reserve().catch(() => undefined)
    return true
  }

  /** Returns units that were taken and not used. */
  giveBack(units: number): void {
    this.#inHand += units
  }

  /** Returns all that is in hand to the store. */
  close(): void {
    if (this.#block > 0) this.#store.giveBack(this.key, this.#inHand)
    this.#inHand = 0
    this.#taken = undefined
    this.#block = 0
  }

  async #takeLater(units: number): Promise<boolean> {
    this.#wanted += units
    try {
      while (this.#inHand < units) {
        const granted = await this.#reserve()
        if (granted === 0 && this.#inHand < units) return false
      }
      this.#inHand -= units
      return true
    } finally {
      this.#wanted -= units
    }
  }

  /** Those who wait share a wish; who comes while it is under way and gets nothing of it makes the next. */
  #reserve(): Promise<number> {
    this.#reserving ??= this.#reserveNow().finally(() => {
      this.#reserving = undefined
    })
    return this.#reserving
  }

  async #reserveNow(): Promise<number> {
    const need = Math.max(1, this.#wanted - this.#inHand)
    const wish = { need, max: this.#max, inHand: this.#inHand }
    const { granted, taken } = await this.#store.reserve(this.key, wish)
    this.#inHand += granted
    this.#taken = taken
    if (granted > 0) this.#block = granted
    return granted
  }
}
