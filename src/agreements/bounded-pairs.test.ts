import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedPairs } from './bounded-pairs.ts'

test('both texts count, each in its place', () => {
  const pairs = new BoundedPairs<number>(8)
  pairs.set('a', 'b c', 1)
  pairs.set('a b', 'c', 2)
  pairs.set('a', 'd', 3)
  assert.deepEqual(
    [pairs.get('a', 'b c'), pairs.get('a b', 'c'), pairs.get('a', 'd'), pairs.get('b c', 'a')],
    [1, 2, 3, undefined],
  )
})

test('at its limit it starts anew', () => {
  const pairs = new BoundedPairs<number>(2)
  for (const [i, second] of ['x', 'y', 'z'].entries()) pairs.set('a', second, i)
  assert.deepEqual([pairs.get('a', 'x'), pairs.get('a', 'y'), pairs.get('a', 'z')], [undefined, undefined, 2])
})
