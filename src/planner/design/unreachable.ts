import { arcsOf, distances, duringOutage } from './arcs.ts'
import type { DesignProblem } from './design-problem.ts'

/** Traffic for which nothing could be built: no links lead there, with everything up or during an outage. */
export interface Unreachable {
  readonly from: string
  readonly to: string
  /** What has to be survived and cannot; absent: not even with everything up. */
  readonly outage?: string
}

/** So many are told; the first ones say enough. */
const MOST_TOLD = 20

/**
 * What no choice of modules could carry, because there is no way at all.
 *
 * @param mayGoOn - whether there is time for another outage; what is not looked at counts as reachable
 */
export function unreachableTraffic(problem: DesignProblem, mayGoOn: () => boolean): Unreachable[] {
  const found: Unreachable[] = []
  const nameOf = (nodes: readonly number[]): string =>
    nodes.map((node) => problem.nodes[node]?.id ?? '').join(' or ')
  const usable = new Set(
    [...problem.links.keys()].filter((link) => {
      const { installed = 0, modules = [] } = problem.links[link] ?? {}
      return installed > 0 || modules.length > 0
    }),
  )
  const arcs = problem.commodities.map((commodity) =>
    arcsOf(problem, commodity).filter(({ link }) => usable.has(link)),
  )
  for (const outage of [undefined, ...problem.outages]) {
    if (outage !== undefined && !mayGoOn()) return found
    const failed = new Set(outage?.links)
    for (const [index, commodity] of problem.commodities.entries()) {
      const now = duringOutage(commodity, outage)
      const left = (arcs[index] ?? []).filter(
        ({ link, from, to }) => !failed.has(link) && from !== outage?.node && to !== outage?.node,
      )
      const distance = distances(problem.nodes.length, now.sources, left, () => 1)
      for (const { places, amount } of now.sinks) {
        const isReached = places.some((place) => distance[place] !== Infinity)
        if (amount === 0 || isReached) continue
        const ends = { from: nameOf(now.sources), to: nameOf(places) }
        found.push(outage === undefined ? ends : { ...ends, outage: outage.id })
        if (found.length === MOST_TOLD) return found
      }
    }
    // What is out of reach anyway is not told again for every outage.
    if (outage === undefined && found.length > 0) return found
  }
  return found
}
