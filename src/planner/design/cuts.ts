import type { DesignProblem, Outage } from './design-problem.ts'
import { duringOutage } from './arcs.ts'

/** `Σ weight · capacity of link ≥ need`: something every network that carries the traffic satisfies. */
export interface CapacityCut {
  readonly weights: ReadonlyMap<number, number>
  readonly need: number
}

/** Sets of nodes that are looked at, and those that are used: beyond them the solver is slower for more help. */
const MOST_SETS = 30_000
const MOST_CUTS = 400

/**
 * Sets of nodes that hang together and leave a rest that does, smallest first: what separates them are the narrow
 * places of a network. Of a set and its rest one is given.
 *
 * @param mayGoOn - whether there is time for another one
 */
export function cutSets({ nodes, links }: DesignProblem, mayGoOn: () => boolean): ReadonlySet<number>[] {
  const neighbours = nodes.map(() => new Set<number>())
  for (const { from, to } of links) {
    neighbours[from]?.add(to)
    neighbours[to]?.add(from)
  }
  // The last node is always in the rest.
  const last = nodes.length - 1
  const seen = new Set<string>()
  const waiting: (readonly number[])[] = []
  const put = (members: readonly number[]): void => {
    const key = members.join()
    if (seen.has(key) || seen.size >= MOST_SETS) return
    seen.add(key)
    waiting.push(members)
  }
  for (let node = 0; node < last; node += 1) put([node])
  const found: ReadonlySet<number>[] = []
  for (let at = 0; at < waiting.length && found.length < MOST_CUTS && mayGoOn(); at += 1) {
    const members = waiting[at] ?? []
    const set = new Set(members)
    if (isWhole(neighbours, nodes.length - set.size, last, set)) found.push(set)
    for (const member of members) {
      for (const next of neighbours[member] ?? []) {
        if (next !== last && !set.has(next)) put([...members, next].sort((a, b) => a - b))
      }
    }
  }
  return found
}

/** Whether everything outside of `without` hangs together. */
function isWhole(
  neighbours: readonly ReadonlySet<number>[],
  count: number,
  start: number,
  without: ReadonlySet<number>,
): boolean {
  const seen = new Set([start])
  const waiting = [start]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const next of neighbours[node] ?? []) {
      if (without.has(next) || seen.has(next)) continue
      seen.add(next)
      waiting.push(next)
    }
  }
  return seen.size === count
}

/** What must cross out of a set, and what the links over its border have to carry therefore. */
export function cutOf(
  problem: DesignProblem,
  set: ReadonlySet<number>,
  outage: Outage | undefined,
): CapacityCut[] {
  const { out, back } = crossing(problem, set, outage)
  const failed = new Set(outage?.links)
  const leaving = new Map<number, number>()
  const entering = new Map<number, number>()
  for (const [link, { from, to }] of problem.links.entries()) {
    if (set.has(from) === set.has(to) || failed.has(link)) continue
    if (set.has(from)) leaving.set(link, 1)
    else entering.set(link, 1)
  }
  if (problem.sharing === 'forward') {
    return [
      { weights: leaving, need: out },
      { weights: entering, need: back },
    ]
  }
  const weights = new Map([...leaving, ...entering])
  return [{ weights, need: problem.sharing === 'sum' ? out + back : Math.max(out, back) }]
}

function crossing(
  { commodities }: DesignProblem,
  set: ReadonlySet<number>,
  outage: Outage | undefined,
): { out: number; back: number } {
  let [out, back] = [0, 0]
  for (const commodity of commodities) {
    const { sources, sinks } = duringOutage(commodity, outage)
    const areIn = sources.every((node) => set.has(node))
    const areOut = sources.every((node) => !set.has(node))
    for (const { places, amount } of sinks) {
      if (areIn && places.every((node) => !set.has(node))) out += amount
      if (areOut && places.every((node) => set.has(node))) back += amount
    }
  }
  return { out, back }
}

/** `Σ value · column ≥ lower` over the module columns. */
export interface ModuleRow {
  readonly lower: number
  readonly terms: readonly (readonly [column: number, value: number])[]
}

/**
 * A cut as rows over the columns of modules: as it is, and rounded (mixed-integer rounding by each coefficient), which
 * is where whole modules make themselves felt. Nothing when what is installed suffices.
 */
export function rowsOfCut(
  problem: DesignProblem,
  columnOf: (link: number, size: number) => number,
  { weights, need }: CapacityCut,
): ModuleRow[] {
  let lower = need
  const terms: (readonly [number, number])[] = []
  for (const [link, weight] of weights) {
    const { installed = 0, modules = [] } = problem.links[link] ?? {}
    lower -= weight * installed
    for (const [size, { capacity }] of modules.entries())
      terms.push([columnOf(link, size), weight * capacity])
  }
  if (lower <= 1e-9) return []
  const plain = { lower, terms }
  if (problem.isDivisible) return [plain]
  const divisors = new Set(terms.map(([, value]) => value))
  return [plain, ...[...divisors].slice(0, MOST_ROUNDINGS).flatMap((divisor) => rounded(plain, divisor))]
}

const MOST_ROUNDINGS = 6

/** Whole numbers `y ≥ 0` with `Σ a·y ≥ b` also satisfy `Σ (⌊a⌋·f + min(f, a − ⌊a⌋))·y ≥ f·⌈b⌉`, `f` being `b − ⌊b⌋`. */
function rounded({ lower, terms }: ModuleRow, divisor: number): ModuleRow[] {
  const [whole, fraction] = wholeAndRest(lower / divisor)
  // A fraction near zero would be a row of rounding errors.
  if (fraction < 1e-4) return []
  const weak = terms.map(([column, value]) => {
    const [count, rest] = wholeAndRest(value / divisor)
    return [column, count * fraction + Math.min(fraction, rest)] as const
  })
  return [{ lower: fraction * (whole + 1), terms: weak }]
}

function wholeAndRest(value: number): [whole: number, rest: number] {
  const whole = Math.floor(value + 1e-9)
  return [whole, Math.max(0, value - whole)]
}
