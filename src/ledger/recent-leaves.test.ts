import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafHash } from '../protocol/merkle.ts'
import { RecentLeaves } from './recent-leaves.ts'

const leaf = (sequence: number): Buffer => leafHash(`record ${sequence}`)

function filled(first: number, next: number): RecentLeaves {
  const leaves = new RecentLeaves((record) => record)
  for (let sequence = first; sequence < next; sequence += 1) leaves.add(sequence, leaf(sequence))
  return leaves
}

function known(leaves: RecentLeaves, upTo: number): number[] {
  const found: number[] = []
  for (let sequence = 0; sequence < upTo; sequence += 1) {
    const hash = leaves.get(sequence)
    if (hash === undefined) continue
    assert.deepEqual(Buffer.from(hash), leaf(sequence))
    found.push(sequence)
  }
  return found
}

test('leaves are known from the first to the last, and what was dropped no more', () => {
  const leaves = filled(5, 3_000)
  assert.equal(known(leaves, 4_000).length, 2_995)
  leaves.dropBefore(2_998)
  assert.deepEqual(known(leaves, 4_000), [2_998, 2_999])
  leaves.dropBefore(1_000)
  leaves.add(3_000, leaf(3_000))
  assert.deepEqual(known(leaves, 4_000), [2_998, 2_999, 3_000])
  leaves.dropBefore(9_999)
  assert.deepEqual(known(leaves, 4_000), [])
  leaves.add(3_001, leaf(3_001))
  assert.deepEqual(known(leaves, 4_000), [3_001])
})

test('behind a gap only what comes after it is known', () => {
  const leaves = filled(0, 3)
  leaves.add(4, leaf(4))
  assert.deepEqual(known(leaves, 10), [4])
})

test('they are bounded', () => {
  const leaves = filled(0, 65_536)
  assert.deepEqual(Buffer.from(leaves.get(0) ?? []), leaf(0))
  leaves.add(65_536, leaf(65_536))
  assert.deepEqual(known(leaves, 65_600), [65_536])
})

test('an entry that is too large for the tree has none', () => {
  const leaves = new RecentLeaves((record) => record)
  assert.deepEqual(leaves.leafOf(Buffer.alloc(65_535)), leafHash(Buffer.alloc(65_535)))
  assert.equal(leaves.leafOf(Buffer.alloc(65_536)), undefined)
})
