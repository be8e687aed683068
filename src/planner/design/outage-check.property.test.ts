import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { loadSolver } from '../testing/load-solver.ts'
import type { DesignProblem, Outage, Sharing } from './design-problem.ts'
import { OutageCheck } from './outage-check.ts'
import { bySource } from './problem-of-sndlib.ts'
import { routeDesign } from './route-design.ts'
import { solveDesign } from './solve-design.ts'
import { transportBound } from './transport-bound.ts'
import { unreachableTraffic } from './unreachable.ts'

const highs = await loadSolver()

/** Traffic between any nodes, some of which are gateways: cuts of node sets alone do not decide these. */
const problems: fc.Arbitrary<DesignProblem> = fc
  .record({
    sharing: fc.constantFrom<Sharing>('each', 'each', 'sum', 'forward'),
    gateways: fc.subarray([3, 4, 5]),
    ends: fc.array(
      fc.tuple(fc.nat(5), fc.nat(5)).filter(([a, b]) => a !== b),
      { minLength: 6, maxLength: 10 },
    ),
    capacity: fc.integer({ min: 2, max: 5 }),
    costs: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 10, maxLength: 10 }),
    demands: fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 5 })), {
      minLength: 2,
      maxLength: 7,
    }),
    failing: fc.option(fc.nat(5), { nil: undefined }),
  })
  .map(({ sharing, gateways, ends, capacity, costs, demands, failing }) => ({
    nodes: Array.from({ length: 6 }, (_, node) => ({
      id: `n${node}`,
      relays: !gateways.includes(node),
      cost: 0,
    })),
    links: ends.map(([from, to], link) => ({
      id: `l${link}`,
      from,
      to,
      installed: 0,
      modules: [{ capacity, cost: costs[link] ?? 1, most: 20 }],
      fixedCost: 0,
      flowCost: 0,
    })),
    commodities: bySource(
      demands.map(([from, to, amount]) => ({ from, to, amount })).filter(({ from, to }) => from !== to),
    ),
    outages: failing === undefined ? [] : [{ kind: 'line' as const, id: `l${failing}`, links: [failing] }],
    sharing,
    isOneModule: false,
    isDivisible: false,
    constantCost: 0,
  }))
  .filter((problem) => problem.commodities.length > 0 && unreachableTraffic(problem, () => true).length === 0)

test('a cut that some capacities break is kept by all that carry everything', () => {
  const seen = { cuts: 0, kept: 0 }
  const counts = fc.array(fc.nat(6), { minLength: 10, maxLength: 10 })
  fc.assert(
    fc.property(problems, fc.array(counts, { minLength: 6, maxLength: 6 }), (problem, tries) => {
      const check = new OutageCheck(highs, problem)
      const [outage] = problem.outages
      const capacities = tries.map((counted, index) =>
        problem.links.map(
          ({ modules }, link) => (modules[0]?.capacity ?? 0) * (counted[link] ?? 0) * (index + 1),
        ),
      )
      const verdicts = capacities.map((capacity) => check.verdict(capacity, outage, 60))
      const carrying = capacities.filter((_, index) => verdicts[index]?.kind === 'carried')
      for (const [index, verdict] of verdicts.entries()) {
        assert.notEqual(verdict.kind, 'unknown')
        if (verdict.kind !== 'short') continue
        const heldBy = (capacity: readonly number[]): boolean =>
          [...verdict.cut.weights].reduce((sum, [link, weight]) => sum + weight * (capacity[link] ?? 0), 0) >=
          verdict.cut.need - 1e-6
        seen.cuts += 1
        assert.ok(!heldBy(capacities[index] ?? []), 'the cut does not cut off what it was made for')
        // What was missing, added, does.
        const filled = problem.links.map(
          (_, link) => (capacities[index]?.[link] ?? 0) + (verdict.missing[link] ?? 0),
        )
        assert.equal(
          check.verdict(
            filled.map((capacity) => capacity + 1e-6),
            outage,
            60,
          ).kind,
          'carried',
        )
        for (const capacity of [...carrying, filled]) {
          assert.ok(heldBy(capacity), 'the cut cuts off what carries everything')
          seen.kept += 1
        }
      }
      check.dispose()
    }),
    { numRuns: 100 },
  )
  assert.ok(seen.cuts > 60 && seen.kept > 90, JSON.stringify(seen))
})

test('flows inside the program and cuts from outside lead to the same cost', () => {
  const solve = (problem: DesignProblem): number => {
    const solved = solveDesign(highs, problem, {
      timeLimitMs: 60_000,
      now: () => 0,
      onProgress: () => undefined,
    })
    assert.ok(solved.kind === 'solved' && Math.abs(solved.cost - solved.bound) < 1e-6, JSON.stringify(solved))
    return solved.cost
  }
  fc.assert(
    fc.property(problems, (problem) => {
      // An outage that takes nothing away asks for nothing more, and keeps flows out of the program.
      const nothing: Outage = { kind: 'group', id: 'nothing', links: [] }
      const plain = { ...problem, outages: [] }
      assert.equal(solve(plain), solve({ ...plain, outages: [nothing] }))
    }),
    { numRuns: 40 },
  )
})

test('demands on paths of their own are carried, and shortest ways cost no more than any network', () => {
  let routedCount = 0
  fc.assert(
    fc.property(problems, (problem) => {
      const routed = routeDesign(problem, () => 60)
      if (routed === undefined) return
      routedCount += 1
      const check = new OutageCheck(highs, problem)
      const capacities = problem.links.map(
        ({ modules }, link) => (modules[0]?.capacity ?? 0) * (routed.choice[link]?.[0] ?? 0),
      )
      for (const outage of [undefined, ...problem.outages])
        assert.equal(check.verdict(capacities, outage, 60).kind, 'carried')
      check.dispose()
      const solved = solveDesign(highs, problem, {
        timeLimitMs: 60_000,
        now: () => 0,
        onProgress: () => undefined,
      })
      assert.ok(solved.kind === 'solved' && transportBound(problem, () => 60) <= solved.cost + 1e-6)
    }),
    { numRuns: 40 },
  )
  assert.ok(routedCount > 30, `routed ${routedCount}`)
})
