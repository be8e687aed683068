import { buildingCost } from './design-problem.ts'
import type { Choice, DesignProblem } from './design-problem.ts'

/** Solves the whole problem with most of its links held as they are. */
export type SolvePart = (start: Choice, free: ReadonlySet<number>, timeLimitS: number) => Choice | undefined

interface NeighbourhoodSearch {
  readonly problem: DesignProblem
  readonly solvePart: SolvePart
  /** Seconds that are left for it. */
  readonly leftS: () => number
}

/** How many links may change at a time: small parts are solved in no time, large ones find more. */
const SIZES = [10, 16, 24] as const

/** Seconds for one part; a part that takes longer is not worth it. */
const MOST_SECONDS = 4

/**
 * Improves a network part by part: the links around one link are chosen anew as well as they can be while all others stay,
 * and so on around every link, until nothing changes or no time is left. Every network it gives was checked by
 * `solvePart`.
 */
export function searchNeighbourhoods(search: NeighbourhoodSearch, choice: Choice): Choice {
  const { problem, solvePart, leftS } = search
  let best = choice
  for (const size of SIZES) {
    if (size >= problem.links.length) return best
    for (let hasChanged = true; hasChanged;) {
      hasChanged = false
      for (const link of dearestFirst(problem, best)) {
        if (leftS() <= 0) return best
        const found = solvePart(best, linksAround(problem, link, size), Math.min(MOST_SECONDS, leftS()))
        if (found === undefined || buildingCost(problem, found) >= buildingCost(problem, best) - 1e-9)
          continue
        best = found
        hasChanged = true
      }
    }
  }
  return best
}

function dearestFirst({ links }: DesignProblem, choice: Choice): number[] {
  const costs = links.map(({ modules }, link) =>
    modules.reduce((sum, { cost }, size) => sum + cost * (choice[link]?.[size] ?? 0), 0),
  )
  return [...links.keys()].sort((a, b) => (costs[b] ?? 0) - (costs[a] ?? 0))
}

/** The link itself and those nearest to it, as one walks from node to node. */
function linksAround({ links }: DesignProblem, link: number, size: number): ReadonlySet<number> {
  const found = new Set([link])
  const nodes = new Set([links[link]?.from ?? -1, links[link]?.to ?? -1])
  for (let hasGrown = true; hasGrown && found.size < size;) {
    hasGrown = false
    const reached = new Set(nodes)
    for (const [index, { from, to }] of links.entries()) {
      if (found.size >= size || found.has(index) || !(reached.has(from) || reached.has(to))) continue
      found.add(index)
      nodes.add(from).add(to)
      hasGrown = true
    }
  }
  return found
}
