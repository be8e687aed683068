import { arcsOf, duringOutage } from './arcs.ts'
import type { Arc } from './arcs.ts'
import { cheapestCover } from './cheapest-cover.ts'
import { buildingCost, capacitiesOf } from './design-problem.ts'
import type { Choice, DesignProblem, Outage } from './design-problem.ts'

/** A demand on one path. */
interface Route {
  readonly commodity: number
  readonly sink: number
  readonly amount: number
  path: readonly Arc[]
}

/** Flow on each link in each direction. */
type Loads = readonly [number, number][]

/**
 * A network without a solver: demand after demand, the largest first, takes the path on which it costs least, given the
 * modules that are there already; then each is taken up and put down again while that saves money. What it gives carries
 * everything, for each demand is on a path that was paid for. `undefined` when some demand has no path.
 */
export function routeDesign(problem: DesignProblem, leftS: () => number): RoutedNetwork | undefined {
  const router = new Router(problem, leftS)
  const normal = router.routeAll(undefined, [])
  if (normal === undefined) return undefined
  while (router.reroute(normal)) {
    // Until a round saves nothing.
  }
  for (const outage of problem.outages) {
    if (router.routeAll(outage, normal.routes) === undefined) return undefined
  }
  const flowCost = normal.routes.reduce(
    (sum, { path, amount }) =>
      path.reduce((part, { link }) => part + amount * (problem.links[link]?.flowCost ?? 0), sum),
    0,
  )
  const loads = normal.loads.map(([there, back]) =>
    problem.sharing === 'sum' ? there + back : Math.max(there, back),
  )
  return { choice: router.choice, loads, flowCost }
}

/** A network with the paths that prove it. */
export interface RoutedNetwork {
  readonly choice: Choice
  /** Flow over each link with everything up, in its busier direction. */
  readonly loads: readonly number[]
  readonly flowCost: number
}

interface Situation {
  readonly loads: Loads
  readonly routes: Route[]
}

class Router {
  readonly #problem: DesignProblem
  readonly #arcs: readonly (readonly Arc[])[]
  readonly #leftS: () => number
  #choice: Choice

  constructor(problem: DesignProblem, leftS: () => number) {
    this.#problem = problem
    this.#leftS = leftS
    this.#arcs = problem.commodities.map((commodity) => arcsOf(problem, commodity))
    this.#choice = problem.links.map(({ modules }) => modules.map(() => 0))
  }

  get choice(): Choice {
    return this.#choice
  }

  /** Routes everything; during an outage what it does not touch stays where it is. */
  routeAll(outage: Outage | undefined, normal: readonly Route[]): Situation | undefined {
    const loads: Loads = this.#problem.links.map(() => [0, 0])
    const failed = new Set(outage?.links)
    const routes: Route[] = []
    const waiting: Route[] = []
    for (const route of normal.length > 0 ? normal : this.#demands()) {
      const left = duringOutage(this.#problem.commodities[route.commodity] ?? NOTHING, outage)
      if ((left.sinks[route.sink]?.amount ?? 0) === 0) continue
      const isBroken =
        route.path.length === 0 ||
        route.path.some(
          ({ link, to, from }) => failed.has(link) || to === outage?.node || from === outage?.node,
        )
      if (isBroken) waiting.push({ ...route, path: [] })
      else {
        this.#carry(loads, route, 1)
        routes.push(route)
      }
    }
    for (const route of waiting) {
      if (this.#leftS() <= 0) return undefined
      const path = this.#cheapestPath(loads, route, outage)
      if (path === undefined) return undefined
      route.path = path
      this.#carry(loads, route, 1)
      this.#widen(loads, path)
      routes.push(route)
    }
    return { loads, routes }
  }

  /** One round of taking up and putting down. Says whether it saved anything. */
  reroute({ loads, routes }: Situation): boolean {
    const before = buildingCost(this.#problem, this.#choice)
    for (const route of routes) {
      if (this.#leftS() <= 0) return false
      const kept = { path: route.path, choice: this.#choice, cost: buildingCost(this.#problem, this.#choice) }
      this.#carry(loads, route, -1)
      this.#narrow(loads, route.path)
      const path = this.#cheapestPath(loads, route, undefined) ?? kept.path
      route.path = path
      this.#carry(loads, route, 1)
      this.#widen(loads, path)
      if (buildingCost(this.#problem, this.#choice) <= kept.cost) continue
      this.#carry(loads, route, -1)
      route.path = kept.path
      this.#carry(loads, route, 1)
      this.#choice = kept.choice
    }
    return buildingCost(this.#problem, this.#choice) < before - 1e-9
  }

  #demands(): Route[] {
    return this.#problem.commodities
      .flatMap(({ sinks }, commodity) =>
        sinks.map(({ amount }, sink): Route => ({ commodity, sink, amount, path: [] })),
      )
      .filter(({ amount }) => amount > 0)
      .sort((a, b) => b.amount - a.amount)
  }

  #carry(loads: Loads, { path, amount }: Route, sign: 1 | -1): void {
    for (const { link, direction } of path) {
      const load = loads[link]
      if (load !== undefined) load[direction] += sign * amount
    }
  }

  #needAt(loads: Loads, link: number): number {
    const [there = 0, back = 0] = loads[link] ?? []
    return this.#problem.sharing === 'sum' ? there + back : Math.max(there, back)
  }

  #widen(loads: Loads, path: readonly Arc[]): void {
    const capacities = capacitiesOf(this.#problem, this.#choice)
    this.#change(path, (link) => {
      const need = this.#needAt(loads, link)
      return need <= (capacities[link] ?? 0) + 1e-9 ? undefined : cheapestCover(this.#problem, link, need)
    })
  }

  #narrow(loads: Loads, path: readonly Arc[]): void {
    this.#change(path, (link) => cheapestCover(this.#problem, link, this.#needAt(loads, link)))
  }

  #change(path: readonly Arc[], coverOf: (link: number) => readonly number[] | undefined): void {
    const changed = new Map(path.map(({ link }) => [link, coverOf(link)]))
    this.#choice = this.#choice.map((counts, link) => changed.get(link) ?? counts)
  }

  /** Dijkstra over what each arc would cost more than it does now. */
  #cheapestPath(loads: Loads, route: Route, outage: Outage | undefined): readonly Arc[] | undefined {
    const commodity = duringOutage(this.#problem.commodities[route.commodity] ?? NOTHING, outage)
    const places = commodity.sinks[route.sink]?.places ?? []
    const failed = new Set(outage?.links)
    const capacities = capacitiesOf(this.#problem, this.#choice)
    const cost = this.#problem.nodes.map(() => Infinity)
    const last: (Arc | undefined)[] = this.#problem.nodes.map(() => undefined)
    for (const source of commodity.sources) cost[source] = 0
    const arcs = (this.#arcs[route.commodity] ?? []).filter(
      ({ link, from, to }) => !failed.has(link) && from !== outage?.node && to !== outage?.node,
    )
    const prices = new Map(arcs.map((arc) => [arc, this.#priceOf(arc, loads, capacities, route.amount)]))
    for (let hasChanged = true; hasChanged;) {
      hasChanged = false
      for (const [arc, price] of prices) {
        const reached = (cost[arc.from] ?? Infinity) + price
        if (reached >= (cost[arc.to] ?? Infinity)) continue
        cost[arc.to] = reached
        last[arc.to] = arc
        hasChanged = true
      }
    }
    const [nearest] = places.toSorted((a, b) => (cost[a] ?? Infinity) - (cost[b] ?? Infinity))
    if (nearest === undefined || cost[nearest] === Infinity) return undefined
    const path: Arc[] = []
    for (let arc = last[nearest]; arc !== undefined; arc = last[arc.from]) path.unshift(arc)
    return path
  }

  /** What an arc would cost more; what is free still counts a little, so that nothing goes astray for nothing. */
  #priceOf(arc: Arc, loads: Loads, capacities: readonly number[], amount: number): number {
    const { link, direction } = arc
    const { modules = [], fixedCost = 0, flowCost = 0 } = this.#problem.links[link] ?? {}
    const [there = 0, back = 0] = loads[link] ?? []
    const then: [number, number] = direction === 0 ? [there + amount, back] : [there, back + amount]
    const need = this.#problem.sharing === 'sum' ? then[0] + then[1] : Math.max(...then)
    const flow = amount * (flowCost + 1e-6) + 1e-6
    if (need <= (capacities[link] ?? 0) + 1e-9) return flow
    const cover = cheapestCover(this.#problem, link, need)
    if (cover === undefined) return Infinity
    const now = this.#choice[link] ?? []
    const more = modules.reduce(
      (sum, { cost }, size) => sum + cost * ((cover[size] ?? 0) - (now[size] ?? 0)),
      0,
    )
    const isNew = now.every((count) => count === 0)
    const nodes = isNew
      ? (this.#problem.nodes[arc.to]?.cost ?? 0) + (this.#problem.nodes[arc.from]?.cost ?? 0)
      : 0
    return Math.max(0, more) + (isNew ? fixedCost + nodes / 2 : 0) + flow
  }
}

const NOTHING = Object.freeze({ sources: [], sinks: [], barred: [] })
