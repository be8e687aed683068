import { WuslaError } from '../../protocol/wusla-error.ts'
import type { SndlibModel } from '../formats/sndlib-model.ts'
import type { SndlibLink, SndlibNetwork } from '../formats/sndlib-network.ts'
import type { Commodity, DesignModule, DesignProblem, Outage, Sharing } from './design-problem.ts'
import type { Survivability } from './problem-of-model.ts'
import { usefulModules, usefulSingles } from './useful-modules.ts'

const SHARING: Readonly<Record<SndlibModel['links'], Sharing>> = {
  bidirected: 'each',
  undirected: 'sum',
  directed: 'forward',
}

/**
 * The design problem of an SNDlib instance: every node relays, flow takes the routing unit of its demand times its value,
 * capacity that is installed already costs what the file says whatever is chosen.
 */
export function problemOfSndlib(
  network: SndlibNetwork,
  model: SndlibModel,
  survivability: Survivability,
): DesignProblem {
  checkSingleModules(network, model)
  const index = new Map(network.nodes.map(({ id }, place) => [id, place]))
  const at = (id: string): number => index.get(id) ?? -1
  const demands = network.demands.map((demand) => ({
    from: at(demand.source),
    to: at(demand.target),
    amount: demand.routingUnit * demand.value,
  }))
  const total = demands.reduce((sum, { amount }) => sum + amount, 0)
  return {
    nodes: network.nodes.map(({ id }) => ({ id, relays: true, cost: 0 })),
    links: network.links.map((link) => ({
      id: link.id,
      from: at(link.source),
      to: at(link.target),
      installed: link.preInstalledCapacity,
      modules: modulesOf(link, model, total),
      fixedCost: model.hasFixedCharge ? link.setupCost : 0,
      flowCost: link.routingCost,
    })),
    commodities: bySource(demands),
    outages: outagesOf(network, at, survivability),
    sharing: SHARING[model.links],
    isOneModule: model.capacities === 'explicit',
    isDivisible: model.capacities === 'linear',
    constantCost: network.links.reduce((sum, { preInstalledCost }) => sum + preInstalledCost, 0),
  }
}

function outagesOf(
  { links, nodes }: SndlibNetwork,
  at: (id: string) => number,
  survivability: Survivability,
): Outage[] {
  if (survivability === 'none') return []
  const lines = links.map(({ id }, link): Outage => ({ kind: 'line', id, links: [link] }))
  if (survivability === 'line') return lines
  const branches = nodes.map(({ id }): Outage => {
    const touching = [...links.keys()].filter(
      (link) => links[link]?.source === id || links[link]?.target === id,
    )
    return { kind: 'branch', id, links: touching, node: at(id) }
  })
  return [...lines, ...branches]
}

/** Where a model has one size of module, a file with several does not say which one is meant. */
function checkSingleModules({ links }: SndlibNetwork, { capacities }: SndlibModel): void {
  if (capacities !== 'single' && capacities !== 'linear') return
  const problems = links
    .filter(({ modules }) => modules.length > 1)
    .map(({ id }) => ({ path: `link ${id}`, problem: 'must have one module at most in this model' }))
  if (problems.length > 0)
    throw new WuslaError('invalid_network_model', { details: { problems: problems.slice(0, 50) } })
}

function modulesOf({ modules }: SndlibLink, { capacities }: SndlibModel, total: number): DesignModule[] {
  if (capacities === 'explicit') return usefulSingles(modules)
  return usefulModules(modules, total)
}

/** Demands that begin at the same node as one flow: fewer columns, and the same networks carry it. */
export function bySource(
  demands: readonly { readonly from: number; readonly to: number; readonly amount: number }[],
): Commodity[] {
  const commodities = new Map<number, Map<number, number>>()
  for (const { from, to, amount } of demands) {
    if (amount === 0) continue
    const sinks = commodities.get(from) ?? new Map<number, number>()
    commodities.set(from, sinks.set(to, (sinks.get(to) ?? 0) + amount))
  }
  return [...commodities].map(([source, sinks]) => ({
    sources: [source],
    sinks: [...sinks].map(([place, amount]) => ({ places: [place], amount })),
    barred: [],
  }))
}
