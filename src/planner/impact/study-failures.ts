import type { Path } from '../graph/find-path.ts'
import type { SinglePoints } from '../graph/find-single-points.ts'
import type { NetworkGraph } from '../graph/network-graph.ts'
import { FailureIndex } from './failure.ts'
import type { Failure } from './failure.ts'
import { LineLoads, SAME_MBPS } from './line-loads.ts'
import type { FailureEffect } from './network-study.ts'
import { round } from './round.ts'
import type { Traffic } from './traffic.ts'

interface FailureQuestion {
  readonly graph: NetworkGraph
  readonly traffic: Traffic
  readonly usePaths: readonly (Path | undefined)[]
  readonly demandPaths: readonly (Path | undefined)[]
  readonly loads: LineLoads
  readonly failures: readonly Failure[]
  readonly points: SinglePoints
}

/**
 * What each failure does. Only paths that lead through what failed are looked for anew: the others stay as they are,
 * as they do in the network. A failure that does nothing is left out.
 */
export function studyFailures(question: FailureQuestion): FailureEffect[] {
  const { graph, failures, usePaths, demandPaths, points } = question
  const index = new FailureIndex(graph, failures)
  const brokenUses = brokenBy(index, usePaths)
  const brokenDemands = brokenBy(index, demandPaths)
  const parted = {
    branch: new Map(points.branches.map((point) => [graph.nodes[point.index] ?? '', point.branchPairs])),
    line: new Map(points.lines.map((point) => [graph.lines[point.index]?.id ?? '', point.branchPairs])),
  }
  return failures.flatMap((failure, place) => {
    const { kind, id } = failure
    const lost = lostUses(question, failure, brokenUses.get(place) ?? [])
    const traffic = reroute(question, failure, brokenDemands.get(place) ?? [])
    const branchPairs = kind === 'group' ? undefined : (parted[kind].get(id) ?? 0)
    const isHarmless =
      lost.length + traffic.lostDemands.length + traffic.overloaded.length === 0 && (branchPairs ?? 0) === 0
    if (isHarmless) return []
    return [{ kind, id, lost, ...traffic, ...(branchPairs === undefined ? {} : { branchPairs }) }]
  })
}

function brokenBy(index: FailureIndex, paths: readonly (Path | undefined)[]): Map<number, number[]> {
  const broken = new Map<number, number[]>()
  for (const [place, path] of paths.entries()) {
    if (path === undefined) continue
    for (const failure of index.breaking(path)) {
      const known = broken.get(failure)
      if (known === undefined) broken.set(failure, [place])
      else known.push(place)
    }
  }
  return broken
}

function lostUses(
  { traffic }: FailureQuestion,
  failure: Failure,
  broken: readonly number[],
): FailureEffect['lost'] {
  return broken.flatMap((place) => {
    const flow = traffic.uses[place]
    if (flow === undefined || traffic.path(flow, failure) !== undefined) return []
    return [{ entity: flow.use.entity, service: flow.use.service.id }]
  })
}

function reroute(
  { graph, traffic, demandPaths, loads }: FailureQuestion,
  failure: Failure,
  broken: readonly number[],
): Pick<FailureEffect, 'lostDemands' | 'overloaded'> {
  const lostDemands: FailureEffect['lostDemands'][number][] = []
  if (broken.length === 0) return { lostDemands, overloaded: [] }
  const then = new LineLoads(graph, loads)
  const touched = new Set<number>()
  for (const place of broken) {
    const flow = traffic.demands[place]
    const before = demandPaths[place]
    if (flow === undefined || before === undefined) continue
    then.carry(before, flow.demand, -1)
    const path = traffic.path(flow, failure)
    if (path === undefined) {
      lostDemands.push({ from: flow.demand.from, to: flow.demand.to })
      continue
    }
    then.carry(path, flow.demand)
    for (const line of path.lines) touched.add(line)
  }
  const overloaded = [...touched]
    .sort((a, b) => a - b)
    .flatMap((line) => {
      const { id = '', capacityMbps = Infinity } = graph.lines[line] ?? {}
      const isNew = loads.mbps(line) <= capacityMbps + SAME_MBPS
      if (!isNew || then.mbps(line) <= capacityMbps + SAME_MBPS) return []
      return [{ line: id, utilisation: round(then.mbps(line) / capacityMbps) }]
    })
  return { lostDemands, overloaded }
}
