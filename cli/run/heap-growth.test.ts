import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeapGrowth } from './heap-growth.ts'

const SMALL = 35_000_000

function looks(growth: HeapGrowth, utilisations: readonly number[], usedBytes = SMALL): number[] {
  return utilisations.map((utilisation) => growth.look(utilisation, usedBytes))
}

test('a second of load lets the heap grow, a shorter burst does not', () => {
  const growth = new HeapGrowth()
  assert.deepEqual(looks(growth, [0.02, 0.9, 0.02, 0.9, 0.2, 0.9]), [0, 0, 0, 0, 0, 0])
  assert.deepEqual(looks(growth, [0.9]), [200])
})

test('it ends after five seconds without work, not in a pause', () => {
  const growth = new HeapGrowth()
  assert.deepEqual(looks(growth, [0.5, 0.5]), [0, 200])
  assert.deepEqual(new Set(looks(growth, Array<number>(9).fill(0.01))), new Set([200]))
  assert.deepEqual(looks(growth, [0.2]), [200])
  assert.deepEqual(looks(growth, Array<number>(10).fill(0.01)), [...Array<number>(9).fill(200), 0])
  assert.deepEqual(looks(growth, [0.01, 0.5]), [0, 0])
})

test('a large heap follows the rule of the runtime, also under load', () => {
  const growth = new HeapGrowth()
  assert.deepEqual(looks(growth, [0.9, 0.9, 0.9], 110_000_000), [0, 0, 0])
  assert.deepEqual(looks(growth, [0.9]), [200])
})
