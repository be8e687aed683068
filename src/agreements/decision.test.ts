import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileGrants, decide, explainDecision } from './decision.ts'
import type { AccessQuery, AccessSource, Decision, RecordedAgreement } from './decision.ts'
import { agreementHash, grantsOf } from './agreement.ts'
import { draft } from './testing/draft-agreement.ts'
import type { Draft } from './testing/draft-agreement.ts'

const CLIENT = 'AE-DU/GOV/RTA/LICENSING'
const SERVICE = 'AE-DU/SEMI/DEWA/BILLING/bills'
const CONSUMER = 'AE-DU/GOV/RTA'
const PROVIDER = 'AE-DU/SEMI/DEWA'
const NOON = Date.parse('2026-11-23T12:00:00.000Z')
const YEAR_MS = 365 * 24 * 3_600_000

const call = (change: Partial<AccessQuery> = {}): AccessQuery => ({
  client: CLIENT,
  service: SERVICE,
  method: 'GET',
  path: '/bills/7',
  nowMs: NOON,
  ...change,
})

function recorded(change: Draft = {}, standing: Partial<RecordedAgreement> = {}): RecordedAgreement {
  const content = draft(change)
  return { hash: agreementHash(content), content, status: 'effective', ...standing }
}

function decideWith(
  agreements: RecordedAgreement[],
  query: AccessQuery,
  source: Partial<AccessSource> = {},
): Decision {
  return decide(compileGrants({ agreements, ...source }), query)
}

function reasonOf(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.reason
}

describe('a call under one agreement', () => {
  const one = recorded()

  it('is allowed under its hash and grant', () => {
    const decision = decideWith([one], call())
    assert.deepEqual(decision, {
      allowed: true,
      agreement: one.hash,
      grant: grantsOf(one.content)[0],
      grantIndex: 0,
      validUntilMs: Date.parse(one.content.validUntil),
    })
  })

  it('answers the same the second time, from memory', () => {
    const rules = compileGrants({ agreements: [one] })
    assert.deepEqual(decide(rules, call()), decide(rules, call()))
    assert.deepEqual(decide(rules, call({ method: 'PUT' })), decide(rules, call({ method: 'PUT' })))
  })

  it('is not allowed to HEAD by a right to GET', () => {
    assert.equal(reasonOf(decideWith([one], call({ method: 'HEAD' }))), 'operation_not_granted')
  })

  it('follows the path pattern', () => {
    assert.equal(reasonOf(decideWith([one], call({ path: '/bills/7/lines' }))), 'operation_not_granted')
    assert.equal(reasonOf(decideWith([one], call({ path: '/other' }))), 'operation_not_granted')
  })

  it('follows the kind', () => {
    assert.equal(reasonOf(decideWith([one], call({ kind: 'files' }))), 'kind_not_granted')
    const both = recorded({ grant: { kinds: ['api', 'files'] } })
    assert.equal(reasonOf(decideWith([both], call({ kind: 'files' }))), 'allowed')
  })

  it('is for any system of the consumer and for the consumer itself, unless systems are listed', () => {
    const any = recorded()
    const listed = recorded({ grant: { clients: [CLIENT] } })
    assert.equal(reasonOf(decideWith([any], call({ client: CONSUMER }))), 'allowed')
    assert.equal(reasonOf(decideWith([any], call({ client: `${CONSUMER}/OTHER` }))), 'allowed')
    assert.equal(reasonOf(decideWith([listed], call())), 'allowed')
    assert.equal(reasonOf(decideWith([listed], call({ client: CONSUMER }))), 'client_not_granted')
    assert.equal(reasonOf(decideWith([listed], call({ client: `${CONSUMER}/OTHER` }))), 'client_not_granted')
  })

  it('does not work the other way round, nor for a third', () => {
    const back = call({ client: 'AE-DU/SEMI/DEWA/BILLING', service: 'AE-DU/GOV/RTA/LICENSING/plates' })
    assert.equal(reasonOf(decideWith([one], back)), 'no_agreement')
    assert.equal(reasonOf(decideWith([one], call({ client: 'AE-DU/GOV/DHA/CLINIC' }))), 'no_agreement')
    // The name of one member is the beginning of the name of another.
    assert.equal(reasonOf(decideWith([one], call({ client: 'AE-DU/GOV/RTA2/LICENSING' }))), 'no_agreement')
  })

  it('begins with the first millisecond of validity and ends before the last', () => {
    const fromMs = Date.parse(one.content.validFrom)
    const untilMs = Date.parse(one.content.validUntil)
    assert.equal(reasonOf(decideWith([one], call({ nowMs: fromMs - 1 }))), 'not_yet_valid')
    assert.equal(reasonOf(decideWith([one], call({ nowMs: fromMs }))), 'allowed')
    assert.equal(reasonOf(decideWith([one], call({ nowMs: untilMs - 1 }))), 'allowed')
    assert.equal(reasonOf(decideWith([one], call({ nowMs: untilMs }))), 'expired')
  })

  it('is judged by the clock of the call even when the answer is remembered', () => {
    const rules = compileGrants({ agreements: [one] })
    assert.equal(reasonOf(decide(rules, call())), 'allowed')
    assert.equal(reasonOf(decide(rules, call({ nowMs: NOON + 9 * YEAR_MS }))), 'expired')
  })
})

describe('a refusal', () => {
  it('names the party that can resume a suspended agreement', () => {
    const decision = decideWith([recorded({}, { status: 'suspended', suspendedBy: [PROVIDER] })], call())
    assert.partialDeepStrictEqual(decision, {
      allowed: false,
      code: 'access_denied',
      reason: 'suspended',
      changedBy: [PROVIDER],
      remedy: `It can be resumed by ${PROVIDER}.`,
    })
  })

  it('says that a revocation is final', () => {
    const agreement = recorded({}, { status: 'revoked' })
    const decision = decideWith([agreement], call())
    assert.partialDeepStrictEqual(decision, {
      reason: 'revoked',
      agreement: agreement.hash,
      changedBy: [CONSUMER, PROVIDER],
    })
  })

  it('calls a suspended agreement expired once it is', () => {
    const agreement = recorded({}, { status: 'suspended', suspendedBy: [PROVIDER] })
    assert.equal(reasonOf(decideWith([agreement], call({ nowMs: NOON + 9 * YEAR_MS }))), 'expired')
  })

  it('says who has to propose and who has to accept', () => {
    const decision = decideWith([], call())
    assert.partialDeepStrictEqual(decision, {
      code: 'access_denied',
      reason: 'no_agreement',
      changedBy: [CONSUMER, PROVIDER],
      remedy: `${CONSUMER} proposes an agreement for ${SERVICE}, and ${PROVIDER} accepts it.`,
    })
  })

  it('tells an agreement without the service from none at all', () => {
    const other = recorded({ grant: { service: 'AE-DU/SEMI/DEWA/BILLING/meters' } })
    assert.equal(reasonOf(decideWith([other], call())), 'service_not_granted')
  })

  it('chooses the reason that helps most', () => {
    const expired = recorded({
      validFrom: '2020-01-01T00:00:00.000Z',
      validUntil: '2021-01-01T00:00:00.000Z',
    })
    const suspended = recorded(
      { title: { en: 'S', ar: 'س' } },
      { status: 'suspended', suspendedBy: [CONSUMER] },
    )
    const narrow = recorded({ grant: { operations: [{ method: 'POST', path: '/**' }] } })
    const revokedAndNarrow = { ...narrow, status: 'revoked' as const }
    assert.equal(reasonOf(decideWith([expired, suspended, narrow], call())), 'suspended')
    assert.equal(reasonOf(decideWith([narrow, expired], call())), 'expired')
    assert.equal(reasonOf(decideWith([narrow, revokedAndNarrow], call())), 'operation_not_granted')
    assert.equal(reasonOf(decideWith([revokedAndNarrow], call())), 'revoked')
  })

  it('names unknown clients and services, and suspended members, before any agreement', () => {
    const one = [recorded()]
    const published = { serviceOf: () => ({ kind: 'api' as const }) }
    const nobody = decideWith(one, call(), { ...published, isKnownClient: () => false })
    assert.partialDeepStrictEqual(nobody, { code: 'unknown_client', changedBy: [CONSUMER] })
    const nothing = decideWith(one, call(), { serviceOf: () => undefined })
    assert.partialDeepStrictEqual(nothing, { code: 'unknown_service', changedBy: [PROVIDER] })
    const withdrawn = decideWith(one, call(), { serviceOf: () => ({ kind: 'api', status: 'withdrawn' }) })
    assert.equal(reasonOf(withdrawn), 'unknown_service')
    const suspended = decideWith(one, call(), { ...published, isSuspended: (member) => member === PROVIDER })
    assert.partialDeepStrictEqual(suspended, {
      code: 'access_denied',
      reason: 'member_suspended',
      changedBy: [],
    })
    assert.equal(reasonOf(decideWith(one, call(), { ...published, isSuspended: () => false })), 'allowed')
  })

  it('says that the content is missing when only the directory knows the agreement', () => {
    const withoutContent = [{ hash: 'h', parties: [PROVIDER, CONSUMER] }]
    assert.partialDeepStrictEqual(decideWith([], call(), { withoutContent }), {
      reason: 'content_missing',
      agreement: 'h',
    })
    const third = call({ client: 'AE-DU/GOV/DHA/CLINIC' })
    assert.equal(reasonOf(decideWith([], third, { withoutContent })), 'no_agreement')
  })

  it('says that the signed document was not verified, and how far that came', () => {
    const notVerified = [
      { hash: 'h', parties: [PROVIDER, CONSUMER], step: 'mandates', failure: 'mandate_not_valid' },
    ]
    const decision = decideWith([], call(), { notVerified })
    assert.partialDeepStrictEqual(decision, { code: 'access_denied', reason: 'not_verified', agreement: 'h' })
    assert.ok(!decision.allowed && decision.text.includes('mandates'))
    const third = call({ client: 'AE-DU/GOV/DHA/CLINIC' })
    assert.equal(reasonOf(decideWith([], third, { notVerified })), 'no_agreement')
    const relied = decideWith([], call({ agreement: 'other' }), { notVerified })
    assert.equal(reasonOf(relied), 'unknown_agreement')
  })
})

describe('an open service', () => {
  const open = { operations: [{ method: 'GET', path: '/bills/*' }] }
  const source: Partial<AccessSource> = {
    serviceOf: (id) => (id === SERVICE ? { kind: 'api', open } : undefined),
  }

  it('is allowed to every member, for its operations and its kind', () => {
    const decision = decideWith([], call({ client: 'AE-DU/GOV/DHA/CLINIC' }), source)
    assert.partialDeepStrictEqual(decision, { allowed: true, agreement: 'open', validUntilMs: Infinity })
    const post = decideWith([], call({ method: 'POST' }), source)
    assert.partialDeepStrictEqual(post, { reason: 'operation_not_granted', agreement: 'open' })
    assert.equal(reasonOf(decideWith([], call({ kind: 'events' }), source)), 'kind_not_granted')
  })

  it('comes after an agreement, whose terms then hold', () => {
    const one = recorded()
    const decision = decideWith([one], call(), source)
    assert.equal(decision.allowed && decision.agreement, one.hash)
  })
})

describe('several agreements', () => {
  const older = recorded({ validFrom: '2026-01-01T00:00:00.000Z', title: { en: 'Older', ar: 'أقدم' } })
  const newer = recorded({ validFrom: '2026-06-01T00:00:00.000Z', title: { en: 'Newer', ar: 'أحدث' } })
  const future = recorded({ validFrom: '2027-01-01T00:00:00.000Z', title: { en: 'Next', ar: 'التالي' } })

  it('are asked in an order that does not depend on the order of the list', () => {
    for (const agreements of [
      [older, newer, future],
      [future, newer, older],
    ]) {
      const decision = decideWith(agreements, call())
      assert.equal(decision.allowed && decision.agreement, newer.hash)
    }
  })

  it('leave only the one the consumer relies on', () => {
    const agreements = [older, newer, future]
    const relied = decideWith(agreements, call({ agreement: older.hash }))
    assert.equal(relied.allowed && relied.agreement, older.hash)
    assert.equal(reasonOf(decideWith(agreements, call({ agreement: future.hash }))), 'not_yet_valid')
    assert.equal(reasonOf(decideWith(agreements, call({ agreement: 'another' }))), 'unknown_agreement')
    assert.equal(reasonOf(decideWith(agreements, call({ agreement: 'open' }))), 'not_open')
  })

  it('do not lend their hash to another pair of members', () => {
    const stranger = call({ client: 'AE-DU/GOV/DHA/CLINIC', agreement: newer.hash })
    assert.equal(reasonOf(decideWith([newer], stranger)), 'unknown_agreement')
  })
})

describe('an explanation', () => {
  it('lists every agreement between the two, and the open service, with a verdict for each grant', () => {
    const good = recorded()
    const narrow = recorded({ grant: { operations: [{ method: 'POST', path: '/**' }] } })
    const over = recorded({ title: { en: 'Over', ar: 'منتهية' } }, { status: 'revoked' })
    const rules = compileGrants({
      agreements: [good, narrow, over],
      serviceOf: () => ({ kind: 'api', open: { operations: [{ method: 'PUT', path: '/**' }] } }),
    })
    const { decision, looked } = explainDecision(rules, call())
    assert.equal(decision.allowed && decision.agreement, good.hash)
    const verdicts = Object.fromEntries(looked.map(({ agreement, verdict }) => [agreement, verdict]))
    assert.deepEqual(verdicts, {
      [good.hash]: 'allows',
      [narrow.hash]: 'operation_not_granted',
      [over.hash]: 'revoked',
      open: 'operation_not_granted',
    })
    assert.deepEqual(looked.find(({ agreement }) => agreement === narrow.hash)?.grants, [
      { service: SERVICE, verdict: 'operation_not_granted' },
    ])
  })

  it('judges as before when what was remembered had to make room', () => {
    const rules = compileGrants({ agreements: [recorded()] })
    for (let i = 0; i < 1100; i += 1) {
      const isLong = i % 3 === 0
      const path = `/bills/${isLong ? 'x'.repeat(300) : ''}${i}`
      assert.equal(reasonOf(decide(rules, call({ path }))), 'allowed')
      assert.equal(reasonOf(decide(rules, call({ path: `${path}/lines` }))), 'operation_not_granted')
    }
    assert.equal(reasonOf(decide(rules, call())), 'allowed')
  })
})
