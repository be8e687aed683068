import { branchTree, findPath } from '../graph/find-path.ts'
import type { BranchTree, Path } from '../graph/find-path.ts'
import type { NetworkGraph } from '../graph/network-graph.ts'
import { TransitLimits } from '../graph/transit-limits.ts'
import type { ModelDemand, NetworkModel, TransitLimit } from '../network-model.ts'
import type { Failure } from './failure.ts'
import { serviceUses } from './service-uses.ts'
import type { ServiceUse } from './service-uses.ts'

/** Trees that are kept: some for each branch and transit limit, which are few; beyond this they are found anew. */
const MOST_TREES = 2_000

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
  readonly #trees = new Map<string, BranchTree>()
  readonly #troubled = new Map<string, BranchTree>()
  #troubledBy: Failure | undefined

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
    const mayUse = (line: number): boolean => failure?.lines.has(line) !== true
    let best: Path | undefined
    for (const limit of flow.limits) {
      const treeFrom = (branch: number): BranchTree => this.#tree(branch, limit, failure)
      const path = findPath(this.#graph, flow.sources, flow.targets, mayUse, treeFrom)
      if (path !== undefined && (best === undefined || path.costMs < best.costMs)) best = path
    }
    return best
  }

  /** Why a flow without a path has none. */
  obstacle(flow: Flow): Obstacle {
    if (flow.limits.length === 0) return 'not_granted'
    if (flow.sources.length === 0 || flow.targets.length === 0) return 'no_gateway'
    return this.path({ ...flow, limits: [undefined] }) === undefined ? 'not_connected' : 'transit'
  }

  /** The ways from a branch; while a gateway's line is down they are what they are when all is up. */
  #tree(branch: number, limit: TransitLimit | undefined, failure: Failure | undefined): BranchTree {
    const isUp = failure?.touchesMesh !== true
    if (!isUp && failure !== this.#troubledBy) {
      this.#troubled.clear()
      this.#troubledBy = failure
    }
    const trees = isUp ? this.#trees : this.#troubled
    if (trees.size >= MOST_TREES) trees.clear()
    const key = `${branch} ${this.#transit.keyOf(limit)}`
    const known = trees.get(key)
    if (known !== undefined) return known
    const barred = this.#transit.barred(limit)
    const tree = branchTree(this.#graph, branch, {
      mayPass: (each) => (isUp || each !== failure.branch) && barred?.has(each) !== true,
      mayUse: (line) => isUp || !failure.lines.has(line),
    })
    trees.set(key, tree)
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
