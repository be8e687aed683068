import type { Design } from './design-network.ts'
import { say } from './texts/planner-texts.ts'
import type { Facts, Language, MessageCode } from './texts/planner-texts.ts'

/** A design as lines for people, in one language: what it costs and how sure that is, then what to lease. */
export function designReport(design: Design, language: Language): string[] {
  const tell = (code: MessageCode, facts: Facts = {}): string => say(code, facts, language)
  const leased = design.links.filter(({ modules }) => modules.length > 0)
  return [
    verdictOf(design, language),
    survivesOf(design, language),
    ...(design.branches.length === 0
      ? []
      : [tell('heading_branches'), ...design.branches.map((id) => `  ${id}`)]),
    ...(leased.length === 0 ? [] : [tell('heading_leased')]),
    ...leased.map(({ id, ends, modules, capacity, load, cost }) => {
      const sizes = modules.map(({ count, capacity: size }) => `${count}×${size}`).join(' + ')
      const facts = { line: id, ends: ends.join(' – '), modules: sizes, capacity, cost }
      return `  ${tell('row_designed', { ...facts, load: load ?? tell('unknown') })}`
    }),
  ]
}

/** What may fail. */
export function survivesOf({ survivability }: Design, language: Language): string {
  return say(`design_survives_${survivability}`, { flag: '--survive line' }, language)
}

/** The cost and how far it may be from the least, in one sentence. */
export function verdictOf({ cost, bound, gap, status }: Design, language: Language): string {
  if (status === 'optimal') return say('design_optimal', { cost }, language)
  // Never less than it is: two decimals, upwards.
  const percent = Math.ceil(gap * 10_000) / 100
  return say('design_gap', { cost, bound, percent }, language)
}
