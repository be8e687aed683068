import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../voice.ts'
import { additionOf } from './addition-of.ts'
import { type BranchWish, wantedBranch } from './wanted-branch.ts'

const [CORE, MORO] = ['AE-DU/branch/CORE', 'AE-DU/branch/MORO']
const [DDA, RTA, DM] = ['AE-DU/GOV/DDA', 'AE-DU/GOV/RTA', 'AE-DU/GOV/DM']
const name = { ar: 'اسم', en: 'name' }

const known = {
  network: 'AE-DU',
  members: [
    { member: DDA, name, status: 'active' },
    { member: RTA, name, status: 'active' },
    { member: DM, name, status: 'active' },
    { member: 'AE-DU/COM/BAD', name, status: 'suspended' },
  ],
  gateways: [{ gateway: `${RTA}/gw-1`, member: RTA, branches: [CORE] }],
  branches: [{ branch: CORE }, { branch: MORO }],
  lines: [{ line: 'NORTH-CORE', ends: [CORE, MORO], capacityMbps: 1, monthlyCostAed: 1 }],
} as const

function wish(more: Partial<BranchWish> = {}): BranchWish {
  return { name: 'NORTH', capacityMbps: 1_000, monthlyCostAed: 9_000, service: true, ...more }
}

test('a short name and a full identifier mean the same branch, with a line to every other', () => {
  const wanted = wantedBranch(wish(), known)
  assert.deepEqual(wantedBranch(wish({ name: 'AE-DU/branch/NORTH' }), known), wanted)
  assert.equal(wanted.branch, 'AE-DU/branch/NORTH')
  assert.deepEqual([wanted.host, wanted.isHostNew], ['AE-DU/COM/NORTH', true])
  // The name of the first is taken by another line.
  assert.deepEqual(
    wanted.lines.map(({ line, ends, monthlyCostAed }) => [line, ends, monthlyCostAed]),
    [
      ['NORTH-CORE-2', ['AE-DU/branch/NORTH', CORE], 9_000],
      ['NORTH-MORO', ['AE-DU/branch/NORTH', MORO], 9_000],
    ],
  )
  assert.deepEqual(wanted.hostLine?.ends, ['AE-DU/COM/NORTH/gw-1', 'AE-DU/branch/NORTH'])
})

test('lines lead where the wish says, to gateways too, each once', () => {
  const lineTo = ['MORO', MORO, `${RTA}/gw-1`]
  const { lines } = wantedBranch(wish({ lineTo, installedSince: '2024-03-01' }), known)
  assert.deepEqual(
    lines.map(({ line, ends, installedSince }) => [line, ends[1], installedSince]),
    [
      ['NORTH-MORO', MORO, '2024-03-01'],
      ['NORTH-RTA-gw-1', `${RTA}/gw-1`, '2024-03-01'],
    ],
  )
})

test('a member that is there is not admitted again, and a branch alone brings nothing with it', () => {
  const wanted = wantedBranch(wish({ host: DM, service: false }), known)
  assert.deepEqual([wanted.isHostNew, wanted.hosted, wanted.hostLine], [false, undefined, undefined])
  const addition = additionOf(wanted)
  assert.deepEqual([addition.entities, addition.gateways, addition.services], [[], [], []])
  assert.deepEqual(addition.branches, [{ id: wanted.branch, host: DM }])
})

test('the addition says of the service what the gateway will publish, and of the lines what will be registered', () => {
  const wanted = wantedBranch(wish({ installedSince: '2024-03-01' }), known)
  const { services, lines, entities } = additionOf(wanted)
  const [service] = services
  assert.deepEqual(
    [service?.id, service?.at, service?.open],
    [wanted.hosted?.service, [wanted.hosted?.gateway], true],
  )
  assert.deepEqual(entities, [{ id: wanted.host, name: wanted.hostName }])
  assert.deepEqual(
    lines.map(({ id, installedSince }) => [id, installedSince]),
    [
      ['NORTH-CORE-2', '2024-03-01'],
      ['NORTH-MORO', '2024-03-01'],
      ['NORTH-NORTH-gw-1', undefined],
    ],
  )
})

test('a wish that cannot be fulfilled is refused with what to do instead', () => {
  const cases: readonly (readonly [Partial<BranchWish>, RegExp])[] = [
    [{ name: 'CORE' }, /AE-DU\/branch\/CORE is commissioned already/],
    [{ name: MORO }, /AE-DU\/branch\/MORO is commissioned already/],
    [{ name: 'bad name/' }, /no name of a branch/],
    [{ name: '..' }, /no name of a branch/],
    [{ name: '' }, /no name of a branch/],
    [{ name: 'AE-AZ/branch/NORTH' }, /another network/],
    [{ host: 'AE-AZ/COM/NORTH' }, /another network/],
    [{ host: RTA }, /has a gateway elsewhere/],
    [{ host: 'AE-DU/COM/BAD' }, /is suspended/],
    [{ lineTo: ['SOUTH'] }, /a line to AE-DU\/branch\/SOUTH would lead nowhere/],
    [{ lineTo: [RTA] }, /would lead nowhere/],
  ]
  for (const [more, words] of cases)
    assert.throws(
      () => wantedBranch(wish(more), known),
      (error) => error instanceof UsageError && words.test(error.message) && (error.hint ?? '').length > 5,
      JSON.stringify(more),
    )
})
