import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { usefulModules, usefulSingles } from './useful-modules.ts'

interface Size {
  readonly capacity: number
  readonly cost: number
  readonly most?: number
}

/** The least that modules with at least this capacity cost, by trying every number of each. */
function leastCost(sizes: readonly Size[], need: number): number {
  if (need <= 0) return 0
  const [first, ...rest] = sizes
  if (first === undefined) return Infinity
  let least = Infinity
  const enough = Math.min(first.most ?? Infinity, Math.ceil(need / first.capacity))
  for (let count = 0; count <= enough; count += 1)
    least = Math.min(least, count * first.cost + leastCost(rest, need - count * first.capacity))
  return least
}

const lists = fc.array(
  fc.record({ capacity: fc.integer({ min: 1, max: 12 }), cost: fc.integer({ min: 0, max: 12 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
)

test('whatever capacity is needed costs as much with the useful sizes as with all', () => {
  let dropped = 0
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 24 }), (sizes, need) => {
      const useful = usefulModules(sizes, 24)
      assert.equal(leastCost(useful, need), leastCost(sizes, need), JSON.stringify(useful))
      dropped += sizes.length - useful.length
    }),
    { numRuns: 2_000 },
  )
  assert.ok(dropped > 1_000, `dropped ${dropped}`)
})

test('a list of forty sizes that are multiples of two comes down to the two', () => {
  // Every even multiple of 20 is a multiple of 40, every odd one has a 20 more.
  const forty = Array.from({ length: 40 }, (_, index) => ({
    capacity: (index + 1) * 20,
    cost: Math.floor((index + 1) / 2) * 4_580 + ((index + 1) % 2) * 3_580,
  }))
  assert.deepEqual(usefulModules(forty, 10_000), [
    { capacity: 20, cost: 3_580, most: 1 },
    { capacity: 40, cost: 4_580, most: 250 },
  ])
})

test('sizes of very different lengths are sorted out in bounded work', () => {
  const sizes = [1e-6, 3.1e-6, 1e3, 7.7e5, 1e9].map((capacity, index) => ({ capacity, cost: index + 1 }))
  const useful = usefulModules(sizes, 1e12)
  assert.deepEqual(
    useful.map(({ capacity }) => capacity),
    [1e-6, 3.1e-6, 1e3, 7.7e5, 1e9],
  )
  // Two of one cost at least as much as one of the next, which has more; of the largest any number may be needed.
  assert.deepEqual(
    useful.map(({ most }) => most),
    [1, 1, 1, 1, 1_000],
  )
})

test('where only one module may be bought, all sizes count that are larger or cheaper than the others', () => {
  const sizes = [
    { capacity: 10, cost: 5 },
    { capacity: 10, cost: 5 },
    { capacity: 4, cost: 5 },
    { capacity: 20, cost: 9 },
    { capacity: 3, cost: 1 },
  ]
  assert.deepEqual(
    usefulSingles(sizes).map(({ capacity, most }) => [capacity, most]),
    [
      [3, 1],
      [10, 1],
      [20, 1],
    ],
  )
})
