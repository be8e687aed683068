import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { BILLS, DEWA, RTA, StubNetwork } from './stub-network.ts'

let network: StubNetwork
before(async () => {
  network = await StubNetwork.start()
})
beforeEach(() => {
  network.asked.length = 0
  network.answers = {}
})
after(() => network[Symbol.dispose]())

const PURPOSE = ['--purpose-en', 'Addresses', '--purpose-ar', 'العناوين']

const row = (change: object): object => ({
  id: 'A',
  kind: 'service',
  status: 'draft',
  parties: [DEWA, RTA],
  validity: { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
  ...change,
})

const REQUEST = {
  id: 'R',
  status: 'open',
  receivedAt: '2026-01-01T00:00:00.000Z',
  answerBy: '2026-01-15T00:00:00.000Z',
  isOverdue: true,
  request: {
    provider: DEWA,
    consumer: RTA,
    services: [{ service: BILLS, operations: [{ method: 'GET', path: '/bills' }] }],
    purpose: ['licensing'],
    dataClass: 'confidential',
    days: 30,
  },
}

test('a consumer requests, the provider proposes what was requested, and the consumer counters', async (t) => {
  network.answers = {
    'POST /v1/access-requests': { request: 'R', answerBy: REQUEST.answerBy },
    'GET /v1/access-requests': { requests: [REQUEST] },
    'POST /v1/agreements?request=R': { agreement: 'A' },
  }
  const nothing = await network.wusla(t, 'agreement', 'request', '--service', BILLS, '--consumer', RTA)
  assert.deepEqual([nothing.code, /what the data is used for/.test(nothing.stderr)], [2, true])
  const told = await network.wusla(
    t,
    'agreement',
    'request',
    '--service',
    BILLS,
    '--consumer',
    RTA,
    ...PURPOSE,
    '--json',
  )
  assert.equal(told.code, 0, told.stderr)
  assert.deepEqual(JSON.parse(told.stdout), { request: 'R', answerBy: REQUEST.answerBy })
  assert.deepEqual(
    [network.asked[0]?.call, network.asked[0]?.body['provider'], network.asked[0]?.body['days']],
    ['rta POST /v1/access-requests', DEWA, 365],
  )
  const listed = await network.wusla(t, 'agreement', 'list', '--requests')
  assert.match(listed.stdout, /^R {2}open {2}.*answer by 2026-01-15T00:00:00.000Z {2}overdue\n$/)
  const proposed = await network.wusla(t, 'agreement', 'propose', '--request', 'R')
  assert.equal(proposed.code, 0, proposed.stderr)
  assert.equal(network.asked[1]?.call, 'dewa POST /v1/agreements?request=R')
  const content = { ...network.asked[1].body, type: 'wusla/agreement/v1', network: 'AE-DU', nonce: 'n' }
  network.answers = {
    'GET /v1/agreements': { agreements: [row({ proposedBy: DEWA, content })] },
    'POST /v1/agreements?counters=A': { agreement: 'B' },
  }
  const countered = await network.wusla(t, 'agreement', 'counter', 'A', '--requests-per-day', '7')
  assert.equal(countered.code, 0, countered.stderr)
  const { call, body } = network.asked[2] ?? { call: '', body: {} }
  const { nonce, type, grants } = body as { nonce?: string; type?: string; grants: { limits: object }[] }
  assert.deepEqual([call, nonce, type], ['rta POST /v1/agreements?counters=A', undefined, undefined])
  assert.deepEqual(grants[0]?.limits, { requestsPerDay: 7 })
})

test('each word goes to the side that may say it, and where either may, the user says which', async (t) => {
  network.answers = {
    'GET /v1/agreements': { agreements: [row({ proposedBy: RTA })] },
    'GET /v1/access-requests': { requests: [REQUEST] },
    'POST /v1/agreements/A/freeze': {},
    'POST /v1/agreements/A/refuse': {},
    'POST /v1/agreements/A/revoke': {},
    'POST /v1/access-requests/R/refuse': {},
    'POST /v1/access-requests/R/withdraw': {},
  }
  assert.match(
    (await network.wusla(t, 'agreement', 'freeze', 'A')).stdout,
    /^froze A at AE-DU\/SEMI\/DEWA\/gw-1\n$/,
  )
  const guess = await network.wusla(t, 'agreement', 'refuse', 'A', '--reason', 'no')
  assert.deepEqual([guess.code, /--member with one of/.test(guess.stderr)], [2, true])
  for (const [id, member] of [
    ['A', DEWA],
    ['R', DEWA],
    ['R', RTA],
  ] as const)
    assert.equal(
      (await network.wusla(t, 'agreement', 'refuse', id, '--reason', 'no', '--member', member)).code,
      0,
    )
  const ended = await network.wusla(t, 'agreement', 'terminate', 'A', '--member', RTA, '--reason', 'over')
  assert.equal(ended.stdout, `terminated A at ${RTA}/gw-1\n`)
  assert.deepEqual(network.asked, [
    { call: 'dewa POST /v1/agreements/A/freeze', body: {} },
    { call: 'dewa POST /v1/agreements/A/refuse', body: { reason: 'no' } },
    { call: 'dewa POST /v1/access-requests/R/refuse', body: { reason: 'no' } },
    { call: 'rta POST /v1/access-requests/R/withdraw', body: {} },
    { call: 'rta POST /v1/agreements/A/revoke', body: { reason: 'over' } },
  ])
})

const BEGUN = {
  signing: 'S',
  address: 'http://127.0.0.1:1/sign/ticket',
  expiresAt: '2026-01-01T00:15:00.000Z',
}

test('a person signs at the gateway of the member whose mandate it has; what was not signed is said', async (t) => {
  const view = { signing: 'S', agreements: ['A', 'B'], signed: ['A'] }
  const failures = [{ agreement: 'B', code: 'mandate_out_of_scope', message: 'Too much.' }]
  network.answers = {
    'GET /v1/agreements': { agreements: [row({}), row({ id: 'B' })] },
    'GET /v1/agreements/A': row({ status: 'frozen', signedBy: [RTA] }),
    'POST /v1/signings': BEGUN,
    'POST /control/visit': {},
    'GET /v1/signings/S': { ...view, status: 'finished', failures },
  }
  const told = await network.wusla(t, 'agreement', 'sign', 'A', 'B', '--persona', 'noura')
  assert.equal(told.code, 1, told.stderr)
  assert.match(
    told.stdout,
    /^signed A for AE-DU\/GOV\/RTA\nnext: an official of AE-DU\/SEMI\/DEWA runs .*\nnot signed: B: Too much\. \(mandate_out_of_scope\)\n$/,
  )
  assert.deepEqual(network.asked, [
    { call: 'rta POST /v1/signings', body: { agreements: ['A', 'B'], language: 'ar' } },
    {
      call: 'stand-in POST /control/visit',
      body: { address: BEGUN.address, persona: 'noura', answer: 'approve' },
    },
  ])
  assert.doesNotMatch(told.stdout + told.stderr, /ticket/, 'who needs no browser is given no address')
})

test('without a person the address is told, and what the gateway says in the end is the answer', async (t) => {
  let looks = 0
  const error = { code: 'login_cancelled', message: 'The person said no.' }
  network.answers = {
    'GET /v1/agreements': { agreements: [row({ status: 'frozen', signedBy: [RTA] })] },
    'POST /v1/signings': BEGUN,
    'GET /v1/signings/S': () => {
      looks += 1
      const view = { signing: 'S', agreements: ['A'], signed: [] }
      return looks < 3 ? { ...view, status: 'waiting_for_login' } : { ...view, status: 'failed', error }
    },
  }
  const told = await network.wusla(t, 'agreement', 'sign', 'A', '--json')
  assert.equal(told.code, 1)
  assert.match(
    told.stderr,
    /open in a browser, before 2026-01-01T00:15:00.000Z:\n {2}http:\/\/127.0.0.1:1\/sign\/ticket\n/,
  )
  assert.equal((JSON.parse(told.stdout) as { error: { code: string } }).error.code, 'login_cancelled')
  assert.deepEqual(
    network.asked.map(({ call }) => call),
    ['dewa POST /v1/signings'],
    'the side that has not signed is asked',
  )
  const briefly = await network.wusla(t, 'agreement', 'sign', 'A', '--no-wait', '--json')
  assert.deepEqual(JSON.parse(briefly.stdout), BEGUN)
  const nobody = await network.wusla(t, 'agreement', 'sign', 'A', '--persona', 'nobody')
  assert.deepEqual([nobody.code, /with one of: noura, layla, rashid/.test(nobody.stderr)], [2, true])
})
