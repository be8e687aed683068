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

/** A branch that was reached, and how. */
interface Step {
  readonly branch: number
  readonly costMs: number
  readonly branches: number
  readonly before: Step | undefined
  readonly link: Link | undefined
}

/** The cheapest ways from one branch to all others. */
export type BranchTree = ReadonlyMap<number, Step>

/**
 * The cheapest way from a branch to each other that the limits leave. Costs are latencies and a little for each branch,
 * as the branches themselves choose; no way has more branches than the network allows, so one is found exactly when
 * there is one.
 */
export function branchTree(graph: NetworkGraph, from: number, { mayPass, mayUse }: PathLimits): BranchTree {
  // Only the bound on branches makes a dearer way with fewer branches worth a look.
  const isBounded = graph.maxBranches < graph.branchCount
  const cheapest = new Map<number, Step>()
  const fewest = new Map<number, number>()
  const waiting = new LeastFirst<Step>((a, b) =>
    a.costMs === b.costMs ? a.branches < b.branches : a.costMs < b.costMs,
  )
  const reach = (branch: number, before: Step | undefined, link: Link | undefined): void => {
    const branches = (before?.branches ?? 0) + 1
    const known = fewest.get(branch) ?? Infinity
    if (branches > graph.maxBranches || (isBounded ? branches >= known : known < Infinity)) return
    if (!mayPass(branch) || (link !== undefined && !mayUse(link.line))) return
    const costMs = (before?.costMs ?? 0) + (link?.costMs ?? 0) + BRANCH_MS
    waiting.put({ branch, costMs, branches, before, link })
  }
  reach(from, undefined, undefined)
  for (let step = waiting.take(); step !== undefined; step = waiting.take()) {
    const known = fewest.get(step.branch) ?? Infinity
    if (isBounded ? step.branches >= known : known < Infinity) continue
    fewest.set(step.branch, step.branches)
    if (!cheapest.has(step.branch)) cheapest.set(step.branch, step)
    for (const link of graph.mesh[step.branch] ?? []) reach(link.to, step, link)
  }
  return cheapest
}

/** Where a path may begin or end: at a node, over one of its lines if it is a gateway. */
interface Door {
  readonly node: number
  readonly branch: number
  readonly link: Link | undefined
  readonly costMs: number
}

/** A way from door to door that nobody has written down yet. */
interface Meeting {
  readonly costMs: number
  readonly entry: Door
  readonly step: Step
  readonly exit: Door
}

/**
 * The cheapest path from any of `sources` to any of `targets`.
 *
 * @param treeFrom - the ways from a branch under the limits of this path
 */
export function findPath(
  graph: NetworkGraph,
  sources: readonly number[],
  targets: readonly number[],
  mayUse: (line: number) => boolean,
  treeFrom: (branch: number) => BranchTree,
): Path | undefined {
  const here = targets.find((target) => sources.includes(target))
  if (here !== undefined) return { nodes: [here], lines: [], forward: [], costMs: 0 }
  let best: Path | Meeting | undefined = directLine(graph, sources, targets, mayUse)
  const exits = doorsOf(graph, targets, mayUse)
  for (const entry of doorsOf(graph, sources, mayUse)) {
    const tree = treeFrom(entry.branch)
    for (const exit of exits) {
      const step = tree.get(exit.branch)
      if (step === undefined) continue
      const costMs = entry.costMs + step.costMs + exit.costMs
      if (best === undefined || costMs < best.costMs) best = { costMs, entry, step, exit }
    }
  }
  return best !== undefined && 'step' in best ? joined(best.entry, best.step, best.exit) : best
}

/** A line between two gateways is a path without a branch. */
function directLine(
  graph: NetworkGraph,
  sources: readonly number[],
  targets: readonly number[],
  mayUse: (line: number) => boolean,
): Path | undefined {
  let best: Path | undefined
  for (const source of sources) {
    for (const { to, line, forward, costMs } of graph.access[source] ?? []) {
      const isOne = source >= graph.branchCount && to >= graph.branchCount && targets.includes(to)
      if (isOne && mayUse(line) && (best === undefined || costMs < best.costMs))
        best = { nodes: [source, to], lines: [line], forward: [forward], costMs }
    }
  }
  return best
}

function doorsOf(graph: NetworkGraph, nodes: readonly number[], mayUse: (line: number) => boolean): Door[] {
  return nodes.flatMap((node): Door[] => {
    if (node < graph.branchCount) return [{ node, branch: node, link: undefined, costMs: 0 }]
    return (graph.access[node] ?? []).flatMap((link): Door[] => {
      const isOpen = link.to < graph.branchCount && mayUse(link.line)
      return isOpen ? [{ node, branch: link.to, link, costMs: link.costMs }] : []
    })
  })
}

function joined(entry: Door, end: Step, exit: Door): Path {
  const nodes: number[] = []
  const lines: number[] = []
  const forward: boolean[] = []
  for (let step: Step | undefined = end; step !== undefined; step = step.before) {
    nodes.unshift(step.branch)
    if (step.link === undefined) continue
    lines.unshift(step.link.line)
    forward.unshift(step.link.forward)
  }
  if (entry.link !== undefined) {
    nodes.unshift(entry.node)
    lines.unshift(entry.link.line)
    forward.unshift(entry.link.forward)
  }
  if (exit.link !== undefined) {
    nodes.push(exit.node)
    lines.push(exit.link.line)
    // Seen from the gateway, and passed towards it.
    forward.push(!exit.link.forward)
  }
  return { nodes, lines, forward, costMs: entry.costMs + end.costMs + exit.costMs }
}
