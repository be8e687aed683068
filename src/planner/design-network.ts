import { WuslaError } from '../protocol/wusla-error.ts'
import { capacitiesOf, commissionedNodes } from './design/design-problem.ts'
import type { Choice, DesignProblem } from './design/design-problem.ts'
import { problemOfModel } from './design/problem-of-model.ts'
import type { Survivability } from './design/problem-of-model.ts'
import { problemOfSndlib } from './design/problem-of-sndlib.ts'
import { runSolver } from './design/run-solver.ts'
import { DEFAULT_SNDLIB_MODEL, parseSndlibModel } from './formats/sndlib-model.ts'
import { parseSndlibNetwork } from './formats/sndlib-network.ts'
import { round } from './impact/round.ts'
import type { NetworkModel } from './network-model.ts'

export type { Survivability } from './design/problem-of-model.ts'

/** A link of a design that carries something or has capacity. Units are those of the input. */
export interface DesignedLink {
  readonly id: string
  readonly ends: readonly [string, string]
  /** Capacity that was there before. */
  readonly installed: number
  /** What is bought, each size with its number. */
  readonly modules: readonly { readonly capacity: number; readonly cost: number; readonly count: number }[]
  /** Both together. */
  readonly capacity: number
  readonly cost: number
  /** Flow in the busier direction with everything up; absent when the solver was ended before it could say. */
  readonly load?: number
}

/** Where lines and branches should go. */
export interface Design {
  readonly type: 'wusla/plan-design/v1'
  /** What this network costs: it was checked to carry everything. */
  readonly cost: number
  /** What no network costs less than: proven. */
  readonly bound: number
  /** (cost − bound) / cost; 0 when this network is the cheapest there is. */
  readonly gap: number
  readonly status: 'optimal' | 'feasible'
  readonly survivability: Survivability
  readonly links: readonly DesignedLink[]
  /** Candidate branches that are commissioned. */
  readonly branches: readonly string[]
}

export interface DesignOptions {
  /** Default 60,000. It may take half a minute more to end. */
  readonly timeLimitMs?: number
  /** Default: `none`, or what an SNDlib model file says. */
  readonly survivability?: Survivability
}

const DEFAULT_TIME_LIMIT_MS = 60_000

/**
 * The cheapest lines and branches among the candidates of a model that carry its demands. Lines that exist cost nothing
 * more.
 *
 * @throws WuslaError `invalid_network_model`; `design_infeasible` with what cannot be carried in `details.traffic`;
 *   `solver_failed` when there is no network within the time
 */
export async function designNetwork(model: NetworkModel, options: DesignOptions = {}): Promise<Design> {
  const { survivability = 'none' } = options
  return await solve(problemOfModel(model, survivability), survivability, options)
}

/**
 * The cheapest capacities of an SNDlib instance, given as the texts of its files.
 *
 * @param modelText - the model file; absent: D-B-M-N-C-A-N-N
 * @throws WuslaError as {@link designNetwork}
 */
export async function designSndlib(
  networkText: string,
  modelText: string | undefined,
  options: DesignOptions = {},
): Promise<Design> {
  const stated = modelText === undefined ? DEFAULT_SNDLIB_MODEL : parseSndlibModel(modelText)
  const network = parseSndlibNetwork(networkText)
  const survivability = options.survivability ?? (stated.survivesLinks ? 'line' : 'none')
  return await solve(problemOfSndlib(network, stated, survivability), survivability, options)
}

async function solve(
  problem: DesignProblem,
  survivability: Survivability,
  { timeLimitMs = DEFAULT_TIME_LIMIT_MS }: DesignOptions,
): Promise<Design> {
  const solved = await runSolver(problem, timeLimitMs)
  if (solved.kind === 'infeasible') {
    const { traffic } = solved
    if (traffic.length > 0) throw new WuslaError('design_infeasible', { details: { traffic } })
    const message = 'All candidates together have too little capacity for the demands.'
    throw new WuslaError('design_infeasible', { message })
  }
  if (solved.kind === 'unsolved' || solved.choice === undefined) {
    const message = 'No network was found in the given time.'
    throw new WuslaError('solver_failed', { message, details: { bound: solved.bound } })
  }
  const { cost, bound, choice, loads } = solved
  const gap = cost === 0 ? 0 : Math.max(0, (cost - bound) / cost)
  // Below this both are the same number, added up in another order.
  const isOptimal = gap < 1e-9
  return {
    type: 'wusla/plan-design/v1',
    cost: round(cost),
    bound: isOptimal ? round(cost) : roundedDown(bound),
    gap: isOptimal ? 0 : gap,
    status: isOptimal ? 'optimal' : 'feasible',
    survivability,
    links: linksOf(problem, choice, loads),
    branches: commissionedNodes(problem, choice).map((node) => problem.nodes[node]?.id ?? ''),
  }
}

function linksOf(
  problem: DesignProblem,
  choice: Choice,
  loads: readonly number[] | undefined,
): DesignedLink[] {
  const capacities = capacitiesOf(problem, choice)
  return problem.links.flatMap(({ id, from, to, installed, modules, fixedCost }, link) => {
    const capacity = capacities[link] ?? 0
    if (capacity === 0) return []
    const bought = modules
      .map((module, size) => ({
        capacity: module.capacity,
        cost: module.cost,
        count: choice[link]?.[size] ?? 0,
      }))
      .filter(({ count }) => count > 0)
    const cost = bought.reduce((sum, module) => sum + module.cost * module.count, 0)
    return [
      {
        id,
        ends: [problem.nodes[from]?.id ?? '', problem.nodes[to]?.id ?? ''] as const,
        installed,
        modules: bought,
        capacity: round(capacity),
        cost: round(cost + (bought.length > 0 ? fixedCost : 0)),
        ...(loads === undefined ? {} : { load: round(loads[link] ?? 0) }),
      },
    ]
  })
}

/** A bound is never rounded up. */
function roundedDown(value: number): number {
  return Math.floor(value * 1_000) / 1_000
}
