import type { NetworkGraph } from '../graph/network-graph.ts'
import type { Path } from '../graph/find-path.ts'

/** One thing that may fail at a time. */
export interface Failure {
  readonly kind: 'branch' | 'line' | 'group'
  /** Identifier of the branch or line, name of the shared-risk group. */
  readonly id: string
  readonly branch: number | undefined
  readonly lines: ReadonlySet<number>
  /** Whether the way between some branches may change; a line of a gateway changes none. */
  readonly touchesMesh: boolean
}

/** Everything that may fail: each branch, each line, each shared-risk group of two lines or more. */
export function allFailures(graph: NetworkGraph): Failure[] {
  const none: ReadonlySet<number> = new Set()
  const branches = graph.nodes.slice(0, graph.branchCount)
  const mesh = new Set(graph.mesh.flatMap((links) => links.map(({ line }) => line)))
  const ofLines = (kind: 'line' | 'group', id: string, lines: ReadonlySet<number>): Failure => {
    return { kind, id, branch: undefined, lines, touchesMesh: [...lines].some((line) => mesh.has(line)) }
  }
  const groups = new Map<string, Set<number>>()
  for (const [index, { sharedRiskGroups = [] }] of graph.lines.entries()) {
    for (const group of sharedRiskGroups) {
      const members = groups.get(group) ?? new Set()
      groups.set(group, members.add(index))
    }
  }
  return [
    ...branches.map((id, branch): Failure => ({
      kind: 'branch',
      id,
      branch,
      lines: none,
      touchesMesh: true,
    })),
    ...graph.lines.map(({ id }, line) => ofLines('line', id, new Set([line]))),
    ...[...groups].filter(([, lines]) => lines.size > 1).map(([id, lines]) => ofLines('group', id, lines)),
  ]
}

/** Looks up which failures break a path, so that only those are studied for it. */
export class FailureIndex {
  readonly #ofBranch: readonly number[]
  readonly #ofLine: readonly (readonly number[])[]

  constructor(graph: NetworkGraph, failures: readonly Failure[]) {
    const ofBranch: number[] = []
    const ofLine: number[][] = graph.lines.map(() => [])
    for (const [index, { branch, lines }] of failures.entries()) {
      if (branch !== undefined) ofBranch[branch] = index
      for (const line of lines) ofLine[line]?.push(index)
    }
    this.#ofBranch = ofBranch
    this.#ofLine = ofLine
  }

  /** Places in the list of failures, each once. */
  breaking({ nodes, lines }: Path): Set<number> {
    const found = new Set<number>()
    for (const node of nodes) {
      const failure = this.#ofBranch[node]
      if (failure !== undefined) found.add(failure)
    }
    for (const line of lines) for (const failure of this.#ofLine[line] ?? []) found.add(failure)
    return found
  }
}
