import type { QuotaKey, QuotaStore, QuotaWish, Reservation } from '../quotas/quota-store.ts'

/** Quotas that nothing outlives: grants what is needed, and not a unit more. */
export class MemoryQuotas implements QuotaStore {
  readonly #taken = new Map<string, number>()
  /** How often a block was taken. */
  reservations = 0

  reserve(key: QuotaKey, { need, max }: QuotaWish): Promise<Reservation> {
    this.reservations += 1
    const name = JSON.stringify(key)
    const before = this.#taken.get(name) ?? 0
    const granted = Math.max(0, Math.min(need, max - before))
    this.#taken.set(name, before + granted)
    return Promise.resolve({ granted, taken: before + granted })
  }

  giveBack(key: QuotaKey, units: number): void {
    const name = JSON.stringify(key)
    this.#taken.set(name, (this.#taken.get(name) ?? 0) - units)
  }

  taken(key: QuotaKey): Promise<number> {
    return Promise.resolve(this.#taken.get(JSON.stringify(key)) ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve()
  }
}
