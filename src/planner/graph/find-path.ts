import { LeastFirst } from './least-first.ts'
import type { Link, NetworkGraph } from './network-graph.ts'

/** What a path must keep to. */
export interface PathLimits {
  /** Whether a path may lead through a branch. */
  readonly mayPass: (branch: number) => boolean
  /** Whether a line is there. */
  readonly mayUse: (line: number) => boolean
}

/** A way through the network. Its nodes are in order; line `i` joins node `i` and node `i + 1`. */
export interface Path {
  readonly nodes: readonly number[]
  readonly lines: readonly number[]
  /** For each line whether it is passed from its first to its second end. */
  readonly forward: readonly boolean[]
  readonly costMs: number
}

/** What a branch costs beside its lines, in milliseconds: of equally fast paths the one with fewer branches wins. */
const BRANCH_MS = 0.1

interface Step {
  readonly node: number
  readonly costMs: number
  readonly branches: number
  readonly before: Step | undefined
  readonly link: Link | undefined
}

/** The best ways from one place to everywhere, under one set of limits. */
export interface PathTree {
  /** The cheapest path to a node; `undefined` when the limits leave none. */
  readonly to: (node: number) => Path | undefined
}

/**
 * Finds the cheapest paths from any of `sources`. Costs are latencies and a little for each branch, as the branches
 * themselves choose; no path has more branches than the network allows, so a path is found exactly when there is one.
 */
export function findPaths(graph: NetworkGraph, sources: readonly number[], limits: PathLimits): PathTree {
  const steps = branchSteps(graph, sources, limits)
  return {
    to(node) {
      if (sources.includes(node)) return { nodes: [node], lines: [], forward: [], costMs: 0 }
      const step =
        node < graph.branchCount ? steps.get(node)?.[0] : lastStep(graph, steps, sources, node, limits)
      return step === undefined ? undefined : pathOf(step)
    },
  }
}

/**
 * For each branch the ways to it that nothing beats in both cost and number of branches, the cheapest first. Only the
 * bound on branches makes a dearer way with fewer branches worth keeping.
 */
function branchSteps(
  graph: NetworkGraph,
  sources: readonly number[],
  { mayPass, mayUse }: PathLimits,
): Map<number, Step[]> {
  const isBounded = graph.maxBranches < graph.branchCount
  const settled = new Map<number, Step[]>()
  const waiting = new LeastFirst<Step>((a, b) =>
    a.costMs === b.costMs ? a.branches < b.branches : a.costMs < b.costMs,
  )
  const reach = (before: Step | undefined, node: number, link: Link | undefined): void => {
    const branches = (before?.branches ?? 0) + 1
    if (branches > graph.maxBranches || !mayPass(node) || (link !== undefined && !mayUse(link.line))) return
    const costMs = (before?.costMs ?? 0) + (link?.costMs ?? 0) + BRANCH_MS
    waiting.put({ node, costMs, branches, before, link })
  }
  for (const source of sources) {
    if (source < graph.branchCount) reach(undefined, source, undefined)
    const start: Step = { node: source, costMs: 0, branches: 0, before: undefined, link: undefined }
    for (const link of source < graph.branchCount ? [] : (graph.access[source] ?? [])) {
      if (link.to < graph.branchCount) reach(start, link.to, link)
    }
  }
  for (let step = waiting.take(); step !== undefined; step = waiting.take()) {
    const known = settled.get(step.node)
    const fewest = known?.at(-1)?.branches ?? Infinity
    if (known !== undefined && (!isBounded || step.branches >= fewest)) continue
    if (known === undefined) settled.set(step.node, [step])
    else known.push(step)
    for (const link of graph.mesh[step.node] ?? []) {
      if (link.line !== step.link?.line) reach(step, link.to, link)
    }
  }
  return settled
}

/** The last line to a gateway: from a branch that was reached, or straight from another gateway. */
function lastStep(
  graph: NetworkGraph,
  steps: ReadonlyMap<number, readonly Step[]>,
  sources: readonly number[],
  gateway: number,
  { mayUse }: PathLimits,
): Step | undefined {
  let best: Step | undefined
  for (const link of graph.access[gateway] ?? []) {
    if (!mayUse(link.line)) continue
    const isDirect = link.to >= graph.branchCount && sources.includes(link.to)
    const before = isDirect
      ? { node: link.to, costMs: 0, branches: 0, before: undefined, link: undefined }
      : steps.get(link.to)?.[0]
    if (before === undefined) continue
    const costMs = before.costMs + link.costMs
    if (best !== undefined && best.costMs <= costMs) continue
    const last = { ...link, to: gateway, forward: !link.forward }
    best = { node: gateway, costMs, branches: before.branches, before, link: last }
  }
  return best
}

function pathOf(end: Step): Path {
  const nodes: number[] = []
  const lines: number[] = []
  const forward: boolean[] = []
  for (let step: Step | undefined = end; step !== undefined; step = step.before) {
    nodes.push(step.node)
    if (step.link === undefined) continue
    lines.push(step.link.line)
    forward.push(step.link.forward)
  }
  nodes.reverse()
  lines.reverse()
  forward.reverse()
  return { nodes, lines, forward, costMs: end.costMs }
}
