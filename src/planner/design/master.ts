import type { Highs, Model } from 'highs'
import { rowsOfCut } from './cuts.ts'
import type { CapacityCut } from './cuts.ts'
import { hasFlowCosts } from './design-problem.ts'
import type { Choice, DesignProblem } from './design-problem.ts'
import { FlowRows } from './flow-rows.ts'
import { LinearProgram } from './linear-program.ts'

/** What a solver run found. */
export interface MasterAnswer {
  readonly status: 'optimal' | 'stopped' | 'infeasible'
  /** No solution of the program, so no network either, costs less. */
  readonly bound: number
  /** The best solution, if there is one: modules by link and size, not rounded. */
  readonly choice: Choice | undefined
}

/** How a run is bounded. */
export interface MasterLimits {
  readonly timeLimitS: number
  /** A solution that is this near to the bound ends the run. */
  readonly absoluteGap: number
  /** A choice to start from, if one is known. */
  readonly start?: Choice | undefined
  /** Links whose modules may differ from the start; absent: all of them. */
  readonly free?: ReadonlySet<number>
}

/**
 * The program that chooses modules: it costs what the network costs, and every network that carries the traffic
 * satisfies it. Flows are part of it when nothing has to survive a failure, or when flows cost something; otherwise
 * cuts alone say what the capacities must do, and are added until the choice needs no more of them.
 */
export class MasterProgram {
  readonly hasFlows: boolean
  readonly #problem: DesignProblem
  readonly #highs: Highs
  readonly #program = new LinearProgram()
  readonly #modules: readonly (readonly number[])[]

  constructor(highs: Highs, problem: DesignProblem) {
    this.#highs = highs
    this.#problem = problem
    this.hasFlows = problem.outages.length === 0 || hasFlowCosts(problem)
    this.#modules = problem.links.map(({ modules }) =>
      modules.map(({ cost, most }) => this.#program.column(cost, 0, most, !problem.isDivisible)),
    )
    this.#addFixedCosts()
    const nodes = this.#addNodes()
    if (this.hasFlows) this.#addFlows(nodes)
  }

  get rows(): number {
    return this.#program.rows
  }

  addCut(cut: CapacityCut): void {
    const columnOf = (link: number, size: number): number => this.#modules[link]?.[size] ?? 0
    for (const { lower, terms } of rowsOfCut(this.#problem, columnOf, cut))
      this.#program.row(lower, Infinity, terms)
  }

  /** Solves it, in whole modules or, as a relaxation, in parts of them. */
  solve(kind: 'whole' | 'relaxed', limits: MasterLimits): MasterAnswer {
    const { timeLimitS, absoluteGap, start } = limits
    const { modelStatus, variableType } = this.#highs.constants
    const model = this.#program.load(this.#highs)
    try {
      model.options.set({ time_limit: Math.max(0.01, timeLimitS), mip_rel_gap: 0, mip_abs_gap: absoluteGap })
      const isWhole = kind === 'whole' && this.#program.hasWhole
      if (!isWhole && this.#program.hasWhole) {
        for (let column = 0; column < this.#program.columns; column += 1)
          model.changeColIntegrality(column, variableType.continuous)
      } else if (isWhole && start !== undefined) model.setSolution(this.#startOf(start))
      this.#hold(model, limits)
      model.run()
      const status = model.getModelStatus()
      if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible)
        return { status: 'infeasible', bound: Infinity, choice: undefined }
      const isOptimal = status === modelStatus.optimal
      const objective = model.getObjectiveValue()
      const { constantCost } = this.#problem
      // A relaxation that did not finish proves nothing.
      const bound = isWhole ? Number(model.info.get('mip_dual_bound')) : isOptimal ? objective : -Infinity
      const isFound = model.info.get('primal_solution_status') === FEASIBLE
      return {
        status: isOptimal ? 'optimal' : 'stopped',
        bound: bound + constantCost,
        choice: isFound ? this.#choiceOf(model.getSolution().colValue) : undefined,
      }
    } finally {
      model.dispose()
    }
  }

  #hold(model: Model, { start, free }: MasterLimits): void {
    if (free === undefined || start === undefined) return
    for (const [link, columns] of this.#modules.entries()) {
      if (free.has(link)) continue
      for (const [size, column] of columns.entries()) {
        const count = start[link]?.[size] ?? 0
        model.changeColBounds(column, count, count)
      }
    }
  }

  #choiceOf(values: Float64Array): Choice {
    return this.#modules.map((columns) => columns.map((column) => Math.max(0, values[column] ?? 0)))
  }

  #startOf(choice: Choice): { indices: Int32Array; values: Float64Array } {
    const columns = this.#modules.flat()
    return { indices: Int32Array.from(columns), values: Float64Array.from(choice.flat()) }
  }

  #addFixedCosts(): void {
    for (const [link, { modules, fixedCost }] of this.#problem.links.entries()) {
      const columns = this.#modules[link] ?? []
      if (this.#problem.isOneModule && columns.length > 1)
        this.#program.row(
          -Infinity,
          1,
          columns.map((column) => [column, 1]),
        )
      if (fixedCost === 0) continue
      const isBuilt = this.#program.column(fixedCost, 0, 1, true)
      for (const [size, { most }] of modules.entries())
        this.#program.row(-Infinity, 0, [
          [columns[size] ?? 0, 1],
          [isBuilt, -most],
        ])
    }
  }

  /** A node that costs something is there or not; without it none of its links can have a module. */
  #addNodes(): ReadonlyMap<number, number> {
    const columns = new Map<number, number>()
    for (const [node, { cost }] of this.#problem.nodes.entries()) {
      if (cost > 0) columns.set(node, this.#program.column(cost, 0, 1, true))
    }
    for (const [link, { from, to, modules }] of this.#problem.links.entries()) {
      for (const node of [from, to]) {
        const isThere = columns.get(node)
        if (isThere === undefined) continue
        for (const [size, { most }] of modules.entries())
          this.#program.row(-Infinity, 0, [
            [this.#modules[link]?.[size] ?? 0, 1],
            [isThere, -most],
          ])
      }
    }
    return columns
  }

  #addFlows(nodes: ReadonlyMap<number, number>): void {
    const flows = new FlowRows(this.#program, this.#problem)
    for (const [link, directions] of flows.usage(this.#problem.links.length).entries()) {
      const { installed = 0, modules = [] } = this.#problem.links[link] ?? {}
      const capacity = modules.map(
        (module, size) => [this.#modules[link]?.[size] ?? 0, module.capacity] as const,
      )
      const shares = this.#problem.sharing === 'each' ? directions : [directions.flat()]
      for (const columns of shares) {
        if (columns.length > 0)
          this.#program.row(-installed, Infinity, [
            ...capacity,
            ...columns.map((column) => [column, -1] as const),
          ])
      }
    }
    // No commodity leads through a node that is not there: weak bounds on modules alone would let the solver cheat.
    for (const { commodity, arcs, columns } of flows.flows) {
      const amount = commodity.sinks.reduce((sum, sink) => sum + sink.amount, 0)
      for (const [node, isThere] of nodes) {
        const entering = columns.filter((_, index) => arcs[index]?.to === node)
        if (entering.length > 0)
          this.#program.row(-Infinity, 0, [
            ...entering.map((column) => [column, 1] as const),
            [isThere, -amount] as const,
          ])
      }
    }
  }
}

/** HiGHS: `kSolutionStatusFeasible`. */
const FEASIBLE = 2

/** A choice in whole modules: what the solver gives is whole up to its tolerance. */
export function wholeChoice(problem: DesignProblem, choice: Choice): Choice {
  return problem.isDivisible ? choice : choice.map((counts) => counts.map(Math.round))
}

/** The least that choices can differ in cost by: 0 when nothing is known. */
export function costGrain(problem: DesignProblem): number {
  if (problem.isDivisible || hasFlowCosts(problem)) return 0
  const costs = [
    ...problem.links.flatMap(({ modules, fixedCost }) => [...modules.map(({ cost }) => cost), fixedCost]),
    ...problem.nodes.map(({ cost }) => cost),
  ]
  if (!costs.every(Number.isSafeInteger)) return 0
  return costs.reduce((grain, cost) => greatestDivisor(grain, cost), 0)
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}
