import { SaxesParser } from 'saxes'
import { WuslaError } from '../../protocol/wusla-error.ts'

/** A graph as GraphML writes it; `data` by the name of the attribute. */
export interface Graphml {
  readonly data: ReadonlyMap<string, string>
  readonly nodes: readonly { readonly id: string; readonly data: ReadonlyMap<string, string> }[]
  readonly edges: readonly {
    readonly source: string
    readonly target: string
    readonly data: ReadonlyMap<string, string>
  }[]
}

/** How deep elements may be nested: a graph needs four. */
const MAX_DEPTH = 16

/** Most nodes, and most edges. */
const MAX_THINGS = 200_000

/**
 * Reads GraphML. A document type is refused, whatever is in it: without one there is no entity that could grow or
 * lead out of the file.
 *
 * @throws WuslaError `invalid_network_model` with the first thing that is wrong
 */
export function parseGraphml(text: string): Graphml {
  const reader = new GraphmlReader()
  const parser = new SaxesParser()
  const refuse = (problem: string): never => {
    throw notGraphml(parser.line, problem)
  }
  let depth = 0
  parser.on('error', (error) => refuse(error.message.replace(/^\d+:\d+: /, '')))
  parser.on('doctype', () => refuse('must not have a document type'))
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1
    if (depth > MAX_DEPTH) refuse('is nested too deep')
    reader.open(name, attributes, refuse)
  })
  parser.on('closetag', ({ name }) => {
    depth -= 1
    reader.close(name)
  })
  parser.on('text', (part) => reader.text(part))
  parser.on('cdata', (part) => reader.text(part))
  parser.write(text).close()
  return reader.graph(refuse)
}

type Refuse = (problem: string) => never

class GraphmlReader {
  readonly #keys = new Map<string, string>()
  readonly #graphData = new Map<string, string>()
  readonly #nodes: { id: string; data: Map<string, string> }[] = []
  readonly #edges: { source: string; target: string; data: Map<string, string> }[] = []
  #graphs = 0
  #isGraphml = false
  /** Where the data that comes next belongs. */
  #owner: Map<string, string> = this.#graphData
  #key: string | undefined
  #value = ''

  open(name: string, attributes: Readonly<Record<string, string>>, refuse: Refuse): void {
    const need = (attribute: string): string =>
      attributes[attribute] ?? refuse(`must have ${attribute} on <${name}>`)
    if (this.#nodes.length > MAX_THINGS || this.#edges.length > MAX_THINGS)
      refuse('has too many nodes or edges')
    if (name === 'graphml') this.#isGraphml = true
    else if (!this.#isGraphml) refuse('must begin with <graphml>')
    else if (name === 'graph') {
      this.#graphs += 1
      if (this.#graphs > 1) refuse('must have one graph, not several or nested ones')
    } else if (name === 'key') this.#keys.set(need('id'), attributes['attr.name'] ?? need('id'))
    else if (name === 'node') {
      this.#owner = new Map()
      this.#nodes.push({ id: need('id'), data: this.#owner })
    } else if (name === 'edge') {
      this.#owner = new Map()
      this.#edges.push({ source: need('source'), target: need('target'), data: this.#owner })
    } else if (name === 'data') {
      this.#key = need('key')
      this.#value = ''
    } else if (name === 'hyperedge') refuse('must not have hyperedges')
  }

  text(part: string): void {
    if (this.#key !== undefined) this.#value += part
  }

  close(name: string): void {
    if (name === 'node' || name === 'edge') this.#owner = this.#graphData
    if (name !== 'data' || this.#key === undefined) return
    this.#owner.set(this.#keys.get(this.#key) ?? this.#key, this.#value.trim())
    this.#key = undefined
  }

  graph(refuse: Refuse): Graphml {
    if (this.#graphs === 0) refuse('must have a graph')
    return { data: this.#graphData, nodes: this.#nodes, edges: this.#edges }
  }
}

function notGraphml(line: number, problem: string): WuslaError {
  return new WuslaError('invalid_network_model', {
    details: { problems: [{ path: `line ${line}`, problem }] },
  })
}
