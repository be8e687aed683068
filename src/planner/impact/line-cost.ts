import type { ModelLine, NetworkModel } from '../network-model.ts'
import type { NetworkStudy } from './network-study.ts'
import { round } from './round.ts'

/** A line that would be leased because of the addition. */
export interface NewLine {
  readonly line: string
  /** Absent: nobody has said what it costs. */
  readonly monthlyCostAed?: number
}

/** An existing line that the addition fills beyond its capacity, and what as many more of the same would cost. */
export interface LineUpgrade {
  readonly line: string
  readonly mbps: number
  readonly capacityMbps: number
  /** How many more lines of the same capacity carry the rest. */
  readonly moreLines: number
  readonly monthlyCostAed?: number
}

/** What an addition costs in lines, in dirhams a month. */
export interface LineCost {
  /** All lines that exist, those that the addition brings and that are there already included. */
  readonly beforeAed: number
  /** `beforeAed` and `extraAed` together. */
  readonly afterAed: number
  /**
   * New lines and upgrades together. Zero when existing lines carry everything; a lower bound when `unpriced` names
   * something.
   */
  readonly extraAed: number
  readonly newLines: readonly NewLine[]
  /** Lines that the addition brings and that are there and paid already. */
  readonly installedLines: readonly { readonly line: string; readonly installedSince: string }[]
  readonly upgrades: readonly LineUpgrade[]
  /** New lines and upgrades whose price nobody has said. */
  readonly unpriced: readonly string[]
  /**
   * What lines of their own would cost the entities that now reach a service they could not reach: for each of them
   * and each place of such a service one line as dear as the cheapest that the entity has. Lines of unknown price are
   * left out.
   */
  readonly avoidedAed: number
  /** How many such lines. */
  readonly avoidedLines: number
}

/** Works out what the addition costs from the two states of the network. */
export function lineCost(
  before: { readonly model: NetworkModel; readonly study: NetworkStudy },
  after: { readonly model: NetworkModel; readonly study: NetworkStudy },
  gained: readonly { readonly entity: string; readonly path: readonly string[] }[],
): LineCost {
  const known = new Set(before.model.lines.map(({ id }) => id))
  const added = after.model.lines.filter(({ id }) => !known.has(id))
  const newLines = added
    .filter(({ installedSince }) => installedSince === undefined)
    .map(({ id, monthlyCostAed }): NewLine => ({ line: id, ...priced(monthlyCostAed) }))
  const installedLines = added.flatMap(({ id, installedSince }) =>
    installedSince === undefined ? [] : [{ line: id, installedSince }],
  )
  const upgrades = lineUpgrades(before.study, after)
  const chargeable = [...newLines, ...upgrades]
  const extraAed = sumOf(chargeable)
  // What is installed is paid for today, whether the model knew of it or not.
  const beforeAed = round(
    before.study.monthlyCostAed + sumOf(added.filter(({ installedSince }) => installedSince !== undefined)),
  )
  return {
    beforeAed,
    afterAed: round(beforeAed + extraAed),
    extraAed,
    newLines,
    installedLines,
    upgrades,
    unpriced: chargeable.filter(({ monthlyCostAed }) => monthlyCostAed === undefined).map(({ line }) => line),
    ...avoidedCost(before.model, gained),
  }
}

function sumOf(lines: readonly { readonly monthlyCostAed?: number }[]): number {
  return round(lines.reduce((sum, { monthlyCostAed = 0 }) => sum + monthlyCostAed, 0))
}

function lineUpgrades(
  before: NetworkStudy,
  after: { readonly model: NetworkModel; readonly study: NetworkStudy },
): LineUpgrade[] {
  const moreBefore = new Map(before.lines.map((use) => [use.line, moreLines(use)]))
  const lines = new Map(after.model.lines.map((line) => [line.id, line]))
  return after.study.lines.flatMap((use) => {
    const more = moreLines(use) - (moreBefore.get(use.line) ?? 0)
    if (more <= 0 || use.capacityMbps === undefined) return []
    const { line, mbps, capacityMbps } = use
    const price = lines.get(line)?.monthlyCostAed
    return [{ line, mbps, capacityMbps, moreLines: more, ...priced(price, more) }]
  })
}

/** Lines of the same kind that must lie beside one so that together they carry its traffic. */
function moreLines({ utilisation }: { readonly utilisation?: number }): number {
  return utilisation === undefined ? 0 : Math.max(0, Math.ceil(utilisation - 1e-9) - 1)
}

function priced(monthlyCostAed: number | undefined, times: number = 1): { readonly monthlyCostAed?: number } {
  return monthlyCostAed === undefined ? {} : { monthlyCostAed: round(monthlyCostAed * times) }
}

function avoidedCost(
  model: NetworkModel,
  gained: readonly { readonly entity: string; readonly path: readonly string[] }[],
): Pick<LineCost, 'avoidedAed' | 'avoidedLines'> {
  const cheapest = cheapestLines(model)
  const counted = new Set<string>()
  let avoidedAed = 0
  for (const { entity, path } of gained) {
    const price = cheapest.get(entity)
    const key = `${entity} ${path.at(-1)}`
    if (price === undefined || counted.has(key)) continue
    counted.add(key)
    avoidedAed += price
  }
  return { avoidedAed: round(avoidedAed), avoidedLines: counted.size }
}

/** The lowest known price of a line at any gateway of each entity. */
function cheapestLines({ gateways, lines }: NetworkModel): Map<string, number> {
  const owners = new Map(gateways.map(({ id, entity }) => [id, entity]))
  const cheapest = new Map<string, number>()
  const consider = ({ ends, monthlyCostAed }: ModelLine): void => {
    for (const end of ends) {
      const entity = owners.get(end)
      if (entity === undefined || monthlyCostAed === undefined) continue
      cheapest.set(entity, Math.min(monthlyCostAed, cheapest.get(entity) ?? Infinity))
    }
  }
  for (const line of lines) consider(line)
  return cheapest
}
