import type { Impact, ReachedService } from './study-impact.ts'
import { say } from './texts/planner-texts.ts'
import type { Facts, Language, MessageCode } from './texts/planner-texts.ts'

export type { Language } from './texts/planner-texts.ts'

/** Rows of a list that are shown; the rest is counted. JSON holds all. */
const SHOWN = 20

/** An impact as lines for people, in one language: what changes first, then what it costs, then what is fragile. */
export function impactReport(impact: Impact, language: Language): string[] {
  const { before, after, gained, lost, moved, cost, reasons } = impact
  const tell = (code: MessageCode, facts: Facts = {}): string => say(code, facts, language)
  const latency = ({ latencyMs }: ReachedService): string =>
    latencyMs === undefined ? tell('latency_unknown') : tell('latency', { ms: latencyMs })
  const section = (heading: MessageCode, rows: readonly string[]): string[] =>
    rows.length === 0 ? [] : [tell(heading), ...shortened(rows, tell).map((row) => `  ${row}`)]
  const isStudyOnly = before === after
  const reached = (uses: Impact['gained']): string[] =>
    uses.map((use) => {
      const { entity, service, hops, path } = use
      const between = path.slice(1, -1).join(' → ') || '–'
      return tell('row_reached', { entity, service, hops, latency: latency(use), path: between })
    })
  return [
    ...(isStudyOnly
      ? section('heading_reach', reached(after.reached))
      : section('heading_gained', reached(gained))),
    ...section('heading_lost', reached(lost)),
    ...section(
      'heading_moved',
      moved.map((use) =>
        tell('row_moved', {
          entity: use.entity,
          service: use.service,
          hopsBefore: use.before.hops,
          hopsAfter: use.after.hops,
          before: latency(use.before),
          after: latency(use.after),
        }),
      ),
    ),
    ...section('heading_cost', [
      tell('row_cost', { before: cost.beforeAed, after: cost.afterAed, extra: cost.extraAed }),
      ...(cost.unpriced.length === 0 ? [] : [tell('row_cost_unpriced', { lines: cost.unpriced.join(', ') })]),
    ]),
    ...section(
      'heading_reasons',
      reasons.map(({ text }) => text[language]),
    ),
    ...section('heading_points', pointRows(impact, tell)),
    ...section('heading_failures', failureRows(impact, tell)),
    ...section('heading_lines', lineRows(impact, tell)),
  ]
}

type Tell = (code: MessageCode, facts?: Facts) => string

function pointRows({ before, after }: Impact, tell: Tell): string[] {
  const { lines, branches } = after.singlePoints
  return [
    tell('row_points', {
      linesBefore: before.singlePoints.lines.length,
      linesAfter: lines.length,
      branchesBefore: before.singlePoints.branches.length,
      branchesAfter: branches.length,
    }),
    ...[...branches, ...lines].map(({ id }) => id),
  ]
}

/** The worst first: services that nobody reaches any more, then demands, then branches apart. */
function failureRows({ after }: Impact, tell: Tell): string[] {
  const harmful = after.failures.toSorted(
    (a, b) =>
      b.lost.length - a.lost.length ||
      b.lostDemands.length - a.lostDemands.length ||
      (b.branchPairs ?? 0) - (a.branchPairs ?? 0),
  )
  return [
    tell('row_failures', {
      failures: { count: after.examined, noun: 'failure' },
      harmful: harmful.length,
    }),
    ...harmful.map(({ id, lost, lostDemands, branchPairs = 0, overloaded }) =>
      tell('row_failure', {
        id,
        uses: { count: lost.length, noun: 'use' },
        demands: { count: lostDemands.length, noun: 'demand' },
        pairs: { count: branchPairs, noun: 'pair' },
        lines: { count: overloaded.length, noun: 'line' },
      }),
    ),
  ]
}

function lineRows({ after }: Impact, tell: Tell): string[] {
  return after.lines
    .filter(({ mbps }) => mbps > 0)
    .toSorted((a, b) => (b.utilisation ?? 0) - (a.utilisation ?? 0) || b.mbps - a.mbps)
    .map(({ line, mbps, capacityMbps, utilisation }) =>
      capacityMbps === undefined || utilisation === undefined
        ? tell('row_line', { line, mbps })
        : tell('row_line_use', {
            line,
            mbps,
            capacity: capacityMbps,
            percent: Math.round(utilisation * 1_000) / 10,
          }),
    )
}

function shortened(rows: readonly string[], tell: Tell): string[] {
  if (rows.length <= SHOWN + 1) return [...rows]
  return [...rows.slice(0, SHOWN), tell('row_more', { count: rows.length - SHOWN, flag: '--json' })]
}
