import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompactTree } from './compact-tree.ts'
import { emptyRoot, leafHash, treeRoot } from './merkle.ts'

test('the root follows every append', () => {
  const leaves = Array.from({ length: 70 }, (_, index) => leafHash(`entry ${index}`))
  const tree = new CompactTree()
  assert.deepEqual(tree.root(), emptyRoot())
  leaves.forEach((leaf, index) => {
    tree.append(leaf)
    assert.equal(tree.size, index + 1)
    assert.deepEqual(tree.root(), treeRoot(leaves.slice(0, index + 1)))
  })
})

test('a tree taken up from its peaks goes on as if nothing had happened', () => {
  const leaves = Array.from({ length: 41 }, (_, index) => leafHash(`entry ${index}`))
  for (let stop = 0; stop <= leaves.length; stop += 1) {
    const first = new CompactTree()
    for (const leaf of leaves.slice(0, stop)) first.append(leaf)
    const second = new CompactTree(first.size, first.peaks)
    for (const leaf of leaves.slice(stop)) second.append(leaf)
    assert.deepEqual(second.root(), treeRoot(leaves))
    assert.deepEqual(first.root(), treeRoot(leaves.slice(0, stop)))
  }
})

test('what is handed in or out is no way to change the tree', () => {
  const leaf = leafHash('a')
  const tree = new CompactTree()
  tree.append(leaf)
  const root = tree.root().toString('hex')
  leaf.fill(0)
  tree.root().fill(0)
  assert.equal(tree.root().toString('hex'), root)
})

test('peaks that do not fit the size are refused', () => {
  assert.throws(() => new CompactTree(3, [leafHash('a')]), RangeError)
  assert.throws(() => new CompactTree(0, [leafHash('a')]), RangeError)
  assert.throws(() => new CompactTree(-1), RangeError)
  assert.throws(() => new CompactTree(1, [leafHash('a').subarray(1)]), RangeError)
})
