/** A copy is made after so many additions, or after as many as there are entries if these are more. */
const RENEW_AFTER = 256

/**
 * A map, in the order of insertion, for entries that come and go by the thousand in a second. A plain `Map` makes a new table
 * now and then and leaves in the old one a reference to the new; as soon as one such table has grown old, the runtime's collector of
 * young objects takes every later one for reachable, and with it whatever was in any of them. So every exchange lived until the
 * next full collection. Here the tables of one map never lead to those of the next.
 */
export class PassingMap<K, V> {
  #entries = new Map<K, V>()
  #added = 0

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  set(key: K, value: V): void {
    if (this.#added >= RENEW_AFTER && this.#added >= this.#entries.size) this.#renew()
    this.#added += 1
    this.#entries.set(key, value)
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  /** The oldest first. What is added or removed meanwhile may be missing or there. */
  keys(): MapIterator<K> {
    return this.#entries.keys()
  }

  /** The oldest first. What is added or removed meanwhile may be missing or there. */
  values(): MapIterator<V> {
    return this.#entries.values()
  }

  #renew(): void {
    this.#entries = new Map(this.#entries)
    this.#added = 0
  }
}
