import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { decodeAddition } from './decode-model.ts'
import type { ModelAddition } from './network-model.ts'
import { readAddition, readModel } from './read-model.ts'
import { studyImpact } from './study-impact.ts'
import type { Impact } from './study-impact.ts'

const example = (name: string): Buffer =>
  readFileSync(new URL(`../../examples/plan/${name}`, import.meta.url))
const DUBAI = readModel(example('dubai.json'))
const MORO = readAddition(example('moro-branch.json'))
const CORE = 'AE-DU/branch/CORE'
const NORTH = 'AE-DU/branch/NORTH'
const ARCHIVE = 'AE-DU/COM/MORO/CLOUD/archive'
const MAPS = 'AE-DU/COM/MORO/CLOUD/maps'

const codes = ({ reasons }: Impact): string[] => reasons.map(({ code }) => code)
const uses = (list: readonly { readonly entity: string; readonly service: string }[]): string[] =>
  list.map(({ entity, service }) => `${entity} ${service}`).sort()

function addition(parts: object): ModelAddition {
  return decodeAddition({ type: 'wusla/network-addition/v1', ...parts })
}

/** The branch of the example with its line changed. */
function moroWith(line: object): ModelAddition {
  return { ...MORO, lines: MORO.lines.map((known) => ({ ...known, ...line })) }
}

suite('a new branch', () => {
  test('brings exactly the services that it hosts, to exactly those who may use them', () => {
    const impact = studyImpact(DUBAI, [MORO])
    assert.deepEqual(uses(impact.gained), [
      `AE-DU/GOV/DDA ${MAPS}`,
      `AE-DU/GOV/DHA ${MAPS}`,
      `AE-DU/GOV/RTA ${ARCHIVE}`,
      `AE-DU/GOV/RTA ${MAPS}`,
      `AE-DU/SEMI/DEWA ${MAPS}`,
    ])
    assert.deepEqual(impact.lost, [])
    const rta = impact.gained.find(({ entity, service }) => entity === 'AE-DU/GOV/RTA' && service === ARCHIVE)
    assert.deepEqual(rta, {
      entity: 'AE-DU/GOV/RTA',
      service: ARCHIVE,
      path: ['AE-DU/GOV/RTA/gw-1', CORE, 'AE-DU/branch/MORO'],
      lines: ['RTA-CORE', 'CORE-MORO'],
      hops: 2,
      latencyMs: 0.7,
    })
  })

  test('does not reach past a transit constraint, and says so', () => {
    const impact = studyImpact(DUBAI, [MORO])
    assert.deepEqual(impact.stillUnreached, [
      { entity: 'AE-DU/GOV/DHA', service: ARCHIVE, obstacle: 'transit' },
    ])
    const allowing = {
      ...MORO,
      agreements: MORO.agreements.map((agreement) => ({
        ...agreement,
        grants: [{ service: ARCHIVE, transit: { onlyClasses: ['sovereign', 'hosted'] } }],
      })),
    }
    assert.ok(uses(studyImpact(DUBAI, [allowing]).gained).includes(`AE-DU/GOV/DHA ${ARCHIVE}`))
  })

  test('costs nothing when its lines are there already and none is filled, and the words say why', () => {
    const { cost, reasons, ...impact } = studyImpact(DUBAI, [MORO])
    assert.equal(cost.extraAed, 0)
    assert.deepEqual([cost.beforeAed, cost.afterAed], [115_000, 115_000])
    assert.deepEqual(cost.installedLines, [{ line: 'CORE-MORO', installedSince: '2024-01-01' }])
    assert.deepEqual(codes({ ...impact, cost, reasons }).slice(0, 5), [
      'services_gained',
      'still_unreached',
      'existing_lines_suffice',
      'fullest_line',
      'installed_line',
    ])
    assert.equal(reasons[2]?.text.ar, 'لا كلفة إضافية في خطوط الاتصال: الخطوط القائمة تحمل كلّ شيء.')
  })

  test('names what lines of their own would have cost: one for each entity and place', () => {
    const { cost } = studyImpact(DUBAI, [MORO])
    // DDA 9,000 + DEWA 6,000 (the cheaper of its two) + RTA 4,000 + DHA 2,500, each once though RTA gains two services.
    assert.deepEqual([cost.avoidedAed, cost.avoidedLines], [21_500, 4])
  })

  test('costs its line when that is new', () => {
    const { installedSince: _, ...line } = MORO.lines[0] ?? { id: '', ends: ['', ''] }
    const impact = studyImpact(DUBAI, [{ ...MORO, lines: [line] }])
    assert.deepEqual(impact.cost.newLines, [{ line: 'CORE-MORO', monthlyCostAed: 42_000 }])
    assert.deepEqual(
      [impact.cost.beforeAed, impact.cost.extraAed, impact.cost.afterAed],
      [73_000, 42_000, 115_000],
    )
    assert.ok(codes(impact).includes('new_line') && !codes(impact).includes('existing_lines_suffice'))
  })

  test('of unknown price is not called free', () => {
    const line = { id: 'CORE-MORO', ends: [CORE, 'AE-DU/branch/MORO'] as const }
    const impact = studyImpact(DUBAI, [{ ...MORO, lines: [line] }])
    assert.deepEqual(impact.cost.unpriced, ['CORE-MORO'])
    assert.ok(
      codes(impact).includes('new_line_unpriced') && !codes(impact).includes('existing_lines_suffice'),
    )
  })

  test('that fills an existing line costs as many more of it as the traffic needs', () => {
    const demands = [{ from: 'AE-DU/GOV/RTA', to: ARCHIVE, mbps: 500 }]
    const impact = studyImpact(DUBAI, [{ ...MORO, demands }])
    // 20 Mbit/s for bills and 500 for the archive over 200 that are there: two more lines of 4,000.
    assert.deepEqual(impact.cost.upgrades, [
      { line: 'RTA-CORE', mbps: 520, capacityMbps: 200, moreLines: 2, monthlyCostAed: 8_000 },
    ])
    assert.equal(impact.cost.extraAed, 8_000)
    assert.ok(codes(impact).includes('line_filled'))
  })

  test('whose line has no capacity is not called wide enough', () => {
    const { capacityMbps: _, ...line } = MORO.lines[0] ?? { id: '', ends: ['', ''] as const }
    const impact = studyImpact(DUBAI, [{ ...MORO, lines: [line] }])
    assert.ok(codes(impact).includes('capacity_unknown'))
  })

  test('that nobody can reach yet gains nothing', () => {
    const impact = studyImpact(DUBAI, [{ ...MORO, lines: [] }])
    assert.deepEqual(impact.gained, [])
    assert.ok(impact.stillUnreached.some(({ obstacle }) => obstacle === 'not_connected'))
  })

  test('in the middle of a long chain counts against the bound on branches', () => {
    const bounded = { ...DUBAI, maxPathBranches: 2 }
    const gained = uses(studyImpact(bounded, [MORO]).gained)
    assert.ok(!gained.includes(`AE-DU/GOV/DHA ${MAPS}`) && gained.includes(`AE-DU/GOV/RTA ${MAPS}`))
  })

  test('has the latency that is known, and none that is guessed', () => {
    const impact = studyImpact(DUBAI, [moroWith({ latencyMs: 2.5 })])
    assert.equal(impact.gained.find(({ service }) => service === ARCHIVE)?.latencyMs, 2.8)
    const { latencyMs: _, ...line } = MORO.lines[0] ?? { id: '', ends: ['', ''] as const }
    const untimed = studyImpact(DUBAI, [{ ...MORO, lines: [line] }]).gained[0]
    assert.ok(untimed !== undefined && !('latencyMs' in untimed))
  })
})

suite('a new line', () => {
  test('takes single points away and costs what it costs', () => {
    const impact = studyImpact(DUBAI, [readAddition(example('third-line.json'))])
    assert.deepEqual(impact.singlePoints, { added: [], removed: ['DDA-CORE'] })
    assert.equal(impact.cost.extraAed, 7_000)
    assert.deepEqual(impact.gained, [])
    assert.deepEqual(codes(impact), ['fullest_line', 'new_line', 'point_removed'])
  })

  test('that is faster moves services to it', () => {
    const line = { id: 'fast', ends: ['AE-DU/GOV/DHA/gw-1', CORE], latencyMs: 0.1, monthlyCostAed: 1 }
    const impact = studyImpact(DUBAI, [addition({ lines: [line] })])
    const [moved] = impact.moved
    assert.equal(moved?.entity, 'AE-DU/GOV/DHA')
    assert.deepEqual(
      [moved?.before.lines, moved?.after.lines],
      [
        ['DHA-NORTH', 'CORE-NORTH', 'DDA-CORE'],
        ['fast', 'DDA-CORE'],
      ],
    )
  })

  test('between two gateways carries what they exchange', () => {
    const line = { id: 'direct', ends: ['AE-DU/GOV/RTA/gw-1', 'AE-DU/SEMI/DEWA/gw-1'], latencyMs: 0.1 }
    const impact = studyImpact(DUBAI, [addition({ lines: [line] })])
    assert.deepEqual(impact.moved[0]?.after.lines, ['direct'])
    assert.ok(impact.after.lines.some((use) => use.line === 'direct' && use.mbps === 60))
  })
})

suite('a new agreement', () => {
  const bills = 'AE-DU/SEMI/DEWA/BILLING/bills'
  const granting = (transit?: object): ModelAddition =>
    addition({
      agreements: [
        {
          id: 'dha-bills',
          consumer: 'AE-DU/GOV/DHA',
          grants: [{ service: bills, ...(transit === undefined ? {} : { transit }) }],
        },
      ],
    })

  test('adds one service for one entity over the lines it has', () => {
    const impact = studyImpact(DUBAI, [granting()])
    assert.deepEqual(uses(impact.gained), [`AE-DU/GOV/DHA ${bills}`])
    assert.equal(impact.cost.extraAed, 0)
  })

  test('that may not pass a branch takes the other way, or none', () => {
    const around = studyImpact(DUBAI, [granting({ avoid: [CORE] })])
    assert.deepEqual(around.gained[0]?.lines, ['DHA-NORTH', 'DEWA-NORTH'])
    const nowhere = studyImpact(DUBAI, [granting({ avoid: [NORTH] })])
    assert.deepEqual(nowhere.gained, [])
    assert.equal(nowhere.stillUnreached[0]?.obstacle, 'transit')
    // Every branch on the way must be named, the first and the last included.
    assert.deepEqual(studyImpact(DUBAI, [granting({ only: [NORTH] })]).gained[0]?.lines, [
      'DHA-NORTH',
      'DEWA-NORTH',
    ])
    assert.deepEqual(studyImpact(DUBAI, [granting({ only: [CORE] })]).gained, [])
  })

  test('may be the very content that the parties sign', () => {
    const content = {
      type: 'wusla/agreement/v1',
      network: 'AE-DU',
      title: { ar: 'فواتير', en: 'Bills' },
      parties: [
        { member: 'AE-DU/SEMI/DEWA', role: 'provider' },
        { member: 'AE-DU/GOV/DHA', role: 'consumer' },
      ],
      grants: [
        {
          service: bills,
          operations: [{ method: 'GET', path: '/bills/*' }],
          kinds: ['api'],
          dataClass: 'confidential',
          transit: { avoid: [CORE] },
        },
      ],
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2027-01-01T00:00:00.000Z',
      nonce: 'AAECAwQFBgcICQoLDA0ODw',
    }
    const impact = studyImpact(DUBAI, [readAddition(Buffer.from(JSON.stringify(content)))])
    assert.deepEqual(impact.gained[0]?.lines, ['DHA-NORTH', 'DEWA-NORTH'])
    // As it is proposed, before the gateway adds what only it can.
    const { type: _type, network: _network, nonce: _nonce, ...draft } = content
    const drafted = studyImpact(DUBAI, [readAddition(Buffer.from(JSON.stringify(draft)))])
    assert.deepEqual(drafted.gained, impact.gained)
    const foreign = { ...draft, parties: draft.parties.slice(0, 1) }
    assert.throws(() => readAddition(Buffer.from(JSON.stringify(foreign))), { code: 'invalid_agreement' })
  })
})
