import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutOffWithout, type LinkedDirectory } from './cut-off-without.ts'

const [A, B, C] = ['N/branch/A', 'N/branch/B', 'N/branch/C'] as const

function network(
  lines: readonly (readonly [string, string])[],
  homes: Readonly<Record<string, readonly string[]>>,
  leaving: readonly string[] = [],
): LinkedDirectory {
  const gateways = Object.entries(homes).map(([gateway, branches]) => ({ gateway, branches }))
  return {
    branches: () =>
      [A, B, C].map((branch) => ({ branch, ...(leaving.includes(branch) ? { leaving: true } : {}) })),
    lines: () => lines.map((ends) => ({ ends })),
    members: () => [{ member: 'N/GOV/M' }],
    gatewaysOf: () => gateways,
  } as unknown as LinkedDirectory
}

const RING = [
  [A, B],
  [B, C],
  [C, A],
] as const

test('nobody is cut off where every gateway has another branch in reach', () => {
  assert.deepEqual(cutOffWithout(network(RING, { g1: [A, B], g2: [B, C], g3: [C, A] }), A), [])
})

test('a gateway whose only branch it is, is named; a registered line counts as a way', () => {
  const homes = { g1: [A], g2: [B], g3: [A] }
  assert.deepEqual(cutOffWithout(network(RING, homes), A), ['g1', 'g3'])
  assert.deepEqual(cutOffWithout(network([...RING, ['g1', B]], homes), A), ['g3'])
})

test('where it joins two parts of the network, the smaller part is named', () => {
  const row = [
    [A, B],
    [B, C],
  ] as const
  const homes = { g1: [A], g2: [A], g3: [C] }
  assert.deepEqual(cutOffWithout(network(row, homes), B), ['g3'])
  assert.deepEqual(cutOffWithout(network(RING, homes), B), [])
})

test('a branch that is about to leave itself is no way for anybody', () => {
  const homes = { g1: [A, B], g2: [C] }
  assert.deepEqual(cutOffWithout(network(RING, homes), A), [])
  assert.deepEqual(cutOffWithout(network(RING, homes, [B]), A), ['g1'])
})

test('parts that never reached each other lose nothing', () => {
  assert.deepEqual(cutOffWithout(network([], { g1: [B], g2: [C] }), A), [])
})
