import * as fc from 'fast-check'
import type { WayLeg } from '../../../transport/branch-control.ts'
import type { PathRules, PathView, UsedByOther } from '../choose-path.ts'
import { legTicks } from '../leg-cost.ts'

/** For tests: a small mesh with figures, and what is asked of it. */
export interface RandomMesh {
  readonly view: PathView
  readonly rules: PathRules
}

const BRANCHES = ['0', '1', '2', '3', '4', '5', '6']
const branch = fc.constantFrom(...BRANCHES)
const group = fc.constantFrom('duct', 'power', 'bridge')

const edge = fc.record(
  {
    ends: fc.tuple(branch, branch),
    rttMs: fc.constantFrom(0, 1, 1, 2, 20),
    usedMbps: fc.constantFrom(0, 55, 82, 97),
    monthlyCostAed: fc.constantFrom(0, 5_000, 1_000_000),
    riskGroups: fc.uniqueArray(group, { maxLength: 2 }),
  },
  { requiredKeys: ['ends', 'rttMs', 'riskGroups'] },
)

/** Meshes of up to seven branches with equal costs, full lines, and something to stay apart from. */
export const RANDOM_MESHES: fc.Arbitrary<RandomMesh> = fc
  .record({
    edges: fc.array(edge, { maxLength: 18 }),
    exits: fc.uniqueArray(branch, { maxLength: 4 }),
    avoided: fc.uniqueArray(branch, { maxLength: 2 }),
    maxBranches: fc.integer({ min: 1, max: 5 }),
    other: fc.option(fc.uniqueArray(branch, { maxLength: 3 }), { nil: undefined }),
    groups: fc.uniqueArray(group, { maxLength: 2 }),
  })
  .map(({ edges, exits, avoided, maxBranches, other, groups }) => {
    const legs = new Map<string, WayLeg[]>()
    for (const [at, { ends, ...figures }] of edges.entries()) {
      const [a, b] = ends
      if (a === b || legs.get(a)?.some(({ to }) => to === b) === true) continue
      const leg = { capacityMbps: 100, ...figures, lines: [`L${at}`] }
      legs.set(a, [...(legs.get(a) ?? []), { ...leg, from: a, to: b }])
      legs.set(b, [...(legs.get(b) ?? []), { ...leg, from: b, to: a }])
    }
    const apartFrom: UsedByOther | undefined =
      other === undefined
        ? undefined
        : { branches: new Set(other), lines: new Set(['L0', 'L1']), riskGroups: new Set(groups) }
    return {
      view: {
        legsFrom: (from) => legs.get(from) ?? [],
        exitFrom: (from) =>
          exits.includes(from)
            ? { from, to: 'target', lines: [], rttMs: 0, riskGroups: ['duct'] }
            : undefined,
      },
      rules: {
        entry: '0',
        maxBranches,
        mayPass: (each) => !avoided.includes(each),
        mayUse: (from, to) => !(from === '1' && to === '2'),
        apartFrom,
      },
    }
  })

/** Every allowed simple path, tried one by one and sorted by the rules in words: slow and plainly right. */
export function allPathsByForce({ view, rules }: RandomMesh): { path: string[]; sort: readonly number[] }[] {
  const { apartFrom, maxBranches } = rules
  const found: { path: string[]; sort: readonly number[] }[] = []
  const common = (set: ReadonlySet<string> | undefined, list: readonly string[]): number =>
    list.filter((each) => set?.has(each) === true).length
  const walk = (path: string[], legs: readonly WayLeg[]): void => {
    const last = path.at(-1) ?? ''
    const exit = view.exitFrom(last)
    if (exit !== undefined) {
      const all = [...legs, exit]
      const shared =
        common(apartFrom?.branches, path) +
        all.reduce((sum, leg) => sum + common(apartFrom?.lines, leg.lines), 0) +
        all.reduce((sum, leg) => sum + common(apartFrom?.riskGroups, leg.riskGroups), 0)
      const ticks = all.reduce((sum, leg) => sum + legTicks(leg), 0)
      found.push({ path, sort: [shared, ticks, path.length, Number(path.join('').padEnd(8, '0'))] })
    }
    if (path.length === maxBranches) return
    for (const leg of view.legsFrom(last)) {
      if (path.includes(leg.to) || !rules.mayPass(leg.to) || !rules.mayUse(last, leg.to)) continue
      walk([...path, leg.to], [...legs, leg])
    }
  }
  if (rules.mayPass(rules.entry)) walk([rules.entry], [])
  return found.sort((a, b) => {
    const at = a.sort.findIndex((value, index) => value !== b.sort[index])
    return (a.sort[at] ?? 0) - (b.sort[at] ?? 0)
  })
}
