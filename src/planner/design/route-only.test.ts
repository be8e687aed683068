import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSolver } from '../testing/load-solver.ts'
import type { DesignProblem } from './design-problem.ts'
import { buildingCost, capacitiesOf } from './design-problem.ts'
import { solveDesign } from './solve-design.ts'

test('a network that is too large for the solver is designed without it, with its gap', async () => {
  // 330 nodes in a ring, each sending to the one opposite: 217,800 columns of flow.
  const count = 330
  const problem: DesignProblem = {
    nodes: Array.from({ length: count }, (_, node) => ({ id: `n${node}`, relays: true, cost: 0 })),
    links: Array.from({ length: count }, (_, link) => ({
      id: `l${link}`,
      from: link,
      to: (link + 1) % count,
      installed: 0,
      modules: [{ capacity: 10, cost: 7, most: 1_000 }],
      fixedCost: 0,
      flowCost: 0,
    })),
    commodities: Array.from({ length: count }, (_, node) => ({
      sources: [node],
      sinks: [{ places: [(node + count / 2) % count], amount: 1 }],
      barred: [],
    })),
    outages: [],
    sharing: 'each',
    isOneModule: false,
    isDivisible: false,
    constantCost: 0,
  }
  const highs = await loadSolver()
  // One round of taking up and putting down, then time is up.
  let asked = 0
  const now = (): number => ((asked += 1) > 2 * count + 20 ? 120_000 : 0)
  const solved = solveDesign(highs, problem, { timeLimitMs: 60_000, now, onProgress: () => undefined })
  assert.ok(solved.kind === 'solved' && solved.choice !== undefined)
  // Half of the ring for each, seven for ten: what parts of modules would cost, both directions sharing it.
  assert.ok(Math.abs(solved.bound - (count * 165 * 0.7) / 2) < 1e-6, `${solved.bound}`)
  assert.ok(solved.cost > solved.bound && solved.cost < 2.2 * solved.bound, `${solved.cost}`)
  assert.equal(buildingCost(problem, solved.choice), solved.cost)
  const capacities = capacitiesOf(problem, solved.choice)
  for (const [link, load] of (solved.loads ?? []).entries())
    assert.ok(load <= (capacities[link] ?? 0) + 1e-6, `link ${link} carries ${load}`)
})
