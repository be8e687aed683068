import { WuslaError } from '../../protocol/wusla-error.ts'
import { EMPTY_ADDITION } from '../network-model.ts'
import type { ModelBranch, ModelLine, NetworkModel } from '../network-model.ts'
import { likelyLatencyMs, placeOf } from './distance.ts'
import type { Graphml } from './graphml.ts'
import type { SndlibNetwork } from './sndlib-network.ts'

/**
 * A graph from elsewhere as a network of branches: every node relays. What the graph does not say is not known; the
 * latency follows from the distance where there are places.
 */
export function modelOfGraphml(graph: Graphml): NetworkModel {
  const number = (data: ReadonlyMap<string, string>, name: string): number => {
    const text = data.get(name)
    return text === undefined || text === '' ? Number.NaN : Number(text)
  }
  const branches = graph.nodes.map(({ id, data }): ModelBranch => {
    const label = data.get('label')
    return {
      id,
      ...(label === undefined || label === '' ? {} : { name: { en: label, ar: label } }),
      ...placeOf(number(data, 'Longitude'), number(data, 'Latitude')),
    }
  })
  const places = new Map(branches.map(({ id, place }) => [id, place]))
  const ids = new Set<string>()
  // A loop joins nothing, and some of the graphs have one.
  const edges = graph.edges.filter(({ source, target }) => source !== target)
  const lines = edges.map(({ source, target, data }, index): ModelLine => {
    if (!places.has(source) || !places.has(target)) throw noSuchNode(index)
    const named = data.get('id') ?? `e${index}`
    const id = ids.has(named) ? `${named}#${index}` : named
    ids.add(id)
    const mbps = number(data, 'LinkSpeedRaw') / 1e6
    return {
      id,
      ends: [source, target],
      ...(mbps > 0 ? { capacityMbps: mbps } : {}),
      ...likelyLatencyMs(places.get(source), places.get(target)),
    }
  })
  const title = graph.data.get('Network')?.trim() ?? graph.data.get('label')
  return {
    ...EMPTY_ADDITION,
    ...(title === undefined ? {} : { title: { en: title, ar: title } }),
    branches,
    lines,
  }
}

/** An SNDlib network as it could be built: every link is a line; its capacity is what is installed already. */
export function modelOfSndlib(network: SndlibNetwork): NetworkModel {
  const branches = network.nodes.map(({ id, x, y }): ModelBranch => ({
    id,
    ...(x === undefined || y === undefined ? {} : placeOf(x, y)),
  }))
  const places = new Map(branches.map(({ id, place }) => [id, place]))
  return {
    ...EMPTY_ADDITION,
    branches,
    lines: network.links.map(({ id, source, target, preInstalledCapacity }): ModelLine => ({
      id,
      ends: [source, target],
      ...(preInstalledCapacity > 0 ? { capacityMbps: preInstalledCapacity } : {}),
      ...likelyLatencyMs(places.get(source), places.get(target)),
    })),
    demands: network.demands.map(({ source, target, routingUnit, value }) => ({
      from: source,
      to: target,
      mbps: routingUnit * value,
    })),
  }
}

function noSuchNode(index: number): WuslaError {
  const problem = 'must join two nodes of the graph'
  return new WuslaError('invalid_network_model', {
    details: { problems: [{ path: `edge ${index}`, problem }] },
  })
}
