import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { MAX_WAYS } from '../../transport/branch-control.ts'
import { allPathsByForce, RANDOM_MESHES } from './testing/random-mesh.ts'
import { weighWays } from './weigh-ways.ts'

test('the ways are the best of all that are allowed, in their order, and the first is chosen', () => {
  let most = 0
  fc.assert(
    fc.property(RANDOM_MESHES, (mesh) => {
      const ways = weighWays(mesh.view, mesh.rules)
      const best = allPathsByForce(mesh).slice(0, MAX_WAYS)
      most = Math.max(most, ways.length)
      assert.deepEqual(
        ways.map(({ path }) => path),
        best.map(({ path }) => path),
      )
      assert.deepEqual(
        ways.map(({ chosen }) => chosen),
        ways.map((_way, at) => at === 0),
      )
      for (const { path, legs } of ways) {
        const stops = [path[0], ...legs.map(({ to }) => to)]
        assert.deepEqual(stops, path)
      }
    }),
    { numRuns: 1_000 },
  )
  assert.ok(most > 5, 'some mesh had many ways')
})

test('no more ways are told than a person reads, however many there are', () => {
  const branches = ['A', 'B', 'C', 'D', 'E', 'F', 'Z']
  const view = {
    legsFrom: (from: string) =>
      branches
        .filter((to) => to !== from)
        .map((to) => ({ from, to, lines: [], rttMs: from < to ? 1 : 2, riskGroups: [] })),
    exitFrom: (from: string) =>
      from === 'Z' ? { from, to: 'gw', lines: [], rttMs: 0, riskGroups: [] } : undefined,
  }
  const rules = { entry: 'A', maxBranches: 8, mayPass: () => true, mayUse: () => true }
  const best = allPathsByForce({ view, rules }).slice(0, MAX_WAYS)
  const ways = weighWays(view, rules)
  assert.equal(ways.length, MAX_WAYS)
  assert.deepEqual(
    ways.map(({ path }) => path.length),
    best.map(({ path }) => path.length),
  )
  assert.deepEqual(ways[0]?.path, ['A', 'Z'])
})

test('the sentence of a way says what it costs more, and which line is full', () => {
  const leg = { lines: ['L1'], rttMs: 1, capacityMbps: 100, riskGroups: [] }
  const legs = [
    { ...leg, from: 'A', to: 'B' },
    { ...leg, from: 'A', to: 'C', usedMbps: 95 },
    { ...leg, from: 'B', to: 'Z' },
    { ...leg, from: 'C', to: 'Z' },
  ]
  const view = {
    legsFrom: (from: string) => legs.filter((each) => each.from === from),
    exitFrom: (from: string) => (from === 'Z' ? { ...leg, from, to: 'gw', rttMs: 0, lines: [] } : undefined),
  }
  const rules = { entry: 'A', maxBranches: 8, mayPass: () => true, mayUse: () => true }
  assert.deepEqual(
    weighWays(view, rules).map(({ reason }) => reason),
    [
      'the best way: round trips 2 ms, lines in use 0 ms, price 0 ms, branches 0.2 ms',
      '1000 ms more than the best way: round trips 2 ms, lines in use 1000 ms (A – C), price 0 ms, branches 0.2 ms',
    ],
  )
})
