import type { Highs } from 'highs'
import { buildingCost } from './design-problem.ts'
import type { DesignProblem } from './design-problem.ts'
import { searchDesign } from './search-design.ts'
import { routeDesign } from './route-design.ts'
import { scaleProblem, unitOf } from './scale-problem.ts'
import type { Solved, SolveOptions } from './solved.ts'
import { transportBound } from './transport-bound.ts'
import { unreachableTraffic } from './unreachable.ts'

/**
 * Finds the cheapest network: bounds it from below by programs that every network satisfies, and from above by networks
 * that were checked by flows of their own. What it calls the cost is that of a checked network, what it calls the bound
 * was proven by the solver; they meet when the network is the cheapest there is.
 *
 * The problem is counted in the smallest module, so that the solver's tolerances mean the same everywhere.
 */
export function solveDesign(highs: Highs, problem: DesignProblem, options: SolveOptions): Solved {
  const startedMs = options.now()
  // A tenth of the time at most. What it does not come to see ends as a network that nobody can prove, and so in none.
  const mayGoOn = (): boolean => options.now() - startedMs < options.timeLimitMs / 10
  const traffic = unreachableTraffic(problem, mayGoOn)
  if (traffic.length > 0) return { kind: 'infeasible', traffic }
  const unit = unitOf(problem)
  const scaled = scaleProblem(problem, unit)
  const solved =
    flowColumns(scaled) > MOST_FLOW_COLUMNS
      ? routeOnly(scaled, options)
      : searchDesign(highs, scaled, options)
  return solved.kind === 'solved' ? { ...solved, loads: solved.loads?.map((load) => load * unit) } : solved
}

/** Without a solver: for networks whose flows alone would fill its memory. */
function routeOnly(problem: DesignProblem, { timeLimitMs, now, onProgress }: SolveOptions): Solved {
  const startedMs = now()
  const leftS = (): number => (timeLimitMs - (now() - startedMs)) / 1_000
  const bound = transportBound(problem, leftS)
  const routed = routeDesign(problem, leftS)
  if (routed === undefined) return { kind: 'unsolved', bound }
  const cost = buildingCost(problem, routed.choice) + routed.flowCost
  const progress = { bound: Math.min(bound, cost), cost, choice: routed.choice }
  onProgress(progress)
  return { kind: 'solved', loads: routed.loads, ...progress }
}

function flowColumns({ commodities, links }: DesignProblem): number {
  return commodities.length * links.length * 2
}

/** Columns of flow that the solver is given at most: its memory has an end, and so has the patience of people. */
const MOST_FLOW_COLUMNS = 200_000
