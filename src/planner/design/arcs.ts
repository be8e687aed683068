import type { Commodity, DesignProblem, Outage } from './design-problem.ts'

/** One direction of a link that a commodity may use. */
export interface Arc {
  readonly link: number
  readonly from: number
  readonly to: number
  /** 0 from the link's `from` to its `to`, 1 the other way. */
  readonly direction: 0 | 1
}

/** Every arc that a commodity may use at all: gateways do not pass on, barred nodes let nothing through. */
export function arcsOf({ nodes, links, sharing }: DesignProblem, commodity: Commodity): Arc[] {
  const barred = new Set(commodity.barred)
  const sources = new Set(commodity.sources)
  const places = new Set(commodity.sinks.flatMap((sink) => sink.places))
  const mayUse = (from: number, to: number): boolean =>
    !barred.has(from) &&
    !barred.has(to) &&
    (nodes[from]?.relays === true || sources.has(from)) &&
    (nodes[to]?.relays === true || places.has(to))
  return links.flatMap(({ from, to }, link): Arc[] => [
    ...(mayUse(from, to) ? [{ link, from, to, direction: 0 } as const] : []),
    ...(sharing !== 'forward' && mayUse(to, from)
      ? [{ link, from: to, to: from, direction: 1 } as const]
      : []),
  ])
}

/**
 * What of a commodity is left to carry when something has failed: traffic of a failed node ends with it. Sinks keep
 * their places in the list; one that has nowhere left to end asks for nothing.
 */
export function duringOutage(commodity: Commodity, outage: Outage | undefined): Commodity {
  const lost = outage?.node
  if (lost === undefined) return commodity
  const sources = commodity.sources.filter((node) => node !== lost)
  const sinks = commodity.sinks.map((sink) => {
    const places = sink.places.filter((node) => node !== lost)
    return { places, amount: places.length === 0 || sources.length === 0 ? 0 : sink.amount }
  })
  return { sources, sinks, barred: [...commodity.barred, lost] }
}

/**
 * The shortest way from any source to each node over the given arcs. Lengths are at least 0; `Infinity` closes an arc.
 */
export function distances(
  nodeCount: number,
  sources: readonly number[],
  arcs: readonly Arc[],
  lengthOf: (arc: Arc) => number,
): Float64Array {
  const distance = new Float64Array(nodeCount).fill(Infinity)
  for (const source of sources) distance[source] = 0
  // Bellman and Ford: networks are small here, and rounds end as soon as nothing changes.
  for (let changed = true; changed;) {
    changed = false
    for (const arc of arcs) {
      const reached = (distance[arc.from] ?? Infinity) + lengthOf(arc)
      if (reached < (distance[arc.to] ?? Infinity)) {
        distance[arc.to] = reached
        changed = true
      }
    }
  }
  return distance
}

/** What it costs at least to carry a commodity when each arc has a length: each amount over its shortest way. */
export function leastTransport(
  nodeCount: number,
  commodity: Commodity,
  arcs: readonly Arc[],
  lengthOf: (arc: Arc) => number,
): number {
  const distance = distances(nodeCount, commodity.sources, arcs, lengthOf)
  return commodity.sinks.reduce((sum, { places, amount }) => {
    const nearest = places.reduce((least, place) => Math.min(least, distance[place] ?? Infinity), Infinity)
    return amount === 0 ? sum : sum + amount * nearest
  }, 0)
}
