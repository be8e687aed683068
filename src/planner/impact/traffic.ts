import { findPaths } from '../graph/find-path.ts'
import type { Path, PathTree } from '../graph/find-path.ts'
import type { NetworkGraph } from '../graph/network-graph.ts'
import { TransitLimits } from '../graph/transit-limits.ts'
import type { ModelDemand, NetworkModel, TransitLimit } from '../network-model.ts'
import type { Failure } from './failure.ts'
import { serviceUses } from './service-uses.ts'
import type { ServiceUse } from './service-uses.ts'

/** Uses come sorted by entity, so a few trees at a time are all that is ever asked for again. */
const MOST_TREES = 1_000

/** Why nobody gets there. */
export type Obstacle = 'no_gateway' | 'not_connected' | 'transit' | 'not_granted'

/** Something that needs a path from any of some nodes to any of others, under any one of some limits. */
export interface Flow {
  readonly sources: readonly number[]
  readonly targets: readonly number[]
  readonly limits: readonly (TransitLimit | undefined)[]
}

/** A service use with what it needs from the network. */
export interface UseFlow extends Flow {
  readonly use: ServiceUse
}

/** A demand with what it needs. Without a limit nothing allows it. */
export interface DemandFlow extends Flow {
  readonly demand: ModelDemand
}

/** Finds paths for the uses and demands of a model, with everything up or with one thing down. */
export class Traffic {
  readonly uses: readonly UseFlow[]
  readonly demands: readonly DemandFlow[]
  readonly #graph: NetworkGraph
  readonly #transit: TransitLimits
  readonly #gateways: ReadonlyMap<string, readonly number[]>
  readonly #trees = new Map<string, PathTree>()
  #treesAreFor: Failure | undefined

  constructor(model: NetworkModel, graph: NetworkGraph) {
    this.#graph = graph
    this.#transit = new TransitLimits(graph, model.branches)
    this.#gateways = gatewaysByEntity(model, graph)
    const uses = serviceUses(model)
    this.uses = uses.map((use) => ({
      use,
      sources: this.#gateways.get(use.entity) ?? [],
      targets: this.#indexes(use.service.at),
      limits: use.allowedBy.map(({ transit }) => transit),
    }))
    const services = new Map(model.services.map((service) => [service.id, service]))
    const owners = new Map(model.gateways.map(({ id, entity }) => [id, entity]))
    const allowed = new Map(this.uses.map((flow) => [`${flow.use.entity} ${flow.use.service.id}`, flow]))
    this.demands = model.demands.map((demand) => {
      const service = services.get(demand.to)
      const entity = owners.get(demand.from) ?? demand.from
      const isForeign = service !== undefined && service.entity !== entity && !graph.indexOf.has(entity)
      const limits = isForeign ? (allowed.get(`${entity} ${demand.to}`)?.limits ?? []) : [undefined]
      const targets = service === undefined ? this.#placesOf(demand.to) : this.#indexes(service.at)
      return { demand, sources: this.#placesOf(demand.from), targets, limits }
    })
  }

  /** The cheapest path of a flow, with `failure` down. Ask for one failure after the other: what was found is kept. */
  path(flow: Flow, failure?: Failure): Path | undefined {
    let best: Path | undefined
    for (const limit of flow.limits) {
      const tree = this.#tree(flow.sources, limit, failure)
      for (const target of flow.targets) {
        const path = tree.to(target)
        if (path !== undefined && (best === undefined || path.costMs < best.costMs)) best = path
      }
    }
    return best
  }

  /** Why a flow without a path has none. */
  obstacle(flow: Flow): Obstacle {
    if (flow.limits.length === 0) return 'not_granted'
    if (flow.sources.length === 0 || flow.targets.length === 0) return 'no_gateway'
    return this.path({ ...flow, limits: [undefined] }) === undefined ? 'not_connected' : 'transit'
  }

  #tree(sources: readonly number[], limit: TransitLimit | undefined, failure: Failure | undefined): PathTree {
    if (failure !== this.#treesAreFor || this.#trees.size >= MOST_TREES) {
      this.#trees.clear()
      this.#treesAreFor = failure
    }
    const key = `${sources.join()} ${this.#transit.keyOf(limit)}`
    const known = this.#trees.get(key)
    if (known !== undefined) return known
    const barred = this.#transit.barred(limit)
    const tree = findPaths(this.#graph, sources, {
      mayPass: (branch) => branch !== failure?.branch && barred?.has(branch) !== true,
      mayUse: (line) => failure?.lines.has(line) !== true,
    })
    this.#trees.set(key, tree)
    return tree
  }

  #placesOf(id: string): readonly number[] {
    const node = this.#graph.indexOf.get(id)
    return node === undefined ? (this.#gateways.get(id) ?? []) : [node]
  }

  #indexes(ids: readonly string[]): number[] {
    return ids.map((id) => this.#graph.indexOf.get(id) ?? -1)
  }
}

function gatewaysByEntity(model: NetworkModel, graph: NetworkGraph): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const { id, entity } of model.gateways) {
    const known = found.get(entity) ?? []
    known.push(graph.indexOf.get(id) ?? -1)
    found.set(entity, known)
  }
  return found
}
