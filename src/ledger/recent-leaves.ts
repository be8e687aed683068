import { MAX_ENTRY_BYTES } from '../protocol/limits.ts'
import { leafHash } from '../protocol/merkle.ts'
import { HASH_BYTES } from './hash-tile.ts'

/** More are not kept: a tree that is so far behind reads its records. */
const MAX_LEAVES = 65_536

/** Room for so many is made at first; it doubles when it is used up. */
const START_LEAVES = 1_024

/**
 * Leaf hashes of records that became durable since the ledger was opened and are not in the tree yet, so that growing
 * the tree need not read them back. It may know less than there is, never anything else.
 */
export class RecentLeaves {
  readonly #entryOf: (record: Uint8Array) => Uint8Array
  #first = 0
  #count = 0
  #bytes = Buffer.allocUnsafeSlow(START_LEAVES * HASH_BYTES)

  constructor(entryOf: (record: Uint8Array) => Uint8Array) {
    this.#entryOf = entryOf
  }

  /** The leaf hash of a record; undefined when its entry is too large, which is for the tree to say. */
  leafOf(record: Uint8Array): Buffer | undefined {
    const entry = this.#entryOf(record)
    return entry.length > MAX_ENTRY_BYTES ? undefined : leafHash(entry)
  }

  /** Tells the leaf hash of a record that has become durable. Behind a gap, and when there is no room, it begins anew. */
  add(sequence: number, leaf: Uint8Array): void {
    if (sequence !== this.#first + this.#count || this.#count === MAX_LEAVES) {
      this.#first = sequence
      this.#count = 0
    }
    if ((this.#count + 1) * HASH_BYTES > this.#bytes.length) this.#grow()
    this.#bytes.set(leaf, this.#count * HASH_BYTES)
    this.#count += 1
  }

  /** The leaf hash of a record, or undefined when it is not known. A view, valid until the next call of another method. */
  get(sequence: number): Uint8Array | undefined {
    const at = sequence - this.#first
    if (at < 0 || at >= this.#count) return undefined
    return this.#bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)
  }

  /** Forgets the leaves of all records before this one: the tree has them. */
  dropBefore(sequence: number): void {
    const gone = Math.min(Math.max(0, sequence - this.#first), this.#count)
    this.#bytes.copyWithin(0, gone * HASH_BYTES, this.#count * HASH_BYTES)
    this.#first += gone
    this.#count -= gone
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length)
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
