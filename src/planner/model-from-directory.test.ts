import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceAgreement } from '../agreements/agreement.ts'
import { draftHosting } from '../agreements/testing/draft-agreement.ts'
import { decodeModel, encodeModel } from './decode-model.ts'
import { modelFromDirectory } from './model-from-directory.ts'
import type { DirectoryFacts } from './model-from-directory.ts'
import { studyImpact } from './study-impact.ts'

const N = 'AE-DU'
const [RTA, DEWA, DHA] = [`${N}/GOV/RTA`, `${N}/SEMI/DEWA`, `${N}/GOV/DHA`]
const [CORE, MORO] = [`${N}/branch/CORE`, `${N}/branch/MORO`]
const BILLS = `${DEWA}/BILLING/bills`
const NOW = Date.parse('2026-11-23T00:00:00Z')

function agreement(
  consumer: string,
  service: string,
  changes: Partial<ServiceAgreement> = {},
): ServiceAgreement {
  return {
    type: 'wusla/agreement/v1',
    network: N,
    title: { ar: 'اتفاقية', en: 'Agreement' },
    parties: [
      { member: service.split('/', 3).join('/'), role: 'provider' },
      { member: consumer, role: 'consumer' },
    ],
    grants: [
      {
        service,
        operations: [{ method: 'GET', path: '/**' }],
        kinds: ['api'],
        dataClass: 'confidential',
        transit: { avoid: [MORO] },
      },
    ],
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2027-01-01T00:00:00.000Z',
    nonce: 'AAECAwQFBgcICQoLDA0ODw',
    ...changes,
  }
}

const FACTS: DirectoryFacts = {
  network: N,
  members: [
    { member: RTA, status: 'active' },
    { member: DEWA, status: 'active', name: { ar: 'ديوا', en: 'DEWA' } },
    { member: DHA, status: 'active' },
  ],
  gateways: [
    { gateway: `${RTA}/gw-1`, member: RTA, branches: [CORE, MORO] },
    { gateway: `${DEWA}/gw-1`, member: DEWA, branches: [CORE] },
    { gateway: `${DEWA}/gw-2`, member: DEWA, branches: [MORO] },
    { gateway: `${DHA}/gw-1`, member: DHA, branches: [MORO] },
  ],
  branches: [
    { branch: CORE, host: DEWA },
    { branch: MORO, class: 'hosted' },
  ],
  lines: [
    {
      line: 'CORE-MORO',
      ends: [CORE, MORO],
      capacityMbps: 1_000,
      monthlyCostAed: 42_000,
      riskGroups: ['ring'],
    },
    {
      line: 'RTA-CORE',
      ends: [`${RTA}/gw-1`, CORE],
      capacityMbps: 200,
      monthlyCostAed: 4_000,
      installedSince: '2020-01-01',
    },
  ],
  services: [{ service: BILLS }, { service: `${DHA}/PERMITS/facilities`, open: { operations: [] } }],
  agreements: [
    { agreement: 'hash-1', status: 'effective', content: agreement(RTA, BILLS) },
    { agreement: 'hash-2', status: 'suspended', content: agreement(DHA, BILLS) },
    {
      agreement: 'hash-3',
      status: 'effective',
      content: agreement(DHA, BILLS, { validUntil: '2026-11-23T00:00:00.000Z' }),
    },
    { agreement: 'hash-4', status: 'effective', content: undefined },
    { agreement: 'hash-5', status: 'effective', content: agreement(DHA, `${DEWA}/BILLING/withdrawn`) },
    { agreement: 'hash-6', status: 'effective', content: draftHosting() },
  ],
}

test('records become the parts of a model; a service stands behind every gateway of its member', () => {
  const model = modelFromDirectory(FACTS, NOW)
  assert.deepEqual(model.services[0], {
    id: BILLS,
    entity: DEWA,
    at: [`${DEWA}/gw-1`, `${DEWA}/gw-2`],
    open: false,
  })
  assert.equal(model.services[1]?.open, true)
  assert.deepEqual(model.branches, [
    { id: CORE, host: DEWA },
    { id: MORO, class: 'hosted' },
  ])
  assert.equal(model.maxPathBranches, 8)
})

test('an agreement counts until another takes its place', () => {
  const [first] = FACTS.agreements
  assert.ok(first !== undefined)
  const from = (ms: number) => ({ ...first, superseded: { from: new Date(ms).toISOString() } })
  const idsWith = (agreement: typeof first) =>
    modelFromDirectory({ ...FACTS, agreements: [agreement] }, NOW).agreements.map(({ id }) => id)
  assert.deepEqual(idsWith(from(NOW + 1)), ['hash-1'])
  assert.deepEqual(idsWith(from(NOW)), [])
})

test('only agreements in force whose content is known grant anything', () => {
  const { agreements } = modelFromDirectory(FACTS, NOW)
  assert.deepEqual(agreements, [
    { id: 'hash-1', consumer: RTA, grants: [{ service: BILLS, transit: { avoid: [MORO] } }] },
  ])
  const before = Date.parse('2025-12-31T23:59:59.999Z')
  assert.deepEqual(modelFromDirectory(FACTS, before).agreements, [])
})

test('a home branch without a registered line is a line of which nothing is known', () => {
  const { lines } = modelFromDirectory(FACTS, NOW)
  assert.deepEqual(
    lines.map(({ id }) => id),
    [
      'CORE-MORO',
      'RTA-CORE',
      `home ${RTA}/gw-1 ${MORO}`,
      `home ${DEWA}/gw-1 ${CORE}`,
      `home ${DEWA}/gw-2 ${MORO}`,
      `home ${DHA}/gw-1 ${MORO}`,
    ],
  )
  assert.deepEqual(lines[2], { id: `home ${RTA}/gw-1 ${MORO}`, ends: [`${RTA}/gw-1`, MORO] })
  assert.equal(lines[1]?.installedSince, '2020-01-01')
})

test('what branches measured becomes latency and demand', () => {
  const model = modelFromDirectory(FACTS, NOW, {
    roundTrips: [{ ends: [MORO, CORE], rttMs: 1.2 }],
    demands: [
      { from: `${RTA}/gw-1`, to: `${DEWA}/gw-1`, mbps: 3, backMbps: 20 },
      { from: `${RTA}/gw-1`, to: `${N}/GOV/GONE/gw-1`, mbps: 3 },
    ],
  })
  assert.equal(model.lines[0]?.latencyMs, 0.6)
  assert.deepEqual(model.demands, [
    { from: `${RTA}/gw-1`, to: `${DEWA}/gw-1`, mbps: 3, backMbps: 20, basis: 'measured' },
  ])
})

test('a line between two gateways counts while one of them is dialled there, and crosses no branch', () => {
  const direct = {
    ...(FACTS.lines[1] ?? assert.fail()),
    line: 'RTA-DEWA',
    ends: [`${RTA}/gw-1`, `${DEWA}/gw-1`],
  }
  const facts = (address?: string): DirectoryFacts => ({
    ...FACTS,
    lines: [direct],
    gateways: [
      { gateway: `${RTA}/gw-1`, member: RTA, branches: [] },
      {
        gateway: `${DEWA}/gw-1`,
        member: DEWA,
        branches: [],
        ...(address === undefined ? {} : { direct: { address } }),
      },
    ],
    services: [{ service: BILLS }],
    agreements: FACTS.agreements.slice(0, 1),
  })
  assert.deepEqual(modelFromDirectory(facts(), NOW).lines, [])
  const model = modelFromDirectory(facts('10.1.2.3:7443'), NOW)
  assert.deepEqual(
    model.lines.map(({ id }) => id),
    ['RTA-DEWA'],
  )
  // The agreement avoids a branch: a direct path keeps that.
  const { reached } = studyImpact(model).after
  assert.deepEqual(
    reached.map(({ entity, service }) => [entity, service]),
    [[RTA, BILLS]],
  )
})

test('a suspended member reaches nothing and is not reached', () => {
  const reached = (facts: DirectoryFacts): string[] =>
    studyImpact(modelFromDirectory(facts, NOW)).after.reached.map(
      ({ entity, service }) => `${entity} ${service}`,
    )
  assert.deepEqual(
    reached(FACTS).sort(),
    [`${RTA} ${DHA}/PERMITS/facilities`, `${RTA} ${BILLS}`, `${DEWA} ${DHA}/PERMITS/facilities`].sort(),
  )
  const members = FACTS.members.map((record) =>
    record.member === DEWA ? { ...record, status: 'suspended' as const } : record,
  )
  assert.deepEqual(reached({ ...FACTS, members }), [`${RTA} ${DHA}/PERMITS/facilities`])
})

test('as a file it says the same', () => {
  const model = modelFromDirectory(FACTS, NOW)
  assert.deepEqual(decodeModel(JSON.parse(JSON.stringify(encodeModel(model)))), model)
})
