import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../protocol/canonical-json.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { decodeAddition, decodeModel, extendModel } from './decode-model.ts'

const TYPE = { type: 'wusla/network-model/v1' } as const
const ADDITION = { type: 'wusla/network-addition/v1' } as const

function problemsOf(run: () => unknown): string[] {
  try {
    run()
  } catch (error) {
    assert.ok(isWuslaError(error) && error.code === 'invalid_network_model', String(error))
    const problems = error.details['problems'] as { path: string; problem: string }[]
    return problems.map(({ path, problem }) => `${path} ${problem}`)
  }
  return []
}

const SMALL = {
  ...TYPE,
  network: 'AE-DU',
  entities: [{ id: 'AE-DU/GOV/RTA' }, { id: 'AE-DU/SEMI/DEWA' }],
  gateways: [{ id: 'AE-DU/GOV/RTA/gw-1' }, { id: 'AE-DU/SEMI/DEWA/gw-1' }],
  branches: [{ id: 'AE-DU/branch/CORE' }],
  lines: [{ id: 'RTA-CORE', ends: ['AE-DU/GOV/RTA/gw-1', 'AE-DU/branch/CORE'] }],
  services: [{ id: 'AE-DU/SEMI/DEWA/BILLING/bills', at: ['AE-DU/SEMI/DEWA/gw-1'] }],
} as const

test('what is left out is filled in: the entity from the identifier, lists, the bound on branches', () => {
  const model = decodeModel(structuredClone(SMALL))
  assert.deepEqual(model.gateways[0], { id: 'AE-DU/GOV/RTA/gw-1', entity: 'AE-DU/GOV/RTA' })
  assert.equal(model.services[0]?.entity, 'AE-DU/SEMI/DEWA')
  assert.equal(model.maxPathBranches, 8)
  assert.deepEqual([model.agreements, model.demands, model.candidates], [[], [], { lines: [], branches: [] }])
})

test('every problem of form is reported at once, with its place and without the value', () => {
  const value: Json = {
    ...TYPE,
    colour: 'red',
    lines: [
      { id: 'a', ends: ['x', 'x'], capacityMbps: 0, installedSince: '2024-02-30' },
      { id: 'b', ends: ['x'], monthlyCostAed: -1, latencyMs: 'fast' },
    ],
    branches: [{ id: 'two\nlines' }, { id: 'x', place: { longitude: 200, latitude: 0 } }],
  }
  assert.deepEqual(problemsOf(() => decodeModel(value)).sort(), [
    '/branches/0/id must be one line of text without hidden characters',
    '/branches/1/place/longitude must be a number from -180 to 180',
    '/colour is not a known member',
    '/lines/0/capacityMbps must be a number from 0.001 to 1000000000',
    '/lines/0/ends must not repeat an item',
    '/lines/0/installedSince must be a date such as 2024-03-01',
    '/lines/1/ends must be a list of 2 to 2 items',
    '/lines/1/latencyMs must be a number from 0 to 10000',
    '/lines/1/monthlyCostAed must be a number from 0 to 1000000000000',
  ])
})

test('every reference that leads nowhere is reported at once', () => {
  const value: Json = {
    ...TYPE,
    entities: [{ id: 'e' }],
    gateways: [{ id: 'g', entity: 'nobody' }],
    branches: [{ id: 'b' }, { id: 'b' }],
    lines: [
      { id: 'l', ends: ['b', 'nowhere'] },
      { id: 'l', ends: ['b', 'planned'] },
    ],
    services: [{ id: 's', entity: 'b', at: ['e'] }],
    agreements: [{ id: 'a', consumer: 'g', grants: [{ service: 'nothing' }] }],
    demands: [
      { from: 's', to: 'l', mbps: 1 },
      { from: 'e', to: 'e', mbps: 1 },
    ],
    candidates: {
      branches: [{ id: 'planned', monthlyCostAed: 1 }],
      lines: [{ id: 'c', ends: ['b', 'planned'], modules: [{ capacityMbps: 1, monthlyCostAed: 1 }] }],
    },
  }
  assert.deepEqual(problemsOf(() => decodeModel(value)).sort(), [
    '/agreements/0/consumer must name an entity of the model',
    '/agreements/0/grants/0/service must name a service of the model',
    '/branches/1/id is the name of something else already',
    '/demands/0/from must name an entity or gateway or branch of the model',
    '/demands/0/to must name an entity or gateway or branch or service of the model',
    '/demands/1 must have two different ends',
    '/gateways/0/entity must name an entity of the model',
    '/lines/0/ends/1 must name a branch or gateway of the model',
    '/lines/1/ends/1 must name a branch or gateway of the model',
    '/lines/1/id is the name of something else already',
    '/services/0/at/0 must name a branch or gateway of the model',
    '/services/0/entity must name an entity of the model',
  ])
})

test('identifiers of a named network are those of the network', () => {
  const other = { ...structuredClone(SMALL), branches: [{ id: 'AE-AZ/branch/CORE' }], lines: [] }
  assert.deepEqual(
    problemsOf(() => decodeModel(other)),
    ['/branches/0/id must be the identifier of a branch of this network'],
  )
  const { network: _, ...unnamed } = other
  assert.deepEqual(
    problemsOf(() => decodeModel(unnamed)),
    [],
  )
})

test('an addition is checked beside the model it is for', () => {
  const model = decodeModel(structuredClone(SMALL))
  const addition = decodeAddition({
    ...ADDITION,
    branches: [{ id: 'AE-DU/branch/MORO' }],
    lines: [{ id: 'CORE-MORO', ends: ['AE-DU/branch/CORE', 'AE-DU/branch/MORO'] }],
  })
  const extended = extendModel(model, addition)
  assert.deepEqual(
    extended.lines.map(({ id }) => id),
    ['RTA-CORE', 'CORE-MORO'],
  )
  assert.equal(model.lines.length, 1)
  assert.deepEqual(
    problemsOf(() => extendModel(model, addition, addition)),
    [
      '/branches/0/id is the name of something else already',
      '/lines/0/id is the name of something else already',
    ],
  )
  const line = decodeAddition({
    ...ADDITION,
    lines: [{ id: 'x', ends: ['AE-DU/branch/CORE', 'AE-DU/branch/HATTA'] }],
  })
  assert.deepEqual(
    problemsOf(() => extendModel(model, line)),
    ['/lines/0/ends/1 must name a branch or gateway of the model'],
  )
})

test('a hostile document makes a short report', () => {
  const lines = Array.from({ length: 5_000 }, () => ({ id: 7, ends: [] }))
  assert.equal(problemsOf(() => decodeModel({ ...TYPE, lines })).length, 50)
  const branches = Array.from({ length: 5_000 }, () => ({ id: 'b' }))
  assert.equal(problemsOf(() => decodeModel({ ...TYPE, branches })).length, 50)
})
