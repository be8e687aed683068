import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leavingBranches } from './branch-links.ts'

const [A, B, C] = ['N/branch/A', 'N/branch/B', 'N/branch/C']

test('who leaves is what any link says, and the link itself when it drains', () => {
  const links = [
    { branch: A, state: 'up', leaving: [C] },
    { branch: B, state: 'draining', leaving: [C] },
  ] as const
  assert.deepEqual(
    leavingBranches(links, () => true),
    [B, C],
  )
})

test('a hostile branch names only branches that the directory has', () => {
  const names = Array.from({ length: 4_096 }, (_, at) => `${'x'.repeat(2_000)}${at}`)
  const links = [{ branch: A, state: 'up', leaving: [...names, C] }] as const
  assert.deepEqual(
    leavingBranches(links, (id) => id === C),
    [C],
  )
})
