import { arcsOf, duringOutage } from './arcs.ts'
import type { Arc } from './arcs.ts'
import type { Commodity, DesignProblem, Outage } from './design-problem.ts'
import type { LinearProgram } from './linear-program.ts'

/** A row whose bounds follow from what has failed. */
interface BalanceRow {
  readonly row: number
  readonly amountOf: (commodity: Commodity) => number
}

/** The flow of one commodity: its columns, and the rows that keep it whole. */
class CommodityFlow {
  readonly commodity: Commodity
  readonly arcs: readonly Arc[]
  readonly columns: readonly number[]
  readonly #rows: BalanceRow[] = []

  constructor(program: LinearProgram, problem: DesignProblem, commodity: Commodity) {
    this.commodity = commodity
    this.arcs = arcsOf(problem, commodity)
    this.columns = this.arcs.map(({ link }) =>
      program.column(problem.links[link]?.flowCost ?? 0, 0, Infinity),
    )
    const terms = new Map<number, [number, number][]>()
    const termsAt = (node: number): [number, number][] => {
      const known = terms.get(node) ?? []
      terms.set(node, known)
      return known
    }
    for (const [index, { from, to }] of this.arcs.entries()) {
      const column = this.columns[index] ?? 0
      termsAt(from).push([column, 1])
      termsAt(to).push([column, -1])
    }
    this.#addChoices(program, termsAt)
    for (const end of [...commodity.sources, ...commodity.sinks.flatMap(({ places }) => places)]) termsAt(end)
    for (const [node, parts] of terms) {
      const amountOf = (now: Commodity): number => balanceAt(commodity, now, node)
      const amount = amountOf(commodity)
      this.#rows.push({ row: program.row(amount, amount, parts), amountOf })
    }
  }

  /** Bounds of the rows, when `outage` is all that has failed. */
  bounds(outage: Outage | undefined): { readonly row: number; readonly amount: number }[] {
    const now = duringOutage(this.commodity, outage)
    return this.#rows.map(({ row, amountOf }) => ({ row, amount: amountOf(now) }))
  }

  /** Where an end may be one of several nodes, columns say how much begins or ends at each. */
  #addChoices(program: LinearProgram, termsAt: (node: number) => [number, number][]): void {
    const { sources, sinks } = this.commodity
    const choose = (nodes: readonly number[], sign: 1 | -1, amountOf: BalanceRow['amountOf']): void => {
      const columns = nodes.map((node) => {
        const column = program.column(0, 0, Infinity)
        termsAt(node).push([column, sign])
        return column
      })
      const amount = amountOf(this.commodity)
      this.#rows.push({
        row: program.row(
          amount,
          amount,
          columns.map((column) => [column, 1]),
        ),
        amountOf,
      })
    }
    if (sources.length > 1) choose(sources, -1, totalOf)
    for (const [index, { places }] of sinks.entries()) {
      if (places.length > 1) choose(places, 1, (now) => now.sinks[index]?.amount ?? 0)
    }
  }
}

/** What leaves a node more than it enters, as far as that is fixed: at the one source, and at the one place of a sink. */
function balanceAt(original: Commodity, now: Commodity, node: number): number {
  const isSource = original.sources.length === 1 && original.sources[0] === node
  const ending = original.sinks.reduce((sum, { places }, index) => {
    const endsHere = places.length === 1 && places[0] === node
    return endsHere ? sum + (now.sinks[index]?.amount ?? 0) : sum
  }, 0)
  return (isSource ? totalOf(now) : 0) - ending
}

function totalOf({ sinks }: Commodity): number {
  return sinks.reduce((sum, { amount }) => sum + amount, 0)
}

/** All flows of a problem in one program. */
export class FlowRows {
  readonly flows: readonly CommodityFlow[]

  constructor(program: LinearProgram, problem: DesignProblem) {
    this.flows = problem.commodities.map((commodity) => new CommodityFlow(program, problem, commodity))
  }

  /** The columns of all flows over each link, in each direction: `usage[link][direction]`. */
  usage(linkCount: number): (readonly [number[], number[]])[] {
    const usage = Array.from({ length: linkCount }, (): readonly [number[], number[]] => [[], []])
    for (const { arcs, columns } of this.flows) {
      for (const [index, { link, direction }] of arcs.entries())
        usage[link]?.[direction].push(columns[index] ?? 0)
    }
    return usage
  }
}
