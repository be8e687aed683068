import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { NetworkModel } from '../network-model.ts'
import { networkOf, randomNetworks } from '../testing/random-networks.ts'
import { branchTree, findPath } from './find-path.ts'
import type { BranchTree } from './find-path.ts'
import { networkGraph } from './network-graph.ts'

interface Way {
  readonly nodes: readonly string[]
  readonly costMs: number
}

/** Every path without a repeated node whose inner nodes are branches, written down one by one. */
function everyWay(model: NetworkModel, from: string, to: string, allows: (branch: string) => boolean): Way[] {
  const isBranch = (id: string): boolean => id.startsWith('b')
  const ways: Way[] = []
  const walk = (nodes: readonly string[], costMs: number): void => {
    const here = nodes.at(-1) ?? ''
    if (here === to) return void ways.push({ nodes, costMs })
    if (nodes.length > 1 && !isBranch(here)) return
    for (const { ends, latencyMs = 1 } of model.lines) {
      if (!ends.includes(here)) continue
      const next = ends[0] === here ? ends[1] : ends[0]
      if (nodes.includes(next) || (isBranch(next) && !allows(next))) continue
      walk([...nodes, next], costMs + latencyMs + (isBranch(next) ? 0.1 : 0))
    }
  }
  if (!isBranch(from) || allows(from)) walk([from], isBranch(from) ? 0.1 : 0)
  return ways.filter(
    ({ nodes }) => nodes.filter(isBranch).length <= (model.maxPathBranches ?? model.branches.length),
  )
}

const cases = fc
  .tuple(
    randomNetworks,
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 }),
    fc.integer({ min: 1, max: 9 }),
    fc.subarray(['b0', 'b1', 'b2', 'b3', 'b4', 'b5']),
  )
  .map(([model, latencies, maxPathBranches, avoided]) => ({
    avoided: new Set(avoided.slice(0, 2)),
    model: {
      ...model,
      maxPathBranches,
      lines: model.lines.map((line, index) => ({ ...line, latencyMs: latencies[index] ?? 1 })),
    },
  }))

test('a path is the cheapest of all that the limits leave, and there is one whenever there is one', () => {
  let found = 0
  let missing = 0
  fc.assert(
    fc.property(cases, ({ model, avoided }) => {
      const graph = networkGraph(model)
      const limits = {
        mayPass: (branch: number) => !avoided.has(graph.nodes[branch] ?? ''),
        mayUse: () => true,
      }
      const [from = ''] = graph.nodes.slice(-1)
      const treeFrom = (branch: number): BranchTree => branchTree(graph, branch, limits)
      for (const [index, to] of graph.nodes.slice(0, -1).entries()) {
        const costs = everyWay(model, from, to, (branch) => !avoided.has(branch)).map(({ costMs }) => costMs)
        const path = findPath(graph, [graph.nodes.length - 1], [index], limits.mayUse, treeFrom)
        assert.equal(path === undefined, costs.length === 0, `${from} to ${to}`)
        if (path === undefined) {
          missing += 1
          continue
        }
        found += 1
        assert.ok(Math.abs(path.costMs - Math.min(...costs)) < 1e-9, `${path.costMs} of ${costs.join()}`)
        assertJoined(model, graph.nodes, path)
        assert.equal(graph.nodes[path.nodes[0] ?? -1], from)
        assert.equal(path.nodes.at(-1), index)
      }
    }),
    { numRuns: 1_000 },
  )
  assert.ok(found > 500 && missing > 500, `${found} ${missing}`)
})

test('a dearer way with fewer branches is taken when the cheaper one leaves too few for the rest', () => {
  const line = (id: string, a: string, b: string, latencyMs: number): NetworkModel['lines'][number] => ({
    id,
    ends: [a, b],
    latencyMs,
  })
  const model = {
    ...networkOf(4, 0, []),
    maxPathBranches: 3,
    lines: [
      line('ab', 'b0', 'b1', 10),
      line('ac', 'b0', 'b2', 1),
      line('cb', 'b2', 'b1', 1),
      line('bd', 'b1', 'b3', 1),
    ],
  }
  const graph = networkGraph(model)
  const limits = { mayPass: () => true, mayUse: () => true }
  const tree = branchTree(graph, 0, limits)
  const to = (branch: number): readonly number[] | undefined =>
    findPath(graph, [0], [branch], limits.mayUse, () => tree)?.nodes
  assert.deepEqual(to(1), [0, 2, 1])
  assert.deepEqual(to(3), [0, 1, 3])
})

/** Line by line, the path is one. */
function assertJoined(
  model: NetworkModel,
  names: readonly string[],
  path: {
    readonly nodes: readonly number[]
    readonly lines: readonly number[]
    readonly forward: readonly boolean[]
  },
): void {
  assert.equal(path.lines.length, path.nodes.length - 1)
  for (const [place, line] of path.lines.entries()) {
    const ends = model.lines[line]?.ends ?? ['', '']
    const [from, to] = path.forward[place] === true ? ends : ends.toReversed()
    assert.equal(from, names[path.nodes[place] ?? -1])
    assert.equal(to, names[path.nodes[place + 1] ?? -1])
  }
}
