import type { WayLeg } from '../../transport/branch-control.ts'
import { legTicks } from './leg-cost.ts'

/** What is known when a path is chosen. */
export interface PathView {
  /** Usable links from a branch. */
  readonly legsFrom: (branch: string) => readonly WayLeg[]
  /** The last step, from this branch to the target; `undefined` when the target is not connected to it. */
  readonly exitFrom: (branch: string) => WayLeg | undefined
}

/** What another path uses, which this one should not. */
export interface UsedByOther {
  readonly branches: ReadonlySet<string>
  readonly lines: ReadonlySet<string>
  readonly riskGroups: ReadonlySet<string>
}

/** Where a path may go. */
export interface PathRules {
  readonly entry: string
  readonly maxBranches: number
  /** Whether a branch may be on the path at all. */
  readonly mayPass: (branch: string) => boolean
  /** Whether this link, in this direction, may be used. */
  readonly mayUse: (from: string, to: string) => boolean
  /** A preference, before any cost: as little as possible in common with that. */
  readonly apartFrom?: UsedByOther | undefined
}

/** How good a path is; smaller is better, `shared` first. */
export interface PathScore {
  /** How many branches, lines and shared-risk groups it has in common with the path it should be apart from. */
  readonly shared: number
  /** Its cost in hundredths of a millisecond. */
  readonly ticks: number
}

/** A path with what it costs. */
export interface ScoredPath extends PathScore {
  readonly path: readonly string[]
}

/**
 * The best path from the entry to an exit with at most `maxBranches` branches; `undefined` when there is none. Best is:
 * least in common with `apartFrom`, then the smallest sum of the costs of its links, then the fewest branches, then the
 * one that sorts first by its branches; so every branch that knows the same chooses the same. Grows the best way to each
 * branch by one branch at a time, so the bound on branches is kept exactly.
 */
export function choosePath(view: PathView, rules: PathRules): ScoredPath | undefined {
  const { entry, maxBranches, apartFrom } = rules
  if (!rules.mayPass(entry)) return undefined
  let best: ScoredPath | undefined
  const start = { path: [entry], shared: sharedBranch(entry, apartFrom), ticks: 0 }
  let layer = new Map<string, ScoredPath>([[entry, start]])
  for (let branches = 1; branches <= maxBranches && layer.size > 0; branches += 1) {
    for (const [branch, candidate] of layer) {
      const exit = view.exitFrom(branch)
      if (exit === undefined) continue
      const whole = extended(candidate, candidate.path, exit, apartFrom)
      if (best === undefined || comparePaths(whole, best) < 0) best = whole
    }
    layer = nextLayer(layer, view, rules)
  }
  return best
}

/** Negative when `a` is better, 0 only for the same path. */
export function comparePaths(a: ScoredPath, b: ScoredPath): number {
  return (
    a.shared - b.shared ||
    a.ticks - b.ticks ||
    a.path.length - b.path.length ||
    compareTexts(a.path.join('\n'), b.path.join('\n'))
  )
}

/** Scores a path that stands, exit included; `undefined` when a link of it is missing. */
export function scorePath(
  view: PathView,
  path: readonly string[],
  apartFrom?: UsedByOther,
): ScoredPath | undefined {
  const [entry = ''] = path
  let scored: ScoredPath = { path: [entry], shared: sharedBranch(entry, apartFrom), ticks: 0 }
  for (const to of path.slice(1)) {
    const leg = view.legsFrom(scored.path.at(-1) ?? '').find((each) => each.to === to)
    if (leg === undefined) return undefined
    scored = extended(scored, [...scored.path, to], leg, apartFrom)
  }
  const exit = view.exitFrom(scored.path.at(-1) ?? '')
  return exit === undefined ? undefined : extended(scored, scored.path, exit, apartFrom)
}

function nextLayer(
  layer: ReadonlyMap<string, ScoredPath>,
  view: PathView,
  rules: PathRules,
): Map<string, ScoredPath> {
  const next = new Map<string, ScoredPath>()
  for (const [branch, candidate] of layer) {
    for (const leg of view.legsFrom(branch)) {
      const { to } = leg
      if (candidate.path.includes(to) || !rules.mayPass(to) || !rules.mayUse(branch, to)) continue
      const grown = extended(candidate, [...candidate.path, to], leg, rules.apartFrom)
      const known = next.get(to)
      if (known === undefined || comparePaths(grown, known) < 0) next.set(to, grown)
    }
  }
  return next
}

function extended(
  { shared, ticks }: PathScore,
  path: readonly string[],
  leg: WayLeg,
  apartFrom: UsedByOther | undefined,
): ScoredPath {
  return {
    path,
    shared: shared + sharedBranch(leg.to, apartFrom) + sharedOnLeg(leg, apartFrom),
    ticks: ticks + legTicks(leg),
  }
}

function sharedBranch(branch: string, apartFrom: UsedByOther | undefined): number {
  return apartFrom?.branches.has(branch) === true ? 1 : 0
}

/** Lines and shared-risk groups that the leg has in common with the other path. */
function sharedOnLeg({ lines, riskGroups }: WayLeg, apartFrom: UsedByOther | undefined): number {
  if (apartFrom === undefined) return 0
  const sharedLines = lines.filter((line) => apartFrom.lines.has(line))
  const sharedGroups = riskGroups.filter((group) => apartFrom.riskGroups.has(group))
  return sharedLines.length + sharedGroups.length
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
