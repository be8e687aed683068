import { emptyRoot, nodeHash } from './merkle.ts'

const HASH_BYTES = 32

/**
 * A growing RFC 6962 tree that keeps only its peaks: the roots of its full subtrees from left to right, one
 * for each bit set in the size. Enough for the root at any moment, not for proofs.
 *
 * @throws RangeError if the peaks do not fit the size
 */
export class CompactTree {
  #size: number
  readonly #peaks: Buffer[]

  /** An empty tree, or one taken up again from a stored size and its peaks. */
  constructor(size: number = 0, peaks: readonly Uint8Array[] = []) {
    const fits = Number.isSafeInteger(size) && size >= 0 && bitsSet(size) === peaks.length
    if (!fits || peaks.some((peak) => peak.length !== HASH_BYTES)) {
      throw new RangeError('the peaks do not fit the size')
    }
    this.#size = size
    this.#peaks = peaks.map((peak) => Buffer.from(peak))
  }

  get size(): number {
    return this.#size
  }

  /** Largest subtree first. */
  get peaks(): readonly Buffer[] {
    return [...this.#peaks]
  }

  /** Adds one leaf hash; amortised one node hash. */
  append(leaf: Uint8Array): void {
    let peak = Buffer.from(leaf)
    let size = this.#size
    while (size % 2 === 1) {
      const left = this.#peaks.pop()
      if (left === undefined) throw new RangeError('the peaks do not fit the size')
      peak = nodeHash(left, peak) as Buffer<ArrayBuffer>
      size = Math.floor(size / 2)
    }
    this.#peaks.push(peak)
    this.#size += 1
  }

  /** The root of the tree as it stands. */
  root(): Buffer {
    let result = this.#peaks.at(-1)
    if (result === undefined) return emptyRoot()
    for (let i = this.#peaks.length - 2; i >= 0; i -= 1) {
      const peak = this.#peaks[i]
      if (peak !== undefined) result = nodeHash(peak, result)
    }
    return Buffer.from(result)
  }
}

function bitsSet(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}
