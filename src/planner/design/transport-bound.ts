import { arcsOf, duringOutage, leastTransport } from './arcs.ts'
import type { Arc } from './arcs.ts'
import type { DesignProblem, Outage } from './design-problem.ts'

/**
 * What no network costs less than, without a solver: capacity is taken in parts, at the lowest price of any module, and
 * everything goes the shortest way. Weak, but true for networks of any size.
 */
export function transportBound(problem: DesignProblem, leftS: () => number): number {
  const arcs = problem.commodities.map((commodity) => arcsOf(problem, commodity))
  const prices = problem.links.map(({ modules }) =>
    modules.reduce((least, { cost, capacity }) => Math.min(least, cost / capacity), Infinity),
  )
  // A link with capacity of its own is free in the second reading: which of the two says more depends on the network.
  const readings = [
    prices,
    prices.map((price, link) => ((problem.links[link]?.installed ?? 0) > 0 ? 0 : price)),
  ]
  const situations = [undefined, ...problem.outages]
  let best = 0
  for (const reading of readings) {
    for (const outage of situations) {
      // Whatever was looked at is a bound, so it does no harm to stop.
      if (outage !== undefined && leftS() <= 0) break
      best = Math.max(best, boundWith(problem, arcs, reading, outage))
    }
  }
  return best + problem.constantCost
}

function boundWith(
  problem: DesignProblem,
  arcs: readonly (readonly Arc[])[],
  prices: readonly number[],
  outage: Outage | undefined,
): number {
  const failed = new Set(outage?.links)
  // Both directions of a link are paid for by the same capacity, so each bears half of its price.
  const share = problem.sharing === 'each' ? 0.5 : 1
  const lengthOf = ({ link, from, to }: Arc): number => {
    if (failed.has(link) || from === outage?.node || to === outage?.node) return Infinity
    const { flowCost = 0, installed = 0, modules = [] } = problem.links[link] ?? {}
    // What cannot be widened is as good as free here: its price would only be subtracted again.
    const price = modules.length === 0 ? (installed > 0 ? 0 : Infinity) : (prices[link] ?? 0)
    return share * price + (outage === undefined ? flowCost : 0)
  }
  const transport = problem.commodities.reduce(
    (sum, commodity, index) =>
      sum +
      leastTransport(problem.nodes.length, duringOutage(commodity, outage), arcs[index] ?? [], lengthOf),
    0,
  )
  const given = problem.links.reduce((sum, { installed, modules }, link) => {
    return failed.has(link) || modules.length === 0 ? sum : sum + (prices[link] ?? 0) * installed
  }, 0)
  return transport === Infinity ? 0 : transport - given
}
