import { hash } from 'node:crypto'

/** RFC 6962, section 2: trees over SHA-256. Sizes and indexes are safe integers. */

const HASH_BYTES = 32
const EMPTY_ROOT = hash('sha256', '', 'hex')

/** SHA-256(0x00 || entry). A string counts as its UTF-8 bytes. */
export function leafHash(entry: Uint8Array | string): Buffer {
  if (typeof entry === 'string') return hash('sha256', `\0${entry}`, 'buffer')
  const input = Buffer.allocUnsafe(1 + entry.length)
  input[0] = 0
  input.set(entry, 1)
  return hash('sha256', input, 'buffer')
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + left.length + right.length)
  input[0] = 1
  input.set(left, 1)
  input.set(right, 1 + left.length)
  return hash('sha256', input, 'buffer')
}

/** The root of the tree without entries: SHA-256 of nothing. */
export function emptyRoot(): Buffer {
  return Buffer.from(EMPTY_ROOT, 'hex')
}

/** The largest power of two smaller than `size` (size ≥ 2). */
function splitPoint(size: number): number {
  let k = 1
  while (k * 2 < size) k *= 2
  return k
}

/** The root over the leaf hashes `from` (included) to `to` (left out); at least one. */
function rangeRoot(leafHashes: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const size = to - from
  if (size === 1) {
    const leaf = leafHashes[from]
    if (leaf === undefined) throw new RangeError(`no leaf ${from}`)
    return leaf
  }
  const middle = from + splitPoint(size)
  return nodeHash(rangeRoot(leafHashes, from, middle), rangeRoot(leafHashes, middle, to))
}

/** The root of the tree over these leaf hashes. */
export function treeRoot(leafHashes: readonly Uint8Array[]): Buffer {
  if (leafHashes.length === 0) return emptyRoot()
  return toBuffer(rangeRoot(leafHashes, 0, leafHashes.length))
}

/**
 * The root over texts (their UTF-8 bytes), equal to `treeRoot` of their leaf hashes and several times as fast: it is on
 * the path of every exchange. Level by level, a node without a neighbour going up as it is, gives the tree of the RFC.
 */
export function rootOfTexts(entries: readonly string[]): Buffer {
  if (entries.length === 0) return emptyRoot()
  const level = Buffer.allocUnsafe(entries.length * HASH_BYTES)
  entries.forEach((entry, at) =>
    level.write(hash('sha256', `\0${entry}`, 'latin1'), at * HASH_BYTES, 'latin1'),
  )
  const pair = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  pair[0] = 1
  for (let size = entries.length; size > 1; size = Math.ceil(size / 2)) {
    for (let at = 0; at + 1 < size; at += 2) {
      level.copy(pair, 1, at * HASH_BYTES, (at + 2) * HASH_BYTES)
      level.write(hash('sha256', pair, 'latin1'), (at / 2) * HASH_BYTES, 'latin1')
    }
    if (size % 2 === 1)
      level.copy(level, ((size - 1) / 2) * HASH_BYTES, (size - 1) * HASH_BYTES, size * HASH_BYTES)
  }
  return Buffer.from(level.subarray(0, HASH_BYTES))
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)
}

/**
 * The siblings from the leaf to the root.
 *
 * @throws RangeError if `index` is not in the tree
 */
export function treeInclusionProof(leafHashes: readonly Uint8Array[], index: number): Buffer[] {
  if (!isSize(index) || index >= leafHashes.length) throw new RangeError(`no leaf ${index}`)
  const siblings: Buffer[] = []
  let from = 0
  let to = leafHashes.length
  while (to - from > 1) {
    const middle = from + splitPoint(to - from)
    if (index < middle) {
      siblings.push(toBuffer(rangeRoot(leafHashes, middle, to)))
      to = middle
    } else {
      siblings.push(toBuffer(rangeRoot(leafHashes, from, middle)))
      from = middle
    }
  }
  return siblings.reverse()
}

/**
 * The proof that the tree over the first `fromSize` leaf hashes is a beginning of the tree over all of them.
 * Empty when `fromSize` is 0 or the whole.
 *
 * @throws RangeError if `fromSize` is larger than the tree
 */
export function consistencyProof(leafHashes: readonly Uint8Array[], fromSize: number): Buffer[] {
  if (!isSize(fromSize) || fromSize > leafHashes.length) throw new RangeError(`no tree of size ${fromSize}`)
  if (fromSize === 0 || fromSize === leafHashes.length) return []
  const hashes: Buffer[] = []
  let from = 0
  let to = leafHashes.length
  let oldRootIsKnown = true
  while (fromSize !== to) {
    const middle = from + splitPoint(to - from)
    if (fromSize <= middle) {
      hashes.push(toBuffer(rangeRoot(leafHashes, middle, to)))
      to = middle
    } else {
      hashes.push(toBuffer(rangeRoot(leafHashes, from, middle)))
      from = middle
      oldRootIsKnown = false
    }
  }
  if (!oldRootIsKnown) hashes.push(toBuffer(rangeRoot(leafHashes, from, to)))
  return hashes.reverse()
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every((value) => value.length === HASH_BYTES)
}

/** Whether `proof` shows that the leaf is entry `index` of the tree of `size` entries with this root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(claim: {
  readonly leafHash: Uint8Array
  readonly index: number
  readonly size: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}): boolean {
  const { leafHash: leaf, index, size, proof, root } = claim
  if (!isSize(index) || !isSize(size) || index >= size) return false
  if (leaf.length !== HASH_BYTES || !areHashes(proof)) return false
  let node = index
  let last = size - 1
  let result = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      result = nodeHash(sibling, result)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      result = nodeHash(result, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && Buffer.compare(result, root) === 0
}

/**
 * Whether `proof` shows that the tree with `fromRoot` is a beginning of the tree with `toRoot` (RFC 9162,
 * 2.1.4.2). From size 0 the proof must be empty and `fromRoot` the root of the empty tree.
 */
export function verifyConsistency(claim: {
  readonly fromSize: number
  readonly toSize: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}): boolean {
  const { fromSize, toSize, fromRoot, toRoot, proof } = claim
  if (!isSize(fromSize) || !isSize(toSize) || fromSize > toSize) return false
  if (fromSize === 0 && Buffer.compare(fromRoot, emptyRoot()) !== 0) return false
  if (fromSize === toSize) return proof.length === 0 && Buffer.compare(fromRoot, toRoot) === 0
  if (fromSize === 0) return proof.length === 0 && toRoot.length === HASH_BYTES
  const path = isPowerOfTwo(fromSize) ? [fromRoot, ...proof] : proof
  return areHashes(path) && climbConsistency(fromSize, toSize, path, fromRoot, toRoot)
}

function isPowerOfTwo(value: number): boolean {
  let rest = value
  while (rest % 2 === 0) rest /= 2
  return rest === 1
}

function climbConsistency(
  fromSize: number,
  toSize: number,
  path: readonly Uint8Array[],
  fromRoot: Uint8Array,
  toRoot: Uint8Array,
): boolean {
  const [first, ...rest] = path
  if (first === undefined) return false
  let node = fromSize - 1
  let last = toSize - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  let oldResult = first
  let newResult = first
  for (const sibling of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      oldResult = nodeHash(sibling, oldResult)
      newResult = nodeHash(sibling, newResult)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      newResult = nodeHash(newResult, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && Buffer.compare(oldResult, fromRoot) === 0 && Buffer.compare(newResult, toRoot) === 0
}
