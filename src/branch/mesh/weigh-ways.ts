import type { WayLeg, WeighedWay } from '../../transport/branch-control.ts'
import { MAX_WAYS } from '../../transport/branch-control.ts'
import {
  choosePath,
  comparePaths,
  type PathRules,
  type PathView,
  type ScoredPath,
  scorePath,
} from './choose-path.ts'
import { legCost } from './leg-cost.ts'

/**
 * The best ways, best first, at most {@link MAX_WAYS}; the first is the one that would be chosen. Each has the figures it
 * was weighed by and a sentence for people. After J. Y. Yen, Management Science 17 (1971): every next way leaves one of
 * those before it at some branch, and is the best of all that do.
 */
export function weighWays(view: PathView, rules: PathRules): WeighedWay[] {
  const best = choosePath(view, rules)
  if (best === undefined) return []
  const ways = [best]
  const open = new Map<string, ScoredPath>()
  let last = best
  while (ways.length < MAX_WAYS) {
    for (const way of leaving(last, ways, view, rules)) open.set(way.path.join('\n'), way)
    const next = [...open.values()].sort(comparePaths)[0]
    if (next === undefined) break
    open.delete(next.path.join('\n'))
    ways.push(next)
    last = next
  }
  return ways.map((way, at) => tell(way, at === 0 ? undefined : best, view))
}

/** The best ways that leave `way` at each of its branches, and go where none of `ways` goes. */
function leaving(
  way: ScoredPath,
  ways: readonly ScoredPath[],
  view: PathView,
  rules: PathRules,
): ScoredPath[] {
  return way.path.flatMap((spur, at) => {
    const root = way.path.slice(0, at)
    const taken = new Set(
      ways.flatMap(({ path }) =>
        path.slice(0, at + 1).join('\n') === [...root, spur].join('\n') ? [path[at + 1] ?? ''] : [],
      ),
    )
    // A way that ends at the spur is taken like one that goes on.
    const around: PathView = {
      legsFrom: view.legsFrom,
      exitFrom: (from) => (from === spur && taken.has('') ? undefined : view.exitFrom(from)),
    }
    const found = choosePath(around, {
      ...rules,
      entry: spur,
      maxBranches: rules.maxBranches - at,
      mayPass: (branch) => !root.includes(branch) && rules.mayPass(branch),
      mayUse: (from, to) => !(from === spur && taken.has(to)) && rules.mayUse(from, to),
    })
    const whole = found === undefined ? undefined : scorePath(view, [...root, ...found.path], rules.apartFrom)
    return whole === undefined ? [] : [whole]
  })
}

function tell(way: ScoredPath, best: ScoredPath | undefined, view: PathView): WeighedWay {
  const legs = way.path.slice(1).flatMap((to, at): readonly WayLeg[] => {
    return view.legsFrom(way.path[at] ?? '').filter((leg) => leg.to === to)
  })
  const shared = way.shared === 0 ? '' : `; has ${way.shared} in common with the other path`
  const parts = `${partsOf(legs)}${shared}`
  const more = best === undefined ? 0 : way.ticks - best.ticks
  const reason =
    best === undefined
      ? `the best way: ${parts}`
      : more < 0
        ? `shares more with the other path than the best way: ${parts}`
        : `${ms(more / 100)} more than the best way: ${parts}`
  return { path: way.path, costMs: way.ticks / 100, chosen: best === undefined, reason, legs }
}

function partsOf(legs: readonly WayLeg[]): string {
  if (legs.length === 0) return 'no line between branches'
  const costs = legs.map(legCost)
  const sum = (part: 'rttMs' | 'crowdingMs' | 'priceMs' | 'hopMs'): string =>
    ms(costs.reduce((total, cost) => total + cost[part], 0))
  const full = legs.filter((leg) => legCost(leg).crowdingMs > 0).map(({ from, to }) => `${from} – ${to}`)
  const crowding = full.length === 0 ? '' : ` (${full.join(', ')})`
  return `round trips ${sum('rttMs')}, lines in use ${sum('crowdingMs')}${crowding}, price ${sum('priceMs')}, branches ${sum('hopMs')}`
}

function ms(value: number): string {
  return `${Math.round(value * 100) / 100} ms`
}
