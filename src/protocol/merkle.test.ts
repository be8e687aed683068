import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  consistencyProof,
  emptyRoot,
  leafHash,
  nodeHash,
  treeInclusionProof,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

interface InclusionCheck {
  readonly name: string
  readonly index: number | string
  readonly size: number | string
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[]
  readonly valid: boolean
}

interface ConsistencyCheck {
  readonly name: string
  readonly from: number | string
  readonly to: number | string
  readonly fromRoot: string
  readonly toRoot: string
  readonly proof: readonly string[]
  readonly valid: boolean
}

interface Vectors {
  readonly hashes: {
    readonly emptyTree: { readonly hash: string }
    readonly leaf: readonly { readonly dataHex: string; readonly hash: string }[]
    readonly node: readonly { readonly left: string; readonly right: string; readonly hash: string }[]
  }
  readonly referenceTree: {
    readonly leavesHex: readonly string[]
    readonly nodes: { readonly levels: readonly (readonly string[])[] }
    readonly roots: readonly { readonly size: number; readonly root: string }[]
    readonly inclusion: readonly {
      readonly size: number
      readonly index: number
      readonly proof: readonly string[]
    }[]
    readonly consistency: readonly {
      readonly from: number
      readonly to: number
      readonly proof: readonly string[]
    }[]
  }
  readonly proofChecks: {
    readonly inclusion: readonly InclusionCheck[]
    readonly consistency: readonly ConsistencyCheck[]
  }
  readonly recordTree: {
    readonly roots: readonly { readonly size: number; readonly root: string }[]
    readonly inclusion: readonly {
      readonly size: number
      readonly index: number
      readonly proof: readonly string[]
    }[]
    readonly consistency: readonly {
      readonly from: number
      readonly to: number
      readonly proof: readonly string[]
    }[]
  }
}

const vectors = JSON.parse(
  readFileSync(new URL('../../test/conformance/vectors/tlog.json', import.meta.url), 'utf8'),
) as Vectors

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const hexes = (hashes: readonly Uint8Array[]): string[] =>
  hashes.map((value) => Buffer.from(value).toString('hex'))

test('published hashes of the empty tree, leaves and nodes', () => {
  const { emptyTree, leaf, node } = vectors.hashes
  assert.equal(emptyRoot().toString('hex'), emptyTree.hash)
  assert.equal(treeRoot([]).toString('hex'), emptyTree.hash)
  assert.ok(leaf.length >= 5 && node.length >= 1)
  for (const { dataHex, hash } of leaf) assert.equal(leafHash(bytes(dataHex)).toString('hex'), hash)
  for (const { left, right, hash } of node)
    assert.equal(nodeHash(bytes(left), bytes(right)).toString('hex'), hash)
  assert.deepEqual(leafHash('وُصلة'), leafHash(Buffer.from('وُصلة')))
})

test('the published reference tree: roots, subtrees and every proof', () => {
  const { leavesHex, nodes, roots, inclusion, consistency } = vectors.referenceTree
  const leaves = leavesHex.map((hex) => leafHash(bytes(hex)))
  assert.ok(roots.length >= 9 && inclusion.length >= 30 && consistency.length >= 30)
  for (const { size, root } of roots) assert.equal(treeRoot(leaves.slice(0, size)).toString('hex'), root)
  nodes.levels.forEach((level, height) => {
    level.forEach((node, index) => {
      const covered = leaves.slice(index * 2 ** height, (index + 1) * 2 ** height)
      assert.equal(treeRoot(covered).toString('hex'), node)
    })
  })
  for (const { size, index, proof } of inclusion) {
    assert.deepEqual(hexes(treeInclusionProof(leaves.slice(0, size), index)), proof)
  }
  for (const { from, to, proof } of consistency) {
    assert.deepEqual(hexes(consistencyProof(leaves.slice(0, to), from)), proof)
  }
})

test('the published good and bad proofs', () => {
  const { inclusion, consistency } = vectors.proofChecks
  assert.equal(inclusion.length + consistency.length, 196)
  for (const check of inclusion) {
    const claim = {
      leafHash: bytes(check.leafHash),
      index: Number(check.index),
      size: Number(check.size),
      root: bytes(check.root),
      proof: check.proof.map(bytes),
    }
    assert.equal(verifyInclusion(claim), check.valid, check.name)
  }
  for (const check of consistency) {
    const claim = {
      fromSize: Number(check.from),
      toSize: Number(check.to),
      fromRoot: bytes(check.fromRoot),
      toRoot: bytes(check.toRoot),
      proof: check.proof.map(bytes),
    }
    assert.equal(verifyConsistency(claim), check.valid, check.name)
  }
})

test('a larger tree of records', () => {
  const { roots, inclusion, consistency } = vectors.recordTree
  const leaves = Array.from({ length: 1_000 }, (_, index) => leafHash(`record ${index}`))
  const known = roots.filter(({ size }) => size <= leaves.length)
  assert.ok(known.length >= 5)
  for (const { size, root } of known) assert.equal(treeRoot(leaves.slice(0, size)).toString('hex'), root)
  for (const { size, index, proof } of inclusion.filter((row) => row.size <= leaves.length)) {
    assert.deepEqual(hexes(treeInclusionProof(leaves.slice(0, size), index)), proof)
  }
  for (const { from, to, proof } of consistency.filter((row) => row.to <= leaves.length)) {
    assert.deepEqual(hexes(consistencyProof(leaves.slice(0, to), from)), proof)
  }
})

test('every proof of every small tree is accepted, at its own place only', () => {
  const leaves = Array.from({ length: 33 }, (_, index) => leafHash(`entry ${index}`))
  for (let size = 1; size <= leaves.length; size += 1) {
    const tree = leaves.slice(0, size)
    const root = treeRoot(tree)
    for (let index = 0; index < size; index += 1) {
      const proof = treeInclusionProof(tree, index)
      const leaf = leaves[index] ?? emptyRoot()
      assert.ok(verifyInclusion({ leafHash: leaf, index, size, proof, root }))
      assert.equal(
        verifyInclusion({ leafHash: leaf, index: (index + 1) % size, size, proof, root }),
        size === 1,
      )
      const fromRoot = treeRoot(leaves.slice(0, index))
      const consistency = consistencyProof(tree, index)
      assert.ok(
        verifyConsistency({ fromSize: index, toSize: size, fromRoot, toRoot: root, proof: consistency }),
      )
    }
  }
})

test('a proof with any bit turned, or a hash more or less, is refused', () => {
  const leaves = Array.from({ length: 21 }, (_, index) => leafHash(`entry ${index}`))
  const root = treeRoot(leaves)
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.nat(100),
      fc.nat(255),
      fc.constantFrom('flip', 'drop', 'add'),
      (index, at, bit, how) => {
        const proof = treeInclusionProof(leaves, index)
        const old = consistencyProof(leaves, index)
        const leaf = leaves[index] ?? root
        assert.equal(
          verifyInclusion({ leafHash: leaf, index, size: 21, proof: damage(proof, at, bit, how), root }),
          false,
        )
        if (index === 0) return
        const fromRoot = treeRoot(leaves.slice(0, index))
        const claim = {
          fromSize: index,
          toSize: 21,
          fromRoot,
          toRoot: root,
          proof: damage(old, at, bit, how),
        }
        assert.equal(verifyConsistency(claim), false)
      },
    ),
    { numRuns: 500 },
  )
})

function damage(proof: readonly Buffer[], at: number, bit: number, how: 'flip' | 'drop' | 'add'): Buffer[] {
  const place = at % proof.length
  if (how === 'drop') return proof.toSpliced(place, 1)
  if (how === 'add') return proof.toSpliced(place, 0, emptyRoot())
  return proof.map((hash, index) => {
    const copy = Buffer.from(hash)
    if (index === place) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return copy
  })
}

test('sizes that are no sizes, and hashes that are no hashes, prove nothing', () => {
  const leaf = leafHash('a')
  const good = { leafHash: leaf, index: 0, size: 1, proof: [], root: leaf }
  assert.ok(verifyInclusion(good))
  for (const size of [0, -1, 1.5, Number.NaN, 2 ** 53])
    assert.equal(verifyInclusion({ ...good, size }), false)
  for (const index of [-1, 0.5, 1, Number.NaN]) assert.equal(verifyInclusion({ ...good, index }), false)
  assert.equal(verifyInclusion({ ...good, leafHash: leaf.subarray(1), root: leaf.subarray(1) }), false)
  // A proof that goes on above the root would make a leaf of one tree a leaf of a larger one.
  const above = nodeHash(emptyRoot(), leaf)
  assert.equal(verifyInclusion({ ...good, proof: [emptyRoot()], root: above }), false)
  const same = { fromSize: 1, toSize: 1, fromRoot: leaf, toRoot: leaf, proof: [] }
  assert.ok(verifyConsistency(same))
  assert.equal(verifyConsistency({ ...same, fromSize: 2 }), false)
  assert.equal(verifyConsistency({ ...same, toRoot: emptyRoot() }), false)
  assert.equal(verifyConsistency({ ...same, fromSize: 0 }), false)
  const fromNothing = { fromSize: 0, toSize: 1, fromRoot: emptyRoot(), toRoot: leaf, proof: [] }
  assert.ok(verifyConsistency(fromNothing))
  assert.equal(verifyConsistency({ ...fromNothing, proof: [leaf] }), false)
  assert.equal(verifyConsistency({ ...fromNothing, fromRoot: leaf }), false)
  assert.equal(verifyConsistency({ ...same, fromSize: 0.5 }), false)
})

test('proofs of what is not there cannot be asked for', () => {
  const leaves = [leafHash('a')]
  for (const index of [-1, 1, 0.5]) assert.throws(() => treeInclusionProof(leaves, index), RangeError)
  for (const size of [-1, 2, 0.5]) assert.throws(() => consistencyProof(leaves, size), RangeError)
})
