import { WuslaError } from '../../protocol/wusla-error.ts'
import { MAX_PROBLEMS } from '../../trust/shape.ts'
import type { Problem } from '../../trust/shape.ts'
import { notSndlib, SndlibTokens } from './sndlib-tokens.ts'

/** A link of an SNDlib network: what it may be widened by, and what that costs. */
export interface SndlibLink {
  readonly id: string
  readonly source: string
  readonly target: string
  readonly preInstalledCapacity: number
  readonly preInstalledCost: number
  /** For each unit of flow. */
  readonly routingCost: number
  /** Once, when there is any capacity; counts only in models with a fixed charge. */
  readonly setupCost: number
  readonly modules: readonly { readonly capacity: number; readonly cost: number }[]
}

export interface SndlibDemand {
  readonly id: string
  readonly source: string
  readonly target: string
  /** Capacity that one unit of the demand takes. */
  readonly routingUnit: number
  readonly value: number
  /** Most links on a path; absent: unlimited. */
  readonly maxPathLength?: number
}

/** A network file of SNDlib in its native text format, version 1.0. */
export interface SndlibNetwork {
  readonly nodes: readonly { readonly id: string; readonly x?: number; readonly y?: number }[]
  readonly links: readonly SndlibLink[]
  readonly demands: readonly SndlibDemand[]
}

const HEADER = /^\?SNDlib native format; type: network; version: 1\.0\s/

/** Whether a text says of itself that it is a network file of SNDlib. */
export function isSndlibNetwork(text: string): boolean {
  return HEADER.test(text.slice(0, 200))
}

/**
 * Reads a network file. Lists of admissible paths are passed over: the planner chooses among all paths.
 *
 * @throws WuslaError `invalid_network_model`: the first place where the grammar fails, or all names that refer to
 *   nothing and all numbers out of range
 */
export function parseSndlibNetwork(text: string): SndlibNetwork {
  if (!isSndlibNetwork(text)) throw notSndlib(1, 'must begin with ?SNDlib native format; type: network')
  const tokens = new SndlibTokens(withoutMeta(text.replace(/^.*/, '')))
  const network = { nodes: [], links: [], demands: [] } as {
    nodes: SndlibNetwork['nodes'][number][]
    links: SndlibLink[]
    demands: SndlibDemand[]
  }
  while (!tokens.isAtEnd) {
    const { line } = tokens
    const section = tokens.word()
    tokens.expect('(')
    if (section === 'NODES') readAll(tokens, () => network.nodes.push(readNode(tokens)))
    else if (section === 'LINKS') readAll(tokens, () => network.links.push(readLink(tokens)))
    else if (section === 'DEMANDS') readAll(tokens, () => network.demands.push(readDemand(tokens)))
    else if (section === 'ADMISSIBLE_PATHS') tokens.skipToEnd()
    else throw notSndlib(line, 'is not a section of a network file')
  }
  const problems = problemsIn(network)
  if (problems.length > 0) throw new WuslaError('invalid_network_model', { details: { problems } })
  return network
}

/** The section META holds free text, a line each, up to a line with nothing but a parenthesis. */
function withoutMeta(text: string): string {
  return text.replace(/^META[ \t]*\([\s\S]*?^[ \t]*\)[ \t]*$/m, (meta) => meta.replaceAll(/[^\n]/g, ''))
}

function readAll(tokens: SndlibTokens, readOne: () => void): void {
  while (!tokens.takes(')')) readOne()
}

function readNode(tokens: SndlibTokens): SndlibNetwork['nodes'][number] {
  const id = tokens.word()
  if (!tokens.takes('(')) return { id }
  const node = { id, x: tokens.number(), y: tokens.number() }
  tokens.expect(')')
  return node
}

function readEnds(tokens: SndlibTokens): { id: string; source: string; target: string } {
  const id = tokens.word()
  tokens.expect('(')
  const ends = { id, source: tokens.word(), target: tokens.word() }
  tokens.expect(')')
  return ends
}

function readLink(tokens: SndlibTokens): SndlibLink {
  const ends = readEnds(tokens)
  const preInstalledCapacity = tokens.number()
  const preInstalledCost = tokens.number()
  const routingCost = tokens.number()
  const setupCost = tokens.number()
  tokens.expect('(')
  const modules: { capacity: number; cost: number }[] = []
  readAll(tokens, () => modules.push({ capacity: tokens.number(), cost: tokens.number() }))
  return { ...ends, preInstalledCapacity, preInstalledCost, routingCost, setupCost, modules }
}

function readDemand(tokens: SndlibTokens): SndlibDemand {
  const demand = { ...readEnds(tokens), routingUnit: tokens.number(), value: tokens.number() }
  if (tokens.takes('UNLIMITED')) return demand
  return { ...demand, maxPathLength: tokens.number() }
}

/** Numbers beyond these would be lost in a solver's tolerances. */
const LEAST = 1e-6
const MOST = 1e12

function problemsIn({ nodes, links, demands }: SndlibNetwork): Problem[] {
  const problems: Problem[] = []
  const report = (path: string, problem: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path, problem })
  }
  const names = new Set<string>()
  const isNew = (id: string): boolean => names.size < names.add(id).size
  for (const { id } of nodes) if (!isNew(`node ${id}`)) report(`node ${id}`, 'is there twice')
  for (const [kind, things] of [
    ['link', links],
    ['demand', demands],
  ] as const) {
    for (const { id, source, target } of things) {
      if (!isNew(`${kind} ${id}`)) report(`${kind} ${id}`, 'is there twice')
      const missing = [source, target].some((end) => !names.has(`node ${end}`))
      if (missing) report(`${kind} ${id}`, 'must have two nodes of the file as its ends')
      if (source === target) report(`${kind} ${id}`, 'must have two different ends')
    }
  }
  for (const { id, modules, ...link } of links) {
    const numbers = [link.preInstalledCapacity, link.preInstalledCost, link.routingCost, link.setupCost]
    const isOutside = [...numbers, ...modules.map(({ cost }) => cost)].some(
      (value) => value < 0 || value > MOST,
    )
    if (isOutside) report(`link ${id}`, `must have capacities and costs from 0 to ${MOST}`)
    const isEmpty = modules.some(({ capacity }) => capacity < LEAST || capacity > MOST)
    if (isEmpty) report(`link ${id}`, `must have modules from ${LEAST} to ${MOST}`)
  }
  for (const { id, routingUnit, value } of demands) {
    const isOutside = [routingUnit, value, routingUnit * value].some((each) => each < 0 || each > MOST)
    if (isOutside) report(`demand ${id}`, `must be from 0 to ${MOST}`)
  }
  return problems
}
