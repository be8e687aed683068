import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReached, type PathAnswer, type PeerPaths, type Way } from './path-answer.ts'
import { pathPage } from './path-page.ts'
import { CORE, DEWA, EARLIER, LATER, MORO, NOW, RTA, session } from './testing/readings.ts'

const BILLS = 'AE-DU/SEMI/DEWA/BILLING/bills'
const LEG = {
  from: CORE,
  to: MORO,
  lines: ['CORE-MORO'],
  rttMs: 5.25,
  usedMbps: 812.4,
  capacityMbps: 1_000,
  monthlyCostAed: 42_000,
  riskGroups: ['ring-north'],
}
const DIRECT: Way = { path: [MORO], use: 'spare', costMs: 0.1, reason: 'r', legs: [] }
const LONG: Way = { path: [CORE, MORO], use: 'in_use', costMs: 5.5, reason: 'r', legs: [LEG] }

function answer(peer: Partial<PeerPaths>, changes: Partial<PathAnswer> = {}): PathAnswer {
  const links = [
    { branch: CORE, state: 'up', since: EARLIER, rttMs: 0.4 },
    { branch: MORO, state: 'up', since: EARLIER, rttMs: 0.9 },
  ]
  const told = { gateway: DEWA, sessions: [], ways: [], unanswered: [], ...peer }
  return { from: RTA, to: DEWA, links, gateways: [told], ...changes }
}

function page(told: PathAnswer, language: 'en' | 'ar' = 'en'): string[] {
  return pathPage(told, language, Date.parse(NOW))
}

test('the path in use comes first with why, then the spare, then every way with its figures', () => {
  const sessions = [
    { ...session([MORO], { use: 'spare', rttMs: 1.5 }), allowed: true },
    { ...session([CORE, MORO], { role: 'acceptor' }), allowed: true },
  ]
  const told = answer({ sessions, ways: [LONG, DIRECT] })
  assert.ok(isReached(told))
  assert.deepEqual(page(told), [
    'GOV/RTA/gw-1 → SEMI/DEWA/gw-1',
    '  in use: CORE › MORO',
    '    for 10m, round trip 2.50 ms, 1 active, 1234 sent, 0 served',
    '    why: the other gateway opened it; a way that costs 5.40 ms less is not in use',
    '  spare: MORO',
    '    for 10m, round trip 1.50 ms, 1 active, 1234 sent, 0 served',
    '',
    '  WAYS',
    '  use     path            cost      rtt  Mbit/s used/of  AED/month  lines      shared risk',
    '  in use  CORE › MORO  5.50 ms  5.25 ms        812/1000      42000  CORE-MORO  ring-north',
    '  spare   MORO         0.10 ms',
    '',
  ])
})

test('without a session: what would be opened and why there, or that there is no path', () => {
  const next = answer({
    ways: [
      { ...LONG, use: 'next' },
      { ...DIRECT, use: 'possible' },
    ],
  })
  assert.ok(isReached(next))
  assert.deepEqual(page(next).slice(1, 3), [
    '  no session now; a request would open one over CORE › MORO',
    '    why: the least costly way as a whole: 0.40 ms to CORE and 5.50 ms beyond it',
  ])
  const none = answer(
    {},
    { links: [{ branch: CORE, state: 'connecting', since: LATER, reason: 'no_answer' }] },
  )
  assert.ok(!isReached(none))
  assert.match(page(none)[1] ?? '', /^ {2}NO PATH: /)
  assert.equal(page(none).at(-1), 'our link to CORE is connecting (no_answer) since 02:59:00Z')
  const unasked = answer({ unanswered: [{ branch: CORE, code: 'branch_unreachable', detail: 'it is slow' }] })
  assert.ok(page(unasked).includes('  CORE did not weigh: it is slow'))
})

test('without a spare: which way would be one, or that none is known', () => {
  const sessions = [{ ...session([CORE, MORO]), allowed: true }]
  const known = page(answer({ sessions, ways: [LONG, { ...DIRECT, use: 'next_spare' }] }))
  assert.ok(known.includes('  no spare now; it would go over MORO'))
  const unknown = page(answer({ sessions, ways: [LONG] }))
  assert.ok(unknown.includes('  no spare: no way without the branches in use is known'))
  assert.ok(unknown.includes('    why: the only way known'))
})

test('the terms of a service and what they forbid are named', () => {
  const sessions = [{ ...session([MORO], { use: 'in_use' }), allowed: false }]
  const terms = { avoid: [MORO], agreements: ['h'] }
  const ways: Way[] = [{ ...DIRECT, use: 'forbidden' }]
  const told = answer({ sessions, ways }, { service: BILLS, terms })
  assert.ok(!isReached(told), 'a session that the terms do not let be used is no path')
  assert.deepEqual(page(told).slice(0, 4), [
    'terms of SEMI/DEWA/BILLING/bills: never over MORO',
    'GOV/RTA/gw-1 → SEMI/DEWA/gw-1',
    '  open, but the terms do not let it be used: MORO',
    '    for 10m, round trip 2.50 ms, 1 active, 1234 sent, 0 served',
  ])
  assert.ok(page(told).some((line) => line.startsWith('  FORBIDDEN  MORO')))
  const nobody = answer({}, { service: BILLS, terms: { agreements: [] } })
  assert.match(page(nobody)[0] ?? '', /^no agreement in force grants SEMI\/DEWA\/BILLING\/bills/)
})

test('in Arabic nothing but names, units and codes is left in Latin letters', () => {
  const sessions = [{ ...session([CORE, MORO]), allowed: true }]
  const told = answer(
    {
      sessions,
      ways: [
        { ...LONG, legs: [] },
        { ...DIRECT, use: 'forbidden' },
      ],
    },
    { service: BILLS, terms: { only: [CORE, MORO], agreements: ['h'] } },
  )
  const bare = page(told, 'ar').map((line) => line.replaceAll(/\u2066[^\u2069]*\u2069|\bms\b/g, ''))
  assert.deepEqual(
    bare.filter((line) => /[A-Za-z]/.test(line)),
    [],
  )
})
