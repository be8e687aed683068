import { emptyRoot, nodeHash } from '../protocol/merkle.ts'

/** Entries `from` (included) to `to` (left out), a subtree of an RFC 6962 tree. Never empty. */
export interface TreeRange {
  readonly from: number
  readonly to: number
}

/** A full subtree: node `index` of level `level`, which covers 2^level entries. */
export interface TreeNode {
  readonly level: number
  readonly index: number
}

/** Gives the hash of a full subtree. */
export type NodeSource = (node: TreeNode) => Promise<Buffer>

function splitPoint(size: number): number {
  let k = 1
  while (k * 2 < size) k *= 2
  return k
}

/** The subtrees whose hashes are the inclusion proof of an entry, leaf's sibling first (RFC 6962, 2.1.1). */
export function inclusionRanges(index: number, size: number): TreeRange[] {
  const ranges: TreeRange[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + splitPoint(to - from)
    if (index < middle) {
      ranges.push({ from: middle, to })
      to = middle
    } else {
      ranges.push({ from, to: middle })
      from = middle
    }
  }
  return ranges.reverse()
}

/** The subtrees whose hashes are the consistency proof from `fromSize` to `toSize` (RFC 6962, 2.1.2). */
export function consistencyRanges(fromSize: number, toSize: number): TreeRange[] {
  if (fromSize === 0 || fromSize === toSize) return []
  const ranges: TreeRange[] = []
  let from = 0
  let to = toSize
  while (fromSize !== to) {
    const middle = from + splitPoint(to - from)
    if (fromSize <= middle) {
      ranges.push({ from: middle, to })
      to = middle
    } else {
      ranges.push({ from, to: middle })
      from = middle
    }
  }
  // The verifier knows the old root itself when the old tree is one full subtree.
  if (from !== 0) ranges.push({ from, to })
  return ranges.reverse()
}

/** The full subtrees a range is made of, from left to right, largest first. */
export function rangeNodes(range: TreeRange): TreeNode[] {
  const nodes: TreeNode[] = []
  let { from } = range
  let rest = range.to - from
  while (rest > 0) {
    let level = 0
    let width = 1
    while (width * 2 <= rest) {
      width *= 2
      level += 1
    }
    nodes.push({ level, index: from / width })
    from += width
    rest -= width
  }
  return nodes
}

/** The hash of a range. */
export async function rangeHash(range: TreeRange, source: NodeSource): Promise<Buffer> {
  const hashes: Buffer[] = []
  for (const node of rangeNodes(range)) hashes.push(await source(node))
  return hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** The root of the tree of the first `size` entries. */
export async function rootHash(size: number, source: NodeSource): Promise<Buffer> {
  return size === 0 ? emptyRoot() : rangeHash({ from: 0, to: size }, source)
}

/** The hashes of several ranges, in order. Copies: they outlive whatever the source hands out. */
export async function proofHashes(ranges: readonly TreeRange[], source: NodeSource): Promise<Buffer[]> {
  const hashes: Buffer[] = []
  for (const range of ranges) hashes.push(Buffer.from(await rangeHash(range, source)))
  return hashes
}
