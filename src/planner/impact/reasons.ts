import type { Impact } from '../study-impact.ts'
import { say } from '../texts/planner-texts.ts'
import type { Fact, Facts, MessageCode } from '../texts/planner-texts.ts'
import type { LineCost } from './line-cost.ts'
import type { LineUse, NetworkStudy } from './network-study.ts'
import type { Obstacle } from './traffic.ts'

/** One sentence of the reasoning: for programs a code and its facts, for people words in both languages. */
export interface ImpactReason {
  readonly code: MessageCode
  readonly facts: Facts
  readonly text: { readonly en: string; readonly ar: string }
}

/** Of one kind so many are told; the lists of the impact hold them all. */
const MOST_OF_A_KIND = 20

/** What the reasons are drawn from. */
type Findings = Omit<Impact, 'reasons' | 'type'>

/** The reasoning in the order in which one would tell it: who gains, what it costs, what it makes fragile. */
export function impactReasons(impact: Findings): ImpactReason[] {
  const told = [...serviceReasons(impact), ...costReasons(impact), ...structureReasons(impact)]
  const isStudyOnly = impact.before === impact.after
  return told.length > 0 || isStudyOnly ? told : [reason('nothing_changes', {})]
}

function serviceReasons({ gained, lost, stillUnreached }: Findings): ImpactReason[] {
  const counts = (uses: readonly { readonly entity: string; readonly service: string }[]): Facts => ({
    services: { count: new Set(uses.map(({ service }) => service)).size, noun: 'service' },
    entities: { count: new Set(uses.map(({ entity }) => entity)).size, noun: 'entity' },
  })
  return [
    ...(gained.length === 0 ? [] : [reason('services_gained', counts(gained))]),
    ...(lost.length === 0 ? [] : [reason('services_lost', counts(lost))]),
    ...some(stillUnreached, ({ entity, service, obstacle }) =>
      reason('still_unreached', { entity, service, obstacle: obstacleFact(obstacle) }),
    ),
  ]
}

function costReasons({ before, after, cost }: Findings): ImpactReason[] {
  if (before === after) return fullest(after.lines)
  const isFree = cost.extraAed === 0 && cost.unpriced.length === 0
  const isChecked = after.demands.length > 0
  return [
    ...(isFree && isChecked ? [reason('existing_lines_suffice', {})] : []),
    ...(isFree && !isChecked && cost.newLines.length === 0 ? [reason('no_demand', {})] : []),
    ...fullest(after.lines),
    ...unmeasured(after.lines),
    ...some(cost.newLines, ({ line, monthlyCostAed }) =>
      monthlyCostAed === undefined
        ? reason('new_line_unpriced', { line })
        : reason('new_line', { line, aed: monthlyCostAed }),
    ),
    ...some(cost.installedLines, ({ line, installedSince }) =>
      reason('installed_line', { line, since: installedSince }),
    ),
    ...some(cost.upgrades, upgradeReason),
    ...(cost.avoidedAed === 0
      ? []
      : [
          reason('avoided_cost', { aed: cost.avoidedAed, lines: { count: cost.avoidedLines, noun: 'line' } }),
        ]),
  ]
}

function upgradeReason(upgrade: LineCost['upgrades'][number]): ImpactReason {
  const { line, mbps, capacityMbps: capacity, moreLines, monthlyCostAed } = upgrade
  const facts = { line, mbps, capacity, lines: { count: moreLines, noun: 'line' } } as const
  return monthlyCostAed === undefined
    ? reason('line_filled_unpriced', facts)
    : reason('line_filled', { ...facts, aed: monthlyCostAed })
}

function fullest(lines: readonly LineUse[]): ImpactReason[] {
  let most: LineUse | undefined
  for (const use of lines) if ((use.utilisation ?? 0) > (most?.utilisation ?? 0)) most = use
  if (most?.utilisation === undefined) return []
  return [reason('fullest_line', { line: most.line, percent: percentOf(most.utilisation) })]
}

function unmeasured(lines: readonly LineUse[]): ImpactReason[] {
  const names = lines.filter(({ mbps, capacityMbps }) => mbps > 0 && capacityMbps === undefined)
  if (names.length === 0) return []
  const shown = names.slice(0, MOST_OF_A_KIND).map(({ line }) => line)
  const more = names.length > shown.length ? ', …' : ''
  return [reason('capacity_unknown', { lines: `${shown.join(', ')}${more}` })]
}

function structureReasons({ before, after, singlePoints }: Findings): ImpactReason[] {
  const overfullBefore = new Set(overfull(before).map(({ id, line }) => `${id} ${line}`))
  return [
    ...some(singlePoints.removed, (id) => reason('point_removed', { id })),
    ...some(singlePoints.added, (id) => reason('point_added', { id })),
    ...some(after.demands, (demand) =>
      'obstacle' in demand
        ? reason('demand_blocked', {
            from: demand.from,
            to: demand.to,
            obstacle: obstacleFact(demand.obstacle),
          })
        : undefined,
    ),
    ...some(
      overfull(after).filter(({ id, line }) => before === after || !overfullBefore.has(`${id} ${line}`)),
      ({ id, line, utilisation }) =>
        reason('failure_fills_line', { id, line, percent: percentOf(utilisation) }),
    ),
  ]
}

function overfull({ failures }: NetworkStudy): { id: string; line: string; utilisation: number }[] {
  return failures.flatMap(({ id, overloaded }) => overloaded.map((line) => ({ id, ...line })))
}

function some<T>(things: readonly T[], toldAs: (thing: T) => ImpactReason | undefined): ImpactReason[] {
  const told: ImpactReason[] = []
  for (const thing of things) {
    const one = toldAs(thing)
    if (one !== undefined) told.push(one)
    if (told.length === MOST_OF_A_KIND) break
  }
  return told
}

function reason(code: MessageCode, facts: Facts): ImpactReason {
  return { code, facts, text: { en: say(code, facts, 'en'), ar: say(code, facts, 'ar') } }
}

function obstacleFact(obstacle: Obstacle): Fact {
  return { message: `obstacle_${obstacle}` }
}

/** Whole percent and one decimal. */
function percentOf(utilisation: number): number {
  return Math.round(utilisation * 1_000) / 10
}
