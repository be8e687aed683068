import { findSinglePoints } from '../graph/find-single-points.ts'
import type { SinglePoint } from '../graph/find-single-points.ts'
import type { Path } from '../graph/find-path.ts'
import { networkGraph } from '../graph/network-graph.ts'
import type { NetworkGraph } from '../graph/network-graph.ts'
import type { NetworkModel } from '../network-model.ts'
import { allFailures } from './failure.ts'
import type {
  CutPoint,
  LineUse,
  NetworkStudy,
  ReachedService,
  RoutedDemand,
  UnreachedService,
} from './network-study.ts'
import { LineLoads } from './line-loads.ts'
import { round } from './round.ts'
import { studyFailures } from './study-failures.ts'
import { Traffic } from './traffic.ts'

/** Everything a model says about itself: who reaches what, over which lines, and what one failure would take away. */
export function studyNetwork(model: NetworkModel): NetworkStudy {
  const graph = networkGraph(model)
  const traffic = new Traffic(model, graph)
  const usePaths = traffic.uses.map((flow) => traffic.path(flow))
  const demandPaths = traffic.demands.map((flow) => traffic.path(flow))
  const loads = new LineLoads(graph)
  for (const [index, path] of demandPaths.entries()) {
    const demand = traffic.demands[index]?.demand
    if (path !== undefined && demand !== undefined) loads.carry(path, demand)
  }
  const points = findSinglePoints(graph)
  const failures = allFailures(graph)
  return {
    ...splitUses(graph, traffic, usePaths),
    demands: traffic.demands.map((flow, index): RoutedDemand => {
      const path = demandPaths[index]
      const { from, to } = flow.demand
      return path === undefined
        ? { from, to, obstacle: traffic.obstacle(flow) }
        : { from, to, ...factsOf(graph, path) }
    }),
    singlePoints: {
      lines: points.lines.map((point) => cutPoint(graph.lines[point.index]?.id, point)),
      branches: points.branches.map((point) => cutPoint(graph.nodes[point.index], point)),
    },
    parts: new Set(points.component).size,
    failures: studyFailures({ graph, traffic, usePaths, demandPaths, loads, failures, points }),
    examined: failures.length,
    lines: graph.lines.map(({ id, capacityMbps }, line): LineUse => {
      const mbps = round(loads.mbps(line))
      if (capacityMbps === undefined) return { line: id, mbps }
      return { line: id, mbps, capacityMbps, utilisation: round(mbps / capacityMbps) }
    }),
    monthlyCostAed: round(model.lines.reduce((sum, { monthlyCostAed = 0 }) => sum + monthlyCostAed, 0)),
    unpricedLines: model.lines.filter(({ monthlyCostAed }) => monthlyCostAed === undefined).length,
  }
}

function splitUses(
  graph: NetworkGraph,
  traffic: Traffic,
  paths: readonly (Path | undefined)[],
): Pick<NetworkStudy, 'reached' | 'unreached'> {
  const reached: ReachedService[] = []
  const unreached: UnreachedService[] = []
  for (const [index, flow] of traffic.uses.entries()) {
    const path = paths[index]
    const { entity, service } = flow.use
    if (path !== undefined) reached.push({ entity, service: service.id, ...factsOf(graph, path) })
    else unreached.push({ entity, service: service.id, obstacle: traffic.obstacle(flow) })
  }
  return { reached, unreached }
}

/** A path as people read it. Its latency is not known when that of one line is not. */
function factsOf(
  graph: NetworkGraph,
  path: Path,
): Pick<ReachedService, 'path' | 'lines' | 'hops' | 'latencyMs'> {
  const lines = path.lines.flatMap((line) => graph.lines[line] ?? [])
  const isTimed = lines.every(({ latencyMs }) => latencyMs !== undefined)
  const latencyMs = round(lines.reduce((sum, line) => sum + (line.latencyMs ?? 0), 0))
  return {
    path: path.nodes.map((node) => graph.nodes[node] ?? ''),
    lines: lines.map(({ id }) => id),
    hops: lines.length,
    ...(isTimed ? { latencyMs } : {}),
  }
}

function cutPoint(id: string = '', { branchPairs }: SinglePoint): CutPoint {
  return { id, branchPairs }
}
