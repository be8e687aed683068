import type { ModelLine, NetworkModel } from '../network-model.ts'

/** A line as one of its ends sees it. */
export interface Link {
  readonly to: number
  /** Place of the line in the model. */
  readonly line: number
  /** Whether `to` is the second of the line's ends: the direction in which traffic would flow. */
  readonly forward: boolean
  /** What using it costs when paths are compared, in milliseconds. */
  readonly costMs: number
}

/**
 * A model as numbers. Nodes are branches first, then gateways; lines keep the order of the model. Only branches
 * relay, so lines between branches and lines of gateways are kept apart: a search walks over the first and looks at
 * the second at its two ends.
 */
export interface NetworkGraph {
  readonly branchCount: number
  readonly nodes: readonly string[]
  readonly indexOf: ReadonlyMap<string, number>
  readonly lines: readonly ModelLine[]
  /** Lines between branches, by branch. */
  readonly mesh: readonly (readonly Link[])[]
  /** Lines of which an end is a gateway, by node: from both ends. */
  readonly access: readonly (readonly Link[])[]
  /** Most branches on a path. */
  readonly maxBranches: number
}

/** What a line of unknown latency counts for when paths are compared: near enough to one across a city. */
const UNKNOWN_LINE_MS = 1

/** The graph of a model whose references hold. */
export function networkGraph(model: NetworkModel): NetworkGraph {
  const nodes = [...model.branches.map(({ id }) => id), ...model.gateways.map(({ id }) => id)]
  const indexOf = new Map(nodes.map((id, index) => [id, index]))
  const branchCount = model.branches.length
  const mesh: Link[][] = model.branches.map(() => [])
  const access: Link[][] = nodes.map(() => [])
  for (const [line, { ends, latencyMs }] of model.lines.entries()) {
    const [first = -1, second = -1] = ends.map((end) => indexOf.get(end))
    const links = first < branchCount && second < branchCount ? mesh : access
    const costMs = latencyMs ?? UNKNOWN_LINE_MS
    links[first]?.push({ to: second, line, forward: true, costMs })
    links[second]?.push({ to: first, line, forward: false, costMs })
  }
  const maxBranches = model.maxPathBranches ?? Math.max(1, branchCount)
  return { branchCount, nodes, indexOf, lines: model.lines, mesh, access, maxBranches }
}
