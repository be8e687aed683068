import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { rankBranches } from './rank-branches.ts'

const [A, B, C] = ['AE-DU/branch/A', 'AE-DU/branch/B', 'AE-DU/branch/C']

test('the branch that begins the cheapest whole way comes first, though another one is nearer', () => {
  const near = { branch: A, linkMs: 1, wayMs: 9.7 }
  const far = { branch: B, linkMs: 4, wayMs: 0.1 }
  assert.deepEqual(rankBranches([near, far]), [B, A])
})

test('a branch without a way is tried last, and a link that is not measured counts as a slow one', () => {
  const silent = { branch: A, linkMs: 1, wayMs: undefined }
  const unmeasured = { branch: B, linkMs: undefined, wayMs: 0.1 }
  const measured = { branch: C, linkMs: 20, wayMs: 0.1 }
  assert.deepEqual(rankBranches([silent, unmeasured, measured]), [C, B, A])
})

test('every branch is named once, and equal ones keep their order', () => {
  const cost = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })
  const entries = fc
    .array(fc.record({ linkMs: cost, wayMs: cost }), { maxLength: 8 })
    .map((all) => all.map((one, at) => ({ ...one, branch: `AE-DU/branch/B${at}` })))
  fc.assert(
    fc.property(entries, (all) => {
      const ranked = rankBranches(all)
      assert.deepEqual(
        ranked.toSorted(),
        all.map(({ branch }) => branch),
      )
      for (const [at, branch] of ranked.slice(1).entries()) {
        const [first, second] = [ranked[at], branch].map((id) => all.findIndex((each) => each.branch === id))
        const same = (one: number | undefined, other: number | undefined): boolean => {
          const [a, b] = [all[one ?? 0], all[other ?? 0]]
          return a?.linkMs === b?.linkMs && a?.wayMs === b?.wayMs
        }
        if (same(first, second)) assert.ok((first ?? 0) < (second ?? 0))
      }
    }),
  )
})
