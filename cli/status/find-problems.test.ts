import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findProblems } from './find-problems.ts'
import type { NetworkReading } from './actor-status.ts'
import { PROBLEM_TEXTS } from './problem-texts.ts'
import { tellProblem } from './tell-problem.ts'
import {
  answered,
  branch,
  CORE,
  DEWA,
  EARLIER,
  gateway,
  LATER,
  MORO,
  network,
  RTA,
  session,
  silent,
} from './testing/readings.ts'

function told(reading: NetworkReading): string[] {
  return findProblems(reading).map(({ level, code, subject }) => `${level} ${code} ${subject}`)
}

const UP = { branch: CORE, state: 'up', since: EARLIER }
const LOST = { branch: MORO, state: 'connecting', since: LATER, reason: 'connect_failed' }

test('nothing is wrong where everything answers and is linked', () => {
  assert.deepEqual(told(network()), [])
})

test('a silent branch is told once, since its first link was lost, with whom it cuts off; its links are its effect', () => {
  const lost = { links: [{ branch: MORO, state: 'down', since: '2026-11-29T02:59:30.000Z' }] }
  const reading = network({
    branches: [answered(CORE, branch(CORE, lost)), silent(MORO)],
    gateways: [
      answered(RTA, gateway(RTA, { branches: [UP, LOST] })),
      answered(DEWA, gateway(DEWA, { branches: [LOST] })),
    ],
  })
  const [problem, ...others] = findProblems(reading)
  assert.deepEqual(others, [])
  assert.deepEqual([problem?.code, problem?.subject, problem?.since], ['branch_silent', MORO, LATER])
  assert.deepEqual([problem?.facts['homes'], problem?.facts['lost'], problem?.facts['cut']], [2, 2, [DEWA]])
})

test('a gateway without any branch is cut off, where its branches answer or were not asked', () => {
  const cut = answered(RTA, gateway(RTA, { branches: [{ ...UP, ...LOST, branch: CORE }, LOST] }))
  assert.deepEqual(told(network({ gateways: [cut] })), [`wrong gateway_cut_off ${RTA}`])
  assert.deepEqual(told(network({ branches: [], gateways: [cut] })), [`wrong gateway_cut_off ${RTA}`])
})

test('a gateway whose branches have all been retired has none left', () => {
  const left = answered(RTA, gateway(RTA, { branches: [] }))
  assert.deepEqual(told(network({ gateways: [left] })), [`wrong gateway_without_branch ${RTA}`])
})

test('one link of several is told where the branch answers; a branch that leaves is no failure', () => {
  const gateways = [answered(RTA, gateway(RTA, { branches: [UP, LOST] }))]
  assert.deepEqual(told(network({ gateways })), [`wrong gateway_link_down ${RTA}`])
  const draining = { ...LOST, state: 'draining' }
  const leaving = network({
    branches: [answered(CORE, branch(CORE)), answered(MORO, branch(MORO, { state: 'draining' }))],
    gateways: [answered(RTA, gateway(RTA, { branches: [UP, draining] }))],
  })
  assert.deepEqual(told(leaving), [`notice gateway_link_down ${RTA}`, `notice branch_draining ${MORO}`])
})

test('a link between two branches that both answer is told once, since whoever noticed first', () => {
  const at = (other: string, since: string): object => ({
    links: [{ branch: other, state: 'down', since }],
  })
  const branches = [
    answered(CORE, branch(CORE, at(MORO, LATER))),
    answered(MORO, branch(MORO, at(CORE, EARLIER))),
  ]
  const problems = findProblems(network({ branches }))
  assert.deepEqual(
    problems.map(({ code, subject, since }) => [code, subject, since]),
    [['branch_link_down', CORE, EARLIER]],
  )
})

test('alarms, lost evidence and silent actors are wrong; what hurts most comes first', () => {
  const alarms = [{ alarm: 'directory_stale', since: EARLIER, detail: 'for 600 s' }]
  const text = { en: 'Line CORE-MORO fills up', ar: 'الخط CORE-MORO يمتلئ' }
  const filling = [{ alarm: 'line_filling', since: LATER, text }]
  const reading = network({
    registry: silent('AE-DU'),
    branches: [answered(CORE, branch(CORE, { alarms: filling })), answered(MORO, branch(MORO))],
    gateways: [answered(RTA, gateway(RTA, { alarms, evidence: { healthy: false } })), silent(DEWA)],
  })
  assert.deepEqual(told(reading), [
    `wrong gateway_silent ${DEWA}`,
    'wrong registry_silent registry',
    `wrong evidence_unhealthy ${RTA}`,
    `wrong gateway_alarm ${RTA}`,
    `wrong branch_alarm ${CORE}`,
  ])
  const [unseen] = findProblems(reading)
  assert.deepEqual([unseen?.facts['seen'], unseen?.facts['asked']], [2, 2])
})

test('a peer that only one of our own sessions reaches is worth knowing, not wrong', () => {
  const held = (sessions: ReturnType<typeof session>[]): string[] =>
    told(network({ gateways: [answered(RTA, gateway(RTA, { sessions }))] }))
  assert.deepEqual(held([session([CORE])]), [`notice no_spare ${RTA}`])
  assert.deepEqual(held([session([CORE]), session([MORO], { use: 'spare' })]), [])
  assert.deepEqual(held([session([CORE]), session([MORO], { use: 'ending' })]), [`notice no_spare ${RTA}`])
  assert.deepEqual(held([session([CORE], { role: 'acceptor' })]), [], 'the other side keeps the spare')
})

test('a witness that fails is told unless its branch is silent', () => {
  const witnesses = [{ branch: MORO, isCurrent: false, failingSince: LATER, detail: 'refused' }]
  const registry = answered('AE-DU', { network: 'AE-DU', since: EARLIER, log: { size: 3 }, witnesses })
  assert.deepEqual(told(network({ registry })), [`notice witness_failing ${MORO}`])
  const branches = [answered(CORE, branch(CORE)), silent<ReturnType<typeof branch>>(MORO)]
  assert.deepEqual(told(network({ registry, branches })), [`wrong branch_silent ${MORO}`])
})

test('every problem has words in both languages, and every place in them is filled', () => {
  const facts = {
    reason: 'connection_refused',
    url: 'http://x',
    homes: 4,
    lost: 3,
    cut: [DEWA],
    seen: 1,
    asked: 2,
    alarm: 'directory_stale',
    detail: 'd',
    en: 'e',
    ar: 'ع',
    far: [MORO],
    branch: [CORE],
    names: [RTA],
    count: 1,
  }
  for (const code of Object.keys(PROBLEM_TEXTS) as (keyof typeof PROBLEM_TEXTS)[]) {
    for (const language of ['en', 'ar'] as const) {
      const words = Object.values(tellProblem({ level: 'wrong', code, subject: RTA, facts }, language))
      assert.ok(
        words.every((text) => text !== '' && !text.includes('{') && !text.includes('undefined')),
        `${code} ${language}: ${words.join(' | ')}`,
      )
      assert.equal(
        words.every((text) => /\p{Script=Arabic}/u.test(text)),
        language === 'ar',
        code,
      )
    }
  }
  const cut = tellProblem({ level: 'wrong', code: 'branch_silent', subject: MORO, facts }, 'en')
  assert.match(cut.effect, /CUT OFF.*SEMI\/DEWA\/gw-1/)
  const none = tellProblem(
    { level: 'wrong', code: 'branch_silent', subject: MORO, facts: { ...facts, cut: [] } },
    'en',
  )
  assert.doesNotMatch(none.effect, /CUT OFF/)
})
