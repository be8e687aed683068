import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { NetworkModel } from '../network-model.ts'
import { networkOf, randomNetworks } from '../testing/random-networks.ts'
import { findSinglePoints } from './find-single-points.ts'
import { networkGraph } from './network-graph.ts'

/** What is left of a network after a loss, asked in the plainest way: walk from a node, and only branches let through. */
function connected(model: NetworkModel, from: string, without: string): Set<string> {
  const relays = new Set(model.branches.map(({ id }) => id))
  const seen = new Set([from])
  const waiting = [from]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node !== from && !relays.has(node)) continue
    for (const { id, ends } of model.lines) {
      if (id === without || !ends.includes(node) || ends.includes(without)) continue
      for (const end of ends) {
        if (seen.has(end)) continue
        seen.add(end)
        waiting.push(end)
      }
    }
  }
  return seen
}

/** Pairs of nodes that the loss parts, among all of them and among branches. */
function partedBy(model: NetworkModel, lost: string): { all: number; branches: number } {
  const isBranch = (id: string): boolean => id.startsWith('b')
  const nodes = [...model.branches, ...model.gateways].map(({ id }) => id).filter((id) => id !== lost)
  const parted = { all: 0, branches: 0 }
  for (const [place, from] of nodes.entries()) {
    const before = connected(model, from, 'nothing')
    const after = connected(model, from, lost)
    for (const to of nodes.slice(place + 1)) {
      if (!before.has(to) || after.has(to)) continue
      parted.all += 1
      if (isBranch(from) && isBranch(to)) parted.branches += 1
    }
  }
  return parted
}

function byBruteForce(model: NetworkModel, things: readonly { readonly id: string }[]): object[] {
  return things.flatMap(({ id }, index) => {
    const parted = partedBy(model, id)
    return parted.all === 0 ? [] : [{ index, branchPairs: parted.branches }]
  })
}

test('bridges and cut points are what losing each line and each branch in turn shows', () => {
  let bridges = 0
  let cutPoints = 0
  let neither = 0
  fc.assert(
    fc.property(randomNetworks, (model) => {
      const found = findSinglePoints(networkGraph(model))
      assert.deepEqual(found.lines, byBruteForce(model, model.lines))
      assert.deepEqual(found.branches, byBruteForce(model, model.branches))
      bridges += found.lines.length
      cutPoints += found.branches.length
      neither += model.lines.length - found.lines.length
    }),
    { numRuns: 2_000 },
  )
  // A generator that made only trees, or only rings, would leave half of it untried.
  assert.ok(bridges > 500 && cutPoints > 500 && neither > 500, `${bridges} ${cutPoints} ${neither}`)
})

test('a chain of fifty thousand branches is walked without recursion', () => {
  const count = 50_000
  const pairs = Array.from({ length: count - 1 }, (_, index) => [index, index + 1] as const)
  const found = findSinglePoints(networkGraph(networkOf(count, 0, pairs)))
  assert.equal(found.lines.length, count - 1)
  assert.equal(found.branches.length, count - 2)
  assert.equal(found.lines[0]?.branchPairs, count - 1)
})
