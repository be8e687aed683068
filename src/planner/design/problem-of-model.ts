import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Problem } from '../../trust/shape.ts'
import { allowsBranch } from '../graph/transit-limits.ts'
import { networkGraph } from '../graph/network-graph.ts'
import { Traffic } from '../impact/traffic.ts'
import type { DemandFlow } from '../impact/traffic.ts'
import type { ModelBranch, NetworkModel, TransitLimit } from '../network-model.ts'
import type { Commodity, DesignLink, DesignNode, DesignProblem, Outage } from './design-problem.ts'
import { usefulModules } from './useful-modules.ts'

/** What a network must survive: nothing, any one line or shared-risk group, or any one branch as well. */
export type Survivability = 'none' | 'line' | 'branch'

/**
 * The design problem of our own model: its lines are there and paid, its candidates may be leased and commissioned,
 * its demands must be carried within their transit constraints. The bound on branches of a path is not part of it.
 *
 * @throws WuslaError `invalid_network_model` when a line has no capacity, or a demand is not granted or has no end
 */
export function problemOfModel(model: NetworkModel, survivability: Survivability): DesignProblem {
  const branches: readonly ModelBranch[] = [...model.branches, ...model.candidates.branches]
  const nodes: DesignNode[] = [
    ...model.branches.map(({ id }) => ({ id, relays: true, cost: 0 })),
    ...model.gateways.map(({ id }) => ({ id, relays: false, cost: 0 })),
    ...model.candidates.branches.map(({ id, monthlyCostAed }) => ({
      id,
      relays: true,
      cost: monthlyCostAed,
    })),
  ]
  const index = new Map(nodes.map(({ id }, place) => [id, place]))
  const traffic = new Traffic(model, networkGraph(model))
  const problems = problemsOf(model, traffic.demands)
  if (problems.length > 0) throw new WuslaError('invalid_network_model', { details: { problems } })
  const total = model.demands.reduce((sum, { mbps, backMbps = 0 }) => sum + mbps + backMbps, 0)
  const links = linksOf(model, index, total)
  const barredBy = (limit: TransitLimit | undefined): number[] =>
    limit === undefined
      ? []
      : branches.filter((branch) => !allowsBranch(limit, branch)).map(({ id }) => index.get(id) ?? -1)
  return {
    nodes,
    links,
    commodities: commoditiesOf(traffic.demands, barredBy),
    outages: outagesOf(model, links, nodes, survivability),
    sharing: 'each',
    isOneModule: false,
    isDivisible: false,
    constantCost: 0,
  }
}

function problemsOf(model: NetworkModel, demands: readonly DemandFlow[]): Problem[] {
  return [
    ...model.lines.flatMap(({ capacityMbps }, line) =>
      capacityMbps === undefined
        ? [{ path: `/lines/${line}`, problem: 'must have capacityMbps: a design needs it' }]
        : [],
    ),
    ...demands.flatMap(({ sources, targets, limits }, demand) => {
      if (limits.length === 0) return [{ path: `/demands/${demand}`, problem: 'is for what nobody granted' }]
      const isLoose = sources.length === 0 || targets.length === 0
      return isLoose ? [{ path: `/demands/${demand}`, problem: 'must have a gateway at both ends' }] : []
    }),
  ].slice(0, 50)
}

function linksOf(model: NetworkModel, index: ReadonlyMap<string, number>, total: number): DesignLink[] {
  const endsOf = (ends: readonly [string, string]): { from: number; to: number } => ({
    from: index.get(ends[0]) ?? -1,
    to: index.get(ends[1]) ?? -1,
  })
  return [
    ...model.lines.map(({ id, ends, capacityMbps = 0 }) => ({
      id,
      ...endsOf(ends),
      installed: capacityMbps,
      modules: [],
      fixedCost: 0,
      flowCost: 0,
    })),
    ...model.candidates.lines.map(({ id, ends, modules, monthlyFixedAed = 0 }) => ({
      id,
      ...endsOf(ends),
      installed: 0,
      modules: usefulModules(
        modules.map(({ capacityMbps, monthlyCostAed }) => ({ capacity: capacityMbps, cost: monthlyCostAed })),
        total,
      ),
      fixedCost: monthlyFixedAed,
      flowCost: 0,
    })),
  ]
}

/** Both directions of each demand; those with the same source and constraints are one flow. */
function commoditiesOf(
  demands: readonly DemandFlow[],
  barredBy: (limit: TransitLimit | undefined) => number[],
): Commodity[] {
  const commodities = new Map<
    string,
    { sources: readonly number[]; barred: number[]; sinks: Map<string, Sink> }
  >()
  const add = (
    sources: readonly number[],
    places: readonly number[],
    barred: number[],
    amount: number,
  ): void => {
    if (amount === 0 || sources.some((source) => places.includes(source))) return
    const key = `${sources.join()} ${barred.join()}`
    const commodity = commodities.get(key) ?? { sources, barred, sinks: new Map<string, Sink>() }
    commodities.set(key, commodity)
    const known = commodity.sinks.get(places.join())?.amount ?? 0
    commodity.sinks.set(places.join(), { places, amount: known + amount })
  }
  for (const { demand, sources, targets, limits } of demands) {
    // Where several grants allow it, the one that leaves most branches: it is never wrong, and rarely dearer.
    const barred = limits.map(barredBy).reduce((least, next) => (next.length < least.length ? next : least))
    add(sources, targets, barred, demand.mbps)
    add(targets, sources, barred, demand.backMbps ?? 0)
  }
  return [...commodities.values()].map(({ sources, barred, sinks }) => ({
    sources,
    barred,
    sinks: [...sinks.values()],
  }))
}

interface Sink {
  readonly places: readonly number[]
  readonly amount: number
}

function outagesOf(
  model: NetworkModel,
  links: readonly DesignLink[],
  nodes: readonly DesignNode[],
  survivability: Survivability,
): Outage[] {
  if (survivability === 'none') return []
  const groups = new Map<string, number[]>()
  for (const [link, { sharedRiskGroups = [] }] of [...model.lines, ...model.candidates.lines].entries()) {
    for (const group of sharedRiskGroups) groups.set(group, [...(groups.get(group) ?? []), link])
  }
  const lines = links.map(({ id }, link): Outage => ({ kind: 'line', id, links: [link] }))
  const together = [...groups]
    .filter(([, members]) => members.length > 1)
    .map(([id, members]): Outage => ({ kind: 'group', id, links: members }))
  if (survivability === 'line') return [...lines, ...together]
  const branches = nodes.flatMap(({ id, relays }, node): Outage[] => {
    const at = [...links.keys()].filter((link) => links[link]?.from === node || links[link]?.to === node)
    return relays ? [{ kind: 'branch', id, links: at, node }] : []
  })
  return [...lines, ...together, ...branches]
}
