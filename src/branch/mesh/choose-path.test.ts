import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import type { LinkReport } from '../../transport/branch-control.ts'
import { choosePath, type PathRules, type PathView } from './choose-path.ts'

type Graph = ReadonlyMap<string, readonly LinkReport[]>

const graphs = fc
  .array(
    fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 20 })),
    {
      maxLength: 20,
    },
  )
  .map((edges): Graph => {
    const graph = new Map<string, LinkReport[]>()
    for (const [a, b, rttMs] of edges) {
      if (a === b) continue
      graph.set(`${a}`, [...(graph.get(`${a}`) ?? []), { to: `${b}`, rttMs }])
      graph.set(`${b}`, [...(graph.get(`${b}`) ?? []), { to: `${a}`, rttMs }])
    }
    return graph
  })

/** All simple paths, tried one by one: slow and plainly right. */
function cheapestByForce(view: PathView, rules: PathRules): number | undefined {
  let best: number | undefined
  const walk = (path: readonly string[], costMs: number): void => {
    const last = path.at(-1) ?? ''
    if (view.isExit(last) && (best === undefined || costMs < best)) best = costMs
    if (path.length === rules.maxBranches) return
    for (const { to, rttMs } of view.linksOf(last)) {
      if (path.includes(to) || !rules.mayPass(to) || !rules.mayUse(last, to)) continue
      walk([...path, to], costMs + rttMs + 0.1)
    }
  }
  if (rules.mayPass(rules.entry)) walk([rules.entry], 0)
  return best
}

function costOf(graph: Graph, path: readonly string[]): number {
  return path.slice(1).reduce((sum, to, index) => {
    const links = (graph.get(path[index] ?? '') ?? []).filter((link) => link.to === to)
    return sum + Math.min(...links.map(({ rttMs }) => rttMs)) + 0.1
  }, 0)
}

await test('the chosen path is allowed, simple, short enough and as cheap as any', () => {
  const subsets = fc.uniqueArray(fc.integer({ min: 0, max: 6 }).map(String), { maxLength: 4 })
  fc.assert(
    fc.property(
      graphs,
      subsets,
      subsets,
      fc.integer({ min: 1, max: 5 }),
      (graph, exits, avoided, maxBranches) => {
        const view = {
          linksOf: (branch: string) => graph.get(branch) ?? [],
          isExit: (each: string) => exits.includes(each),
        }
        const rules = {
          entry: '0',
          maxBranches,
          mayPass: (branch: string) => !avoided.includes(branch),
          mayUse: (from: string, to: string) => !(from === '1' && to === '2'),
        }
        const path = choosePath(view, rules)
        const cheapest = cheapestByForce(view, rules)
        assert.equal(path === undefined, cheapest === undefined)
        if (path === undefined || cheapest === undefined) return
        assert.equal(path[0], '0')
        assert.ok(exits.includes(path.at(-1) ?? ''))
        assert.ok(path.length <= maxBranches && new Set(path).size === path.length)
        assert.ok(path.every((branch) => !avoided.includes(branch)))
        assert.ok(!path.some((branch, index) => branch === '1' && path[index + 1] === '2'))
        assert.ok(Math.abs(costOf(graph, path) - cheapest) < 1e-9)
      },
    ),
    { numRuns: 2_000 },
  )
})
