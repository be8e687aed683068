import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Choice, DesignProblem } from './design-problem.ts'
import { searchNeighbourhoods } from './search-neighbourhoods.ts'

/** A ring of forty links of cost 1 a module. */
const RING: DesignProblem = {
  nodes: Array.from({ length: 40 }, (_, node) => ({ id: `n${node}`, relays: true, cost: 0 })),
  links: Array.from({ length: 40 }, (_, link) => ({
    id: `l${link}`,
    from: link,
    to: (link + 1) % 40,
    installed: 0,
    modules: [{ capacity: 1, cost: 1, most: 9 }],
    fixedCost: 0,
    flowCost: 0,
  })),
  commodities: [],
  outages: [],
  sharing: 'each',
  isOneModule: false,
  isDivisible: false,
  constantCost: 0,
}

const FULL: Choice = RING.links.map(() => [3])

test('every part of the network is improved, each with its neighbours and none with the whole', () => {
  const freed = new Set<number>()
  const best = searchNeighbourhoods(
    {
      problem: RING,
      leftS: () => 1,
      solvePart: (start, free) => {
        assert.ok(free.size >= 10 && free.size <= 24, `${free.size}`)
        // Links that are next to each other on the ring: one gap only.
        const sorted = [...free].sort((a, b) => a - b)
        const gaps = sorted.filter((link, place) => link + 1 !== (sorted[place + 1] ?? (sorted[0] ?? 0) + 40))
        assert.ok(gaps.length <= 1, sorted.join())
        for (const link of free) freed.add(link)
        const better = start.map((counts, link) =>
          free.has(link) ? [Math.max(1, (counts[0] ?? 0) - 1)] : counts,
        )
        return better
      },
    },
    FULL,
  )
  assert.equal(freed.size, 40)
  assert.deepEqual(
    best,
    RING.links.map(() => [1]),
  )
})

test('what is no better is not taken, and time that is up ends it', () => {
  let asked = 0
  const worse = searchNeighbourhoods(
    { problem: RING, leftS: () => 1, solvePart: (start) => ((asked += 1), start.map(() => [9])) },
    FULL,
  )
  assert.equal(worse, FULL)
  // Once around for each of the three sizes.
  assert.equal(asked, 120)
  let left = 5
  searchNeighbourhoods({ problem: RING, leftS: () => (left -= 1), solvePart: () => undefined }, FULL)
  assert.ok(left <= 0)
})
