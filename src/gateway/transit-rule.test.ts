import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  type BranchClasses,
  keepsTransit,
  renderTransit,
  ruleForBranch,
  type TransitRule,
  transitError,
} from './transit-rule.ts'

const BRANCHES = ['A', 'B', 'C', 'D']
const [branch, className] = [fc.constantFrom(...BRANCHES), fc.constantFrom('x', 'y')]

function classesOf(classes: Readonly<Record<string, string>>): BranchClasses {
  const records = BRANCHES.map((id) =>
    classes[id] === undefined ? { branch: id } : { branch: id, class: classes[id] },
  )
  return {
    branches: () => records,
    branch: (id: string) => records.find((record) => record.branch === id),
  } as unknown as BranchClasses
}

const rules: fc.Arbitrary<TransitRule> = fc.record(
  {
    avoid: fc.uniqueArray(branch, { minLength: 1 }),
    only: fc.uniqueArray(branch, { minLength: 1 }),
    onlyClasses: fc.uniqueArray(className, { minLength: 1 }),
  },
  { requiredKeys: [] },
)

test('a path may be used just when every part of the rule holds for every branch, and a branch is told the same', () => {
  fc.assert(
    fc.property(rules, fc.uniqueArray(branch), fc.dictionary(branch, className), (rule, path, named) => {
      const classes = classesOf(named)
      const isAllowed = path.every(
        (each) =>
          rule.avoid?.includes(each) !== true &&
          (rule.only === undefined || rule.only.includes(each)) &&
          (rule.onlyClasses === undefined || rule.onlyClasses.some((one) => one === named[each])),
      )
      assert.equal(keepsTransit(path, rule, classes), isAllowed)
      assert.equal(transitError(path, rule, classes) === undefined, isAllowed)
      const { avoid, only, ...rest } = ruleForBranch(rule, classes)
      assert.deepEqual(rest, {})
      assert.equal(
        path.every((each) => avoid?.includes(each) !== true && only?.includes(each) !== false),
        isAllowed,
      )
    }),
  )
})

test('where a class has no branch, a branch is told that it may pass none', () => {
  assert.deepEqual(ruleForBranch({ onlyClasses: ['x'] }, classesOf({})), { only: [] })
  assert.deepEqual(ruleForBranch({}, classesOf({})), {})
})

test('a rule is one sentence', () => {
  assert.equal(renderTransit({}), '')
  assert.equal(
    renderTransit({ avoid: ['A', 'B'], onlyClasses: ['x'] }),
    'By the agreement it may not pass A, B; it may pass only branches of class x.',
  )
})
