import { nodeHash } from '../../protocol/merkle.ts'
import { TILE_WIDTH, tilePlace } from '../../ledger/tile-path.ts'
import { consistencyRanges, inclusionRanges, rangeNodes } from '../../ledger/tree-ranges.ts'
import type { TreeNode, TreeRange } from '../../ledger/tree-ranges.ts'

const HASH_BYTES = 32

/**
 * The hashes of a whole tree, in memory: level 0 are the leaves, each level above has one hash for every full tile
 * below. 32 bytes an entry (11 MiB for 350,000), so that tiles and proofs cost no disk and need no second format.
 */
export class HashLevels {
  readonly #levels: HashList[] = [new HashList()]

  get size(): number {
    return this.#level(0).length
  }

  /** The leaf hash of an entry: a view, valid until the next {@link append}. */
  leaf(index: number): Buffer {
    return this.#level(0).slice(index, 1)
  }

  /** The roots of the full subtrees from left to right, one for each bit set in the size. */
  peaks(): Buffer[] {
    return rangeNodes({ from: 0, to: this.size }).map((node) => this.#node(node))
  }

  append(leaf: Uint8Array): void {
    let hash: Uint8Array = leaf
    for (let level = 0; ; level += 1) {
      const list = this.#level(level)
      list.push(hash)
      if (list.length % TILE_WIDTH !== 0) return
      hash = foldFull(list.slice(list.length - TILE_WIDTH, TILE_WIDTH))
    }
  }

  /** A tile of any width up to what there is; undefined beyond. The bytes are a copy. */
  tile(level: number, index: number, width: number): Buffer | undefined {
    const list = this.#levels[level]
    const from = index * TILE_WIDTH
    if (list === undefined || from + width > list.length) return undefined
    return Buffer.from(list.slice(from, width))
  }

  /** The root of the first `size` entries; `size` from 1 to what there is. */
  root(size: number): Buffer {
    return this.#range({ from: 0, to: size })
  }

  /** @throws RangeError when the entry is not below `size`, or `size` is more than there is */
  inclusionProof(index: number, size: number): Buffer[] {
    if (!(index >= 0 && index < size && size <= this.size)) throw new RangeError('no such entry')
    return inclusionRanges(index, size).map((range) => this.#range(range))
  }

  /** @throws RangeError when the sizes are not ordered, or are more than there is */
  consistencyProof(fromSize: number, toSize: number): Buffer[] {
    if (!(fromSize >= 0 && fromSize <= toSize && toSize <= this.size)) throw new RangeError('no such tree')
    return consistencyRanges(fromSize, toSize).map((range) => this.#range(range))
  }

  #range(range: TreeRange): Buffer {
    return rangeNodes(range)
      .map((node) => this.#node(node))
      .reduceRight((right, left) => nodeHash(left, right))
  }

  #node({ level, index }: TreeNode): Buffer {
    const { tileLevel, levelInTile } = tilePlace(level, index)
    const width = 2 ** levelInTile
    return foldFull(this.#level(tileLevel).slice(index * width, width))
  }

  #level(level: number): HashList {
    return (this.#levels[level] ??= new HashList())
  }
}

/** The root of a full subtree from its 2^k hashes. The result is a copy. */
function foldFull(hashes: Buffer): Buffer {
  let row = Array.from({ length: hashes.length / HASH_BYTES }, (_, i) =>
    hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  )
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let i = 0; i + 1 < row.length; i += 2) {
      const [left, right] = [row[i], row[i + 1]]
      if (left !== undefined && right !== undefined) above.push(nodeHash(left, right))
    }
    row = above
  }
  return Buffer.from(row[0] ?? Buffer.alloc(0))
}

/** A growing list of hashes in one stretch of memory. */
export class HashList {
  #bytes = Buffer.alloc(TILE_WIDTH * HASH_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(hash: Uint8Array): void {
    const end = this.#length * HASH_BYTES
    if (end === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], growth(end))
    this.#bytes.set(hash, end)
    this.#length += 1
  }

  /** The hashes in order, each a view that is valid until the next {@link push}. */
  *[Symbol.iterator](): Generator<Buffer> {
    for (let i = 0; i < this.#length; i += 1) yield this.slice(i, 1)
  }

  /** A view, valid until the next {@link push}. */
  slice(from: number, count: number): Buffer {
    if (from + count > this.#length) throw new RangeError('no such hashes')
    return this.#bytes.subarray(from * HASH_BYTES, (from + count) * HASH_BYTES)
  }
}

// Doubling up to a mebibyte, then by an eighth: little copying, little waste.
function growth(bytes: number): number {
  const more = Math.max(bytes >> 3, Math.min(bytes, 1_048_576))
  return bytes + Math.ceil(more / HASH_BYTES) * HASH_BYTES
}
