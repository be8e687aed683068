import type { Highs, Model } from 'highs'
import { arcsOf, duringOutage, leastTransport } from './arcs.ts'
import type { Arc } from './arcs.ts'
import type { CapacityCut } from './cuts.ts'
import type { DesignProblem, Outage } from './design-problem.ts'
import { FlowRows } from './flow-rows.ts'
import { LinearProgram } from './linear-program.ts'

/**
 * Whether capacities do. `short` comes with more capacity that would do, by link, and a cut that says why no network
 * with these will; `unknown` when the solver ran out of time.
 */
export type Verdict =
  | { readonly kind: 'carried' }
  | { readonly kind: 'short'; readonly missing: readonly number[]; readonly cut: CapacityCut }
  | { readonly kind: 'unknown' }

/** Less than this is rounding; capacities are counted in the smallest module. */
export const NEGLIGIBLE = 1e-6

/**
 * Asks whether capacities carry all traffic, with something failed or not: a linear program that finds the least
 * capacity to add. It stays in the solver's memory between questions, so that each starts from the last answer.
 */
export class OutageCheck {
  readonly #problem: DesignProblem
  readonly #highs: Highs
  readonly #model: Model
  readonly #flows: FlowRows
  readonly #arcs: readonly (readonly Arc[])[]
  /** Rows that bound the flow over each link; two where each direction has the capacity for itself. */
  readonly #capacityRows: readonly (readonly number[])[]
  readonly #missing: readonly number[]

  constructor(highs: Highs, problem: DesignProblem) {
    const program = new LinearProgram()
    this.#problem = problem
    this.#highs = highs
    this.#flows = new FlowRows(program, {
      ...problem,
      links: problem.links.map((link) => ({ ...link, flowCost: 0 })),
    })
    this.#missing = problem.links.map(() => program.column(1, 0, Infinity))
    const usage = this.#flows.usage(problem.links.length)
    this.#capacityRows = usage.map((directions, link) => {
      const row = (columns: readonly number[]): number =>
        program.row(-Infinity, 0, [
          ...columns.map((column) => [column, 1] as const),
          [this.#missing[link] ?? 0, -1] as const,
        ])
      return problem.sharing === 'each' ? directions.map(row) : [row(directions.flat())]
    })
    this.#arcs = problem.commodities.map((commodity) => arcsOf(problem, commodity))
    this.#model = program.load(highs)
  }

  /** Whether the capacities carry everything while `outage` lasts, found out in at most `timeLimitS` seconds. */
  verdict(capacities: readonly number[], outage: Outage | undefined, timeLimitS: number): Verdict {
    this.#setBounds(capacities, outage)
    this.#model.options.set({ time_limit: Math.max(0.01, timeLimitS) })
    this.#model.zeroAllClocks()
    this.#model.run()
    if (this.#model.getModelStatus() !== this.#highs.constants.modelStatus.optimal) return { kind: 'unknown' }
    const { colValue, rowDual } = this.#model.getSolution()
    const missing = this.#missing.map((column) => Math.max(0, colValue[column] ?? 0))
    const total = missing.reduce((sum, value) => sum + value, 0)
    if (total < NEGLIGIBLE * this.#problem.links.length) return { kind: 'carried' }
    return { kind: 'short', missing, cut: this.#cut(rowDual, outage) }
  }

  /** The flow over each link in the last answer, in its busier direction. */
  loads(): number[] {
    const { colValue } = this.#model.getSolution()
    const sum = (columns: readonly number[]): number =>
      columns.reduce((total, column) => total + (colValue[column] ?? 0), 0)
    return this.#flows
      .usage(this.#problem.links.length)
      .map(([there, back]) =>
        this.#problem.sharing === 'sum' ? sum(there) + sum(back) : Math.max(sum(there), sum(back)),
      )
  }

  dispose(): void {
    this.#model.dispose()
  }

  #setBounds(capacities: readonly number[], outage: Outage | undefined): void {
    const failed = new Set(outage?.links)
    const { infinity } = this.#highs
    for (const [link, rows] of this.#capacityRows.entries()) {
      const capacity = failed.has(link) ? 0 : (capacities[link] ?? 0)
      for (const row of rows) this.#model.changeRowBounds(row, -infinity, capacity)
      this.#model.changeColBounds(this.#missing[link] ?? 0, 0, failed.has(link) ? 0 : infinity)
    }
    for (const flow of this.#flows.flows) {
      for (const { row, amount } of flow.bounds(outage)) this.#model.changeRowBounds(row, amount, amount)
    }
  }

  /**
   * The prices of capacity as lengths: whatever the capacities, carrying everything needs at least the shortest ways.
   * What is needed is worked out from the lengths alone, so a price that is a little off makes a weaker cut, never a
   * wrong one.
   */
  #cut(rowDual: Float64Array, outage: Outage | undefined): CapacityCut {
    const failed = new Set(outage?.links)
    const prices = this.#capacityRows.map((rows, link) =>
      rows.map((row) => (failed.has(link) ? Infinity : priceOf(rowDual[row]))),
    )
    const lengthOf = ({ link, direction }: Arc): number =>
      prices[link]?.[this.#problem.sharing === 'each' ? direction : 0] ?? Infinity
    const nodeCount = this.#problem.nodes.length
    const lost = outage?.node
    const need = this.#problem.commodities.reduce((sum, commodity, index) => {
      const arcs = (this.#arcs[index] ?? []).filter(({ from, to }) => from !== lost && to !== lost)
      return sum + leastTransport(nodeCount, duringOutage(commodity, outage), arcs, lengthOf)
    }, 0)
    const weights = new Map<number, number>()
    for (const [link, lengths] of prices.entries()) {
      const weight = lengths.reduce((sum, length) => sum + length, 0)
      if (!failed.has(link) && weight > 0) weights.set(link, weight)
    }
    return { weights, need: need * (1 - 1e-9) }
  }
}

/** The dual of a capacity row without its sign; noise is no price, and round prices make cleaner rows. */
function priceOf(dual: number = 0): number {
  const price = Math.abs(dual)
  return price < 1e-7 ? 0 : Math.round(price * 1e9) / 1e9
}
