import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { cheapestByBruteForce } from '../testing/brute-force-design.ts'
import { loadSolver } from '../testing/load-solver.ts'
import { buildingCost } from './design-problem.ts'
import type { DesignProblem, Outage, Sharing } from './design-problem.ts'
import { bySource } from './problem-of-sndlib.ts'
import { solveDesign } from './solve-design.ts'
import type { Progress, Solved } from './solved.ts'
import { unreachableTraffic } from './unreachable.ts'

const highs = await loadSolver()

const sizes = fc.array(
  fc.record({ capacity: fc.integer({ min: 2, max: 7 }), cost: fc.integer({ min: 1, max: 9 }) }),
  {
    minLength: 1,
    maxLength: 2,
  },
)

/** Small problems of every kind that brute force can judge: see there. */
const problems: fc.Arbitrary<DesignProblem> = fc
  .record({
    sharing: fc.constantFrom<Sharing>('each', 'sum', 'forward'),
    isOneModule: fc.boolean(),
    links: fc.array(
      fc.record({
        ends: fc.tuple(fc.nat(3), fc.nat(3)).filter(([a, b]) => a !== b),
        installed: fc.constantFrom(0, 0, 0, 3),
        modules: sizes,
        fixedCost: fc.constantFrom(0, 0, 4),
      }),
      { minLength: 3, maxLength: 5 },
    ),
    nodeCosts: fc.constantFrom([0, 0, 0, 0], [0, 0, 0, 5]),
    demands: fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 6 })), {
      minLength: 1,
      maxLength: 3,
    }),
    survives: fc.constantFrom('none', 'none', 'line', 'branch'),
    isAnswered: fc.boolean(),
  })
  .map(({ sharing, isOneModule, links, nodeCosts, demands, survives, isAnswered }) => {
    const asked = demands
      .map(([from, to, amount]) => ({ from: sharing === 'sum' ? from : 0, to, amount }))
      .filter(({ from, to }) => from !== to)
    // As much back as there: the same ways, the other direction.
    const back =
      isAnswered && sharing === 'each'
        ? asked.map(({ from, to, amount }) => ({ from: to, to: from, amount }))
        : []
    const wanted = [...asked, ...back]
    const total = wanted.reduce((sum, { amount }) => sum + amount, 0)
    const lines = links.map((_, link): Outage => ({ kind: 'line', id: `l${link}`, links: [link] }))
    const branch: Outage = {
      kind: 'branch',
      id: 'n3',
      links: [...links.keys()].filter((link) => links[link]?.ends.includes(3)),
      node: 3,
    }
    return {
      nodes: nodeCosts.map((cost, node) => ({ id: `n${node}`, relays: true, cost })),
      links: links.map(({ ends, installed, modules, fixedCost }, link) => ({
        id: `l${link}`,
        from: ends[0],
        to: ends[1],
        installed: ends.some((end) => (nodeCosts[end] ?? 0) > 0) ? 0 : installed,
        modules: modules.map((size) => ({
          ...size,
          most: isOneModule ? 1 : Math.ceil(total / size.capacity),
        })),
        fixedCost,
        flowCost: 0,
      })),
      commodities: bySource(wanted),
      outages: survives === 'none' ? [] : survives === 'line' ? lines : [...lines, branch],
      sharing,
      isOneModule,
      isDivisible: false,
      constantCost: 1,
    }
  })
  // What brute force would try: a few thousand choices at most.
  .filter(
    ({ links }) =>
      links.reduce((all, { modules }) => modules.reduce((n, { most }) => n * (most + 1), all), 1) < 4_000,
  )

function solveWithin(problem: DesignProblem, now: () => number, told: Progress[] = []): Solved {
  return solveDesign(highs, problem, {
    timeLimitMs: 60_000,
    now,
    onProgress: (progress) => told.push(progress),
  })
}

/** At most one module is the one thing that the brute force does not know of. */
function cheapest(problem: DesignProblem): number {
  if (!problem.isOneModule) return cheapestByBruteForce(problem)
  const single = problem.links.map((link) =>
    link.modules.length < 2 ? [link] : link.modules.map((size) => ({ ...link, modules: [size] })),
  )
  const variants = single.reduce<(typeof problem.links)[]>(
    (all, options) => all.flatMap((links) => options.map((link) => [...links, link])),
    [[]],
  )
  return Math.min(...variants.map((links) => cheapestByBruteForce({ ...problem, links })))
}

test('the network that is called cheapest is the cheapest of all', () => {
  const seen = { solved: 0, infeasible: 0, surviving: 0 }
  fc.assert(
    fc.property(problems, (problem) => {
      const least = cheapest(problem)
      if (unreachableTraffic(problem, () => true).length > 0) {
        assert.equal(least, Infinity)
        return
      }
      const told: Progress[] = []
      const solved = solveWithin(problem, () => 0, told)
      if (least === Infinity) {
        assert.equal(solved.kind, 'infeasible')
        seen.infeasible += 1
        return
      }
      assert.ok(solved.kind === 'solved' && solved.choice !== undefined, solved.kind)
      assert.ok(Math.abs(solved.cost - least) < 1e-6, `${solved.cost} is not ${least}`)
      assert.ok(Math.abs(solved.bound - least) < 1e-6, `bound ${solved.bound} of ${least}`)
      assert.equal(buildingCost(problem, solved.choice), solved.cost)
      for (const { bound, cost } of told) assert.ok(bound <= least + 1e-6 && cost >= least - 1e-6)
      seen.solved += 1
      if (problem.outages.length > 0) seen.surviving += 1
    }),
    // So many that the counts below cannot be missed by chance (less than once in 10^12 runs).
    { numRuns: 400 },
  )
  assert.ok(seen.solved > 40 && seen.infeasible > 0 && seen.surviving > 8, JSON.stringify(seen))
})

test('whenever time runs out, the bound stays below the least cost and the cost above it', () => {
  let unfinished = 0
  fc.assert(
    fc.property(problems, fc.integer({ min: 1, max: 40 }), (problem, moments) => {
      fc.pre(unreachableTraffic(problem, () => true).length === 0)
      const least = cheapest(problem)
      fc.pre(least < Infinity)
      let asked = 0
      const solved = solveWithin(problem, () => {
        asked += 1
        return asked > moments ? 120_000 : 0
      })
      assert.notEqual(solved.kind, 'infeasible')
      if (solved.kind === 'infeasible') return
      assert.ok(solved.bound <= least + 1e-6, `bound ${solved.bound} of ${least}`)
      if (solved.kind === 'solved') assert.ok(solved.cost >= least - 1e-6, `cost ${solved.cost} of ${least}`)
      if (solved.kind === 'unsolved' || solved.cost > solved.bound) unfinished += 1
    }),
    { numRuns: 60 },
  )
  assert.ok(unfinished > 2, `only ${unfinished} were cut short`)
})
