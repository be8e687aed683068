import type { LinkReport } from '../../transport/branch-control.ts'

/** What is known when a path is chosen. */
export interface PathView {
  /** Usable links from a branch. */
  readonly linksOf: (branch: string) => readonly LinkReport[]
  /** Whether the path may end at this branch. */
  readonly isExit: (branch: string) => boolean
}

/** Where a path may go. */
export interface PathRules {
  readonly entry: string
  readonly maxBranches: number
  /** Whether a branch may be on the path at all. */
  readonly mayPass: (branch: string) => boolean
  /** Whether this link, in this direction, may be used. */
  readonly mayUse: (from: string, to: string) => boolean
}

interface Candidate {
  readonly path: readonly string[]
  readonly costMs: number
}

/**
 * What a branch costs beside its line, in milliseconds. Above zero, so that a path that comes back to a branch always
 * costs more than the one without the detour: the cheapest never repeats a branch.
 */
const HOP_MS = 0.1

/**
 * The path with the smallest sum of round-trip times from the entry to an exit, with at most `maxBranches` branches;
 * `undefined` when there is none. Grows the best way to each branch by one branch at a time, so the bound on branches
 * is kept exactly.
 */
export function choosePath(view: PathView, rules: PathRules): readonly string[] | undefined {
  if (!rules.mayPass(rules.entry)) return undefined
  let best: Candidate | undefined
  let layer = new Map<string, Candidate>([[rules.entry, { path: [rules.entry], costMs: 0 }]])
  for (let branches = 1; branches <= rules.maxBranches && layer.size > 0; branches += 1) {
    for (const [branch, candidate] of layer) {
      if (view.isExit(branch) && (best === undefined || candidate.costMs < best.costMs)) best = candidate
    }
    layer = nextLayer(layer, view, rules)
  }
  return best?.path
}

function nextLayer(
  layer: ReadonlyMap<string, Candidate>,
  view: PathView,
  rules: PathRules,
): Map<string, Candidate> {
  const next = new Map<string, Candidate>()
  for (const [branch, candidate] of layer) {
    for (const link of view.linksOf(branch)) {
      if (candidate.path.includes(link.to) || !rules.mayPass(link.to) || !rules.mayUse(branch, link.to))
        continue
      const costMs = candidate.costMs + link.rttMs + HOP_MS
      const known = next.get(link.to)
      if (known === undefined || costMs < known.costMs)
        next.set(link.to, { path: [...candidate.path, link.to], costMs })
    }
  }
  return next
}
