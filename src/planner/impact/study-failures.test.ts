import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Json } from '../../protocol/canonical-json.ts'
import { decodeModel } from '../decode-model.ts'
import { readModel } from '../read-model.ts'
import { studyImpact } from '../study-impact.ts'

const DUBAI = readModel(readFileSync(new URL('../../../examples/plan/dubai.json', import.meta.url)))
const NORTH = 'AE-DU/branch/NORTH'

test('what one branch or line takes away is listed by entity and service', () => {
  const { after } = studyImpact(DUBAI)
  const ofNorth = after.failures.find(({ id }) => id === NORTH)
  assert.deepEqual(ofNorth, {
    kind: 'branch',
    id: NORTH,
    lost: [{ entity: 'AE-DU/GOV/DHA', service: 'AE-DU/GOV/DDA/PORTAL/holidays' }],
    lostDemands: [],
    overloaded: [],
    branchPairs: 0,
  })
  // DEWA has a second line, so losing the first takes nothing away.
  assert.equal(
    after.failures.find(({ id }) => id === 'DEWA-CORE'),
    undefined,
  )
  assert.equal(after.examined, 8)
})

test('lines of one shared-risk group fail together', () => {
  const model = {
    ...DUBAI,
    lines: DUBAI.lines.map((line) =>
      line.id.startsWith('DEWA')
        ? { ...line, sharedRiskGroups: ['duct-7', 'alone'].slice(0, line.id === 'DEWA-CORE' ? 2 : 1) }
        : line,
    ),
  }
  const groups = studyImpact(model).after.failures.filter(({ kind }) => kind === 'group')
  assert.deepEqual(
    groups.map(({ id, lost, lostDemands }) => [id, lost.length, lostDemands.length]),
    [['duct-7', 2, 1]],
  )
})

test('a line that has to carry another one and cannot is named', () => {
  const model = decodeModel({
    type: 'wusla/network-model/v1',
    branches: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
    lines: [
      { id: 'ab', ends: ['a', 'b'], capacityMbps: 100, latencyMs: 1 },
      { id: 'bc', ends: ['b', 'c'], capacityMbps: 100, latencyMs: 1 },
      { id: 'ac', ends: ['a', 'c'], capacityMbps: 100, latencyMs: 1 },
    ],
    demands: [
      { from: 'a', to: 'b', mbps: 60 },
      { from: 'a', to: 'c', mbps: 70 },
      // The other direction does not count against the same capacity.
      { from: 'b', to: 'a', mbps: 80 },
    ],
  })
  const { after, reasons } = studyImpact(model)
  assert.deepEqual(
    after.lines.map(({ line, mbps, utilisation }) => [line, mbps, utilisation]),
    [
      ['ab', 80, 0.8],
      ['bc', 0, 0],
      ['ac', 70, 0.7],
    ],
  )
  assert.deepEqual(
    after.failures.filter(({ kind }) => kind === 'line').map(({ id, overloaded }) => [id, overloaded]),
    [
      ['ab', [{ line: 'ac', utilisation: 1.3 }]],
      ['ac', [{ line: 'ab', utilisation: 1.3 }]],
    ],
  )
  assert.ok(reasons.some(({ code }) => code === 'failure_fills_line'))
})

test('a demand that takes another way does not count on the old one any more', () => {
  const line = (id: string, a: string, b: string, latencyMs: number): object => ({
    id,
    ends: [a, b],
    capacityMbps: 100,
    latencyMs,
  })
  const model = decodeModel({
    type: 'wusla/network-model/v1',
    branches: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }],
    lines: [
      line('ab', 'a', 'b', 1),
      line('bc', 'b', 'c', 1),
      line('ad', 'a', 'd', 2),
      line('db', 'd', 'b', 2),
    ],
    demands: [{ from: 'a', to: 'c', mbps: 60 }],
  } as Json)
  const effect = studyImpact(model).after.failures.find(({ id }) => id === 'ab')
  assert.equal(effect, undefined)
})

test('a demand for what nobody granted has no path, and that is the reason', () => {
  const demands = [{ from: 'AE-DU/GOV/DHA', to: 'AE-DU/SEMI/DEWA/BILLING/bills', mbps: 1 }]
  const impact = studyImpact({ ...DUBAI, demands })
  assert.deepEqual(impact.after.demands, [
    { from: 'AE-DU/GOV/DHA', to: 'AE-DU/SEMI/DEWA/BILLING/bills', obstacle: 'not_granted' },
  ])
  assert.ok(impact.reasons.some(({ code }) => code === 'demand_blocked'))
})
