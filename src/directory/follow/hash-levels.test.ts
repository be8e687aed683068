import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  consistencyProof,
  leafHash,
  treeInclusionProof,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../protocol/merkle.ts'
import { HashLevels } from './hash-levels.ts'

const leaves = Array.from({ length: 70_000 }, (_, i) => leafHash(`entry ${i}`))

test('roots and proofs of every size up to 600 are those of RFC 6962', () => {
  const levels = new HashLevels()
  for (let size = 1; size <= 600; size += 1) {
    levels.append(leaves[size - 1] ?? Buffer.alloc(32))
    const some = leaves.slice(0, size)
    assert.deepEqual(levels.root(size), treeRoot(some))
    const index = (size * 7) % size
    assert.deepEqual(levels.inclusionProof(index, size), treeInclusionProof(some, index))
    const from = (size * 5) % (size + 1)
    assert.deepEqual(levels.consistencyProof(from, size), consistencyProof(some, from))
  }
})

test('proofs across three levels verify', () => {
  const levels = new HashLevels()
  for (const leaf of leaves) levels.append(leaf)
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: leaves.length }),
    fc.integer({ min: 1, max: leaves.length }),
  )
  const property = fc.property(sizes, fc.nat(), ([a, b], n) => {
    const [fromSize, size] = a < b ? [a, b] : [b, a]
    const [fromRoot, root] = [levels.root(fromSize), levels.root(size)]
    const index = n % size
    const leaf = leaves[index] ?? Buffer.alloc(32)
    assert.ok(
      verifyInclusion({ leafHash: leaf, index, size, root, proof: levels.inclusionProof(index, size) }),
    )
    const proof = levels.consistencyProof(fromSize, size)
    assert.ok(verifyConsistency({ fromSize, toSize: size, fromRoot, toRoot: root, proof }))
  })
  fc.assert(property, { numRuns: 60 })
})

test('tiles hold what was appended; there is nothing beyond', () => {
  const levels = new HashLevels()
  for (const leaf of leaves.slice(0, 600)) levels.append(leaf)
  assert.deepEqual(levels.tile(0, 1, 256), Buffer.concat(leaves.slice(256, 512)))
  assert.deepEqual(levels.tile(0, 2, 88), Buffer.concat(leaves.slice(512, 600)))
  assert.deepEqual(levels.tile(1, 0, 1), treeRoot(leaves.slice(0, 256)))
  assert.deepEqual(levels.tile(1, 0, 2)?.subarray(32), treeRoot(leaves.slice(256, 512)))
  assert.equal(levels.tile(0, 2, 89), undefined)
  assert.equal(levels.tile(1, 0, 3), undefined)
  assert.equal(levels.tile(2, 0, 1), undefined)
  assert.throws(() => levels.inclusionProof(600, 600), RangeError)
  assert.throws(() => levels.inclusionProof(0, 601), RangeError)
})
