/** Length of one slot in milliseconds. */
const SLOT_MS = 8

/** The slot of now and the 125 before it: together one second at least, and 1.008 s at most. */
const SLOTS = 126

/**
 * Lets no more than `limit` pass in any second, and all of them at once if they come at once. It counts in slots of 8 ms, so
 * that under a steady load beyond the limit at least 99 % of it pass.
 */
export class RateWindow {
  readonly #limit: number
  readonly #slots = new Uint32Array(SLOTS)
  #slot: number
  #sum = 0

  /** @param nowMs - any time that never goes back, in milliseconds */
  constructor(limit: number, nowMs: number) {
    this.#limit = limit
    this.#slot = Math.floor(nowMs / SLOT_MS)
  }

  /** What passed in the last second. */
  passed(nowMs: number): number {
    this.#advance(nowMs)
    return this.#sum
  }

  /** Lets one more pass and counts it: the slot in which it is counted; undefined when no more may pass now. */
  take(nowMs: number): number | undefined {
    this.#advance(nowMs)
    if (this.#sum >= this.#limit) return undefined
    this.#add(this.#slot, 1)
    return this.#slot
  }

  /** One that was let through, and counted in this slot, did not go on. */
  giveBack(slot: number): void {
    if (slot > this.#slot - SLOTS) this.#add(slot, -1)
  }

  #add(slot: number, count: number): void {
    const at = slot % SLOTS
    this.#slots[at] = (this.#slots[at] ?? 0) + count
    this.#sum += count
  }

  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS)
    const over = Math.min(slot - this.#slot, SLOTS)
    for (let i = 1; i <= over; i += 1) {
      const at = (this.#slot + i) % SLOTS
      this.#sum -= this.#slots[at] ?? 0
      this.#slots[at] = 0
    }
    if (over > 0) this.#slot = slot
  }
}
