import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import type { WayLeg } from '../../transport/branch-control.ts'
import { choosePath, type PathRules, type PathView, scorePath, type UsedByOther } from './choose-path.ts'
import { allPathsByForce, RANDOM_MESHES } from './testing/random-mesh.ts'

type Figures = Partial<Omit<WayLeg, 'from' | 'to'>>

/** Ways from A to Z, each over branches of its own; all lines carry 100 Mbit/s unless said otherwise. */
function between(ways: Readonly<Record<string, Figures>>): PathView {
  const legs: WayLeg[] = Object.entries(ways).flatMap(([name, figures]) => {
    const stops = ['A', ...(name === 'direct' ? [] : [name]), 'Z']
    const leg = { lines: [name], rttMs: 1, capacityMbps: 100, riskGroups: [], ...figures }
    return stops.slice(1).map((to, at) => ({ ...leg, from: stops[at] ?? '', to }))
  })
  return {
    legsFrom: (from) => legs.filter((leg) => leg.from === from),
    exitFrom: (from) => (from === 'Z' ? { from, to: 'gw', lines: [], rttMs: 0, riskGroups: [] } : undefined),
  }
}

const RULES: PathRules = { entry: 'A', maxBranches: 8, mayPass: () => true, mayUse: () => true }

function chosen(ways: Readonly<Record<string, Figures>>, rules: Partial<PathRules> = {}): string {
  return (
    choosePath(between(ways), { ...RULES, ...rules })
      ?.path.slice(1, -1)
      .join() ?? 'none'
  )
}

test('while there is room, the shorter round trip wins, whatever it costs and though half of it is in use', () => {
  assert.equal(chosen({ B: { rttMs: 2, usedMbps: 49 }, C: { rttMs: 3 } }), 'B')
  assert.equal(chosen({ B: { rttMs: 2, monthlyCostAed: 1_000_000 }, C: { rttMs: 8 } }), 'B')
})

test('a nearly full line is left alone while another way of up to a second exists, and used when there is none', () => {
  assert.equal(chosen({ B: { rttMs: 1, usedMbps: 96 }, C: { rttMs: 400, usedMbps: 60 } }), 'C')
  assert.equal(chosen({ B: { rttMs: 1, usedMbps: 96 } }), 'B')
  assert.equal(chosen({ B: { rttMs: 1, usedMbps: 140 } }), 'B', 'more than was registered')
})

test('between ways that take about as long the cheaper line decides', () => {
  assert.equal(
    chosen({ B: { rttMs: 2, monthlyCostAed: 20_000 }, C: { rttMs: 3, monthlyCostAed: 1_000 } }),
    'C',
  )
  assert.equal(chosen({ B: { rttMs: 2, monthlyCostAed: 20_000 }, C: { rttMs: 8, monthlyCostAed: 0 } }), 'B')
})

test('what is not known neither costs nor helps', () => {
  assert.equal(chosen({ B: { rttMs: 2, capacityMbps: 0, usedMbps: 5 }, C: { rttMs: 2.1 } }), 'B')
})

test('equal ways: fewer branches, then the one that sorts first, in whatever order they are known', () => {
  assert.equal(chosen({ C: {}, B: {} }), 'B')
  assert.equal(chosen({ B: {}, C: {} }), 'B')
  assert.equal(chosen({ B: { rttMs: 1 }, direct: { rttMs: 2.1 } }), '', 'one branch less')
})

test('a path that should be apart shares no branch, line or risk group where it can, whatever that costs', () => {
  const apart = (used: Partial<Record<keyof UsedByOther, string>>): Partial<PathRules> => {
    const set = (name: keyof UsedByOther): ReadonlySet<string> =>
      new Set(used[name] === undefined ? [] : [used[name]])
    return {
      apartFrom: { branches: set('branches'), lines: set('lines'), riskGroups: set('riskGroups') },
    }
  }
  const ways = { B: { riskGroups: ['duct'] }, C: { rttMs: 500, usedMbps: 99 } }
  assert.equal(chosen(ways), 'B')
  assert.equal(chosen(ways, apart({ branches: 'B' })), 'C')
  assert.equal(chosen(ways, apart({ lines: 'B' })), 'C')
  assert.equal(chosen(ways, apart({ riskGroups: 'duct' })), 'C')
  assert.equal(
    chosen(ways, { ...apart({ branches: 'B' }), mayPass: (each) => each !== 'C' }),
    'B',
    'a wish only',
  )
})

test('the chosen path is the best of all that are allowed, in every random mesh', () => {
  fc.assert(
    fc.property(RANDOM_MESHES, (mesh) => {
      const path = choosePath(mesh.view, mesh.rules)
      const [best] = allPathsByForce(mesh)
      assert.deepEqual(path?.path, best?.path)
      if (path === undefined) return
      assert.deepEqual([path.shared, path.ticks], best?.sort.slice(0, 2))
      assert.deepEqual(scorePath(mesh.view, path.path, mesh.rules.apartFrom), path)
    }),
    { numRuns: 2_000 },
  )
})
