import type { Link, NetworkGraph } from './network-graph.ts'

/** Something whose loss parts nodes that were connected. */
export interface SinglePoint {
  /** Place of the line in the model, or of the branch among the nodes. */
  readonly index: number
  /** Pairs of other branches that are connected before and not after. */
  readonly branchPairs: number
}

/** Bridges and cut points: the structure that no look at demands or agreements would show. */
export interface SinglePoints {
  readonly lines: readonly SinglePoint[]
  readonly branches: readonly SinglePoint[]
  /** Number of branches that each branch can reach over lines, itself included. */
  readonly componentSize: readonly number[]
  /** The same number for branches that can reach each other. */
  readonly component: readonly number[]
}

/**
 * Every line and every branch that is the only connection between two other nodes, in linear time (Tarjan's low
 * points over the branches; gateways relay nothing, so they are looked at one by one afterwards). Of two parallel
 * lines neither is a bridge.
 */
export function findSinglePoints(graph: NetworkGraph): SinglePoints {
  const walk = new LowPointWalk(graph)
  for (let branch = 0; branch < graph.branchCount; branch += 1) walk.explore(branch)
  const { component, componentSize } = walk
  const branches = new Map(walk.cutBranches().map((point) => [point.index, point]))
  for (const branch of branchesThatHoldGateways(graph, component, componentSize)) {
    if (!branches.has(branch)) branches.set(branch, { index: branch, branchPairs: 0 })
  }
  const lines = [...walk.bridges(), ...accessBridges(graph, component)]
  const byIndex = (a: SinglePoint, b: SinglePoint): number => a.index - b.index
  return {
    lines: lines.sort(byIndex),
    branches: [...branches.values()].sort(byIndex),
    componentSize: component.map((number) => componentSize[number] ?? 0),
    component,
  }
}

interface Visit {
  readonly branch: number
  /** The line it was reached over; −1 at a root. */
  readonly over: number
  readonly order: number
  low: number
  /** Branches in the subtree, itself included. */
  size: number
  next: number
  /** Sizes of the parts that only this branch holds to the rest. */
  readonly parts: number[]
}

/** Depth-first without recursion, since a network may be one long chain. */
class LowPointWalk {
  readonly component: number[]
  readonly componentSize: number[] = []
  readonly #graph: NetworkGraph
  readonly #visits: (Visit | undefined)[]
  readonly #bridges: { readonly line: number; readonly below: number; readonly component: number }[] = []

  constructor(graph: NetworkGraph) {
    this.#graph = graph
    this.component = Array.from({ length: graph.branchCount }, () => -1)
    this.#visits = Array.from({ length: graph.branchCount }, () => undefined)
  }

  explore(root: number): void {
    if (this.#visits[root] !== undefined) return
    const number = this.componentSize.length
    let order = 0
    const enter = (branch: number, over: number): Visit => {
      const visit: Visit = { branch, over, order, low: order, size: 1, next: 0, parts: [] }
      this.#visits[branch] = visit
      this.component[branch] = number
      order += 1
      return visit
    }
    const stack = [enter(root, -1)]
    for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
      const link = this.#graph.mesh[visit.branch]?.[visit.next]
      visit.next += 1
      if (link === undefined) {
        stack.pop()
        this.#leave(visit, stack.at(-1))
      } else if (link.line !== visit.over) {
        const known = this.#visits[link.to]
        if (known === undefined) stack.push(enter(link.to, link.line))
        else visit.low = Math.min(visit.low, known.order)
      }
    }
    this.componentSize.push(order)
  }

  bridges(): SinglePoint[] {
    return this.#bridges.map(({ line, below, component }) => {
      const above = (this.componentSize[component] ?? 0) - below
      return { index: line, branchPairs: below * above }
    })
  }

  cutBranches(): SinglePoint[] {
    return this.#visits.flatMap((visit) => {
      if (visit === undefined) return []
      const others = (this.componentSize[this.component[visit.branch] ?? -1] ?? 0) - 1
      const rest = others - visit.parts.reduce((sum, part) => sum + part, 0)
      const parts = [...visit.parts, rest].filter((part) => part > 0)
      if (parts.length < 2) return []
      const together = parts.reduce((sum, part) => sum + part * part, 0)
      return [{ index: visit.branch, branchPairs: (others * others - together) / 2 }]
    })
  }

  #leave(visit: Visit, parent: Visit | undefined): void {
    if (parent === undefined) return
    parent.size += visit.size
    parent.low = Math.min(parent.low, visit.low)
    if (visit.low >= parent.order) parent.parts.push(visit.size)
    if (visit.low > parent.order) {
      const component = this.component[visit.branch] ?? -1
      this.#bridges.push({ line: visit.over, below: visit.size, component })
    }
  }
}

/** A gateway's line is a bridge when no other line leads it to the same part of the network. */
function accessBridges(graph: NetworkGraph, component: readonly number[]): SinglePoint[] {
  const found: SinglePoint[] = []
  for (let gateway = graph.branchCount; gateway < graph.nodes.length; gateway += 1) {
    const links = graph.access[gateway] ?? []
    for (const link of links) {
      const isBridge =
        link.to < graph.branchCount
          ? !links.some((other) => other.line !== link.line && component[other.to] === component[link.to])
          : link.forward && !hasOtherWay(graph, component, gateway, link)
      if (isBridge) found.push({ index: link.line, branchPairs: 0 })
    }
  }
  return found
}

/** Whether two gateways with a direct line are connected without it. */
function hasOtherWay(
  graph: NetworkGraph,
  component: readonly number[],
  gateway: number,
  direct: Link,
): boolean {
  const links = graph.access[gateway] ?? []
  if (links.some(({ to, line }) => to === direct.to && line !== direct.line)) return true
  const reached = componentsAt(graph, component, gateway)
  return [...componentsAt(graph, component, direct.to)].some((number) => reached.has(number))
}

/** Branches that are the only one through which some gateway is connected to somebody else. */
function branchesThatHoldGateways(
  graph: NetworkGraph,
  component: readonly number[],
  componentSize: readonly number[],
): number[] {
  return [...graph.mesh.keys()].filter((branch) => {
    const gateways = [...new Set((graph.access[branch] ?? []).map(({ to }) => to))]
    const isAlone = (componentSize[component[branch] ?? -1] ?? 0) === 1
    if (isAlone) return !allMeetElsewhere(graph, component, gateways, component[branch] ?? -1)
    return gateways.some((gateway) =>
      (graph.access[gateway] ?? []).every(
        ({ to }) => to === branch || to >= graph.branchCount || component[to] !== component[branch],
      ),
    )
  })
}

/** Whether gateways at one lone branch all reach each other without it: over another part, or a direct line. */
function allMeetElsewhere(
  graph: NetworkGraph,
  component: readonly number[],
  gateways: readonly number[],
  without: number,
): boolean {
  const elsewhere = new Map(
    gateways.map((gateway) => [gateway, componentsAt(graph, component, gateway, without)]),
  )
  const [first = new Set<number>(), ...others] = elsewhere.values()
  // The usual case in one pass: a part of the network to which all of them have a line.
  if ([...first].some((number) => others.every((reached) => reached.has(number)))) return true
  return gateways.every((one, place) => {
    const direct = new Set((graph.access[one] ?? []).map(({ to }) => to))
    const reached = [...(elsewhere.get(one) ?? [])]
    return gateways
      .slice(place + 1)
      .every((other) => direct.has(other) || reached.some((number) => elsewhere.get(other)?.has(number)))
  })
}

function componentsAt(
  graph: NetworkGraph,
  component: readonly number[],
  gateway: number,
  without: number = -1,
): Set<number> {
  const found = new Set<number>()
  for (const { to } of graph.access[gateway] ?? []) {
    const number = to < graph.branchCount ? (component[to] ?? -1) : -1
    if (number !== -1 && number !== without) found.add(number)
  }
  return found
}
