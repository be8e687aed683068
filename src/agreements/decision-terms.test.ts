import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agreementHash } from './agreement.ts'
import type { DataClass } from './data-class.ts'
import { compileGrants, decide, renderReason } from './decision.ts'
import type { AccessQuery, Decision, RecordedAgreement } from './decision.ts'
import { draft, type Draft } from './testing/draft-agreement.ts'

const CONSUMER = 'AE-DU/GOV/RTA'
const PROVIDER = 'AE-DU/SEMI/DEWA'
const NOON = Date.parse('2026-11-23T12:00:00.000Z')
const YEAR_MS = 365 * 24 * 3_600_000

const call = (change: Partial<AccessQuery> = {}): AccessQuery => ({
  client: 'AE-DU/GOV/RTA/LICENSING',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  method: 'GET',
  path: '/bills/7',
  nowMs: NOON,
  ...change,
})

function recorded(change: Draft): RecordedAgreement {
  const content = draft(change)
  return { hash: agreementHash(content), content, status: 'effective' }
}

function decideWith(agreements: RecordedAgreement[], query: AccessQuery): Decision {
  return decide(compileGrants({ agreements }), query)
}

function reasonOf(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.reason
}

describe('a grant with hours', () => {
  // 2026-11-23 is a Monday; noon of UTC is four in the afternoon in Dubai.
  const hours = { timeZone: 'Asia/Dubai', days: [1, 2, 3, 4, 5], from: '08:00', until: '16:00' }
  const timed = recorded({ grant: { hours } })
  const within = NOON - 1

  it('allows within them only, and says when they begin again', () => {
    assert.equal(reasonOf(decideWith([timed], call({ nowMs: within }))), 'allowed')
    const decision = decideWith([timed], call())
    assert.ok(!decision.allowed)
    assert.deepEqual([decision.code, decision.reason], ['access_denied', 'outside_hours'])
    assert.deepEqual(decision.changedBy, [CONSUMER, PROVIDER])
    assert.equal(decision.details['opensAt'], '2026-11-24T04:00:00.000Z')
    assert.match(decision.remedy, /2026-11-24T04:00:00\.000Z/)
  })

  it('is judged by when the exchange was taken: what began within them goes on', () => {
    assert.equal(reasonOf(decideWith([timed], call({ takenMs: within }))), 'allowed')
    assert.equal(reasonOf(decideWith([timed], call({ nowMs: within, takenMs: NOON }))), 'outside_hours')
  })

  it('leaves other grants alone', () => {
    const any = recorded({ validFrom: '2020-01-01T00:00:00.000Z' })
    const decision = decideWith([timed, any], call())
    assert.ok(decision.allowed && decision.agreement === any.hash)
    const chosen = decideWith([timed, any], call({ nowMs: within }))
    assert.ok(chosen.allowed && chosen.agreement === timed.hash)
  })

  it('is no reason where a greater one stands in the way', () => {
    const suspended = { ...timed, status: 'suspended' as const, suspendedBy: [PROVIDER] }
    assert.equal(reasonOf(decideWith([suspended], call())), 'suspended')
    assert.equal(reasonOf(decideWith([timed], call({ method: 'PUT' }))), 'operation_not_granted')
    assert.equal(reasonOf(decideWith([timed], call({ nowMs: NOON + 10 * YEAR_MS }))), 'expired')
  })
})

describe('a grant with purpose codes', () => {
  const asking = recorded({ grant: { purpose: ['licensing', 'fines'] } })

  it('allows a call that names one of them', () => {
    for (const purpose of ['licensing', 'fines'])
      assert.equal(reasonOf(decideWith([asking], call({ purpose }))), 'allowed')
  })

  it('tells a call without one what there is, and that the consumer can mend it', () => {
    const decision = decideWith([asking], call())
    assert.ok(!decision.allowed)
    assert.deepEqual([decision.code, decision.reason], ['access_denied', 'purpose_required'])
    assert.deepEqual(decision.changedBy, [CONSUMER])
    assert.match(decision.text, /one of licensing, fines\./)
    assert.match(decision.remedy, /Wusla-Purpose with one of licensing, fines\./)
  })

  it('tells a call with another one which there are, whatever its case', () => {
    for (const purpose of ['audit', 'Licensing']) {
      const decision = decideWith([asking], call({ purpose }))
      assert.ok(!decision.allowed && decision.reason === 'purpose_not_granted')
      assert.deepEqual(decision.changedBy, [CONSUMER, PROVIDER])
      assert.ok(decision.text.includes(`the purpose ${purpose}; it grants licensing, fines.`))
    }
  })

  it('asks for none where the purpose is told in words, or not at all', () => {
    const words = recorded({ grant: { purpose: { ar: 'الترخيص', en: 'Licensing' } } })
    for (const one of [words, recorded({})]) {
      for (const query of [call(), call({ purpose: 'audit' })])
        assert.equal(reasonOf(decideWith([one], query)), 'allowed')
    }
  })

  it('leaves other grants alone, and hours come first', () => {
    const audit = recorded({ grant: { purpose: ['audit'] }, validFrom: '2020-01-01T00:00:00.000Z' })
    const decision = decideWith([asking, audit], call({ purpose: 'audit' }))
    assert.ok(decision.allowed && decision.agreement === audit.hash)
    const hours = { timeZone: 'UTC', days: [2], from: '08:00', until: '16:00' }
    const both = recorded({ grant: { purpose: ['licensing'], hours } })
    assert.equal(reasonOf(decideWith([both], call())), 'outside_hours')
    assert.equal(reasonOf(decideWith([both, asking], call())), 'purpose_required')
  })
})

describe('a highest class of data', () => {
  const sensitive = recorded({ grant: { dataClass: 'sensitive' } })
  const under = (highest: DataClass, setBy = PROVIDER): AccessQuery => call({ ceiling: { highest, setBy } })

  it('lets through what is not above it', () => {
    for (const highest of ['sensitive', 'secret'] as const)
      assert.equal(reasonOf(decideWith([sensitive], under(highest))), 'allowed')
  })

  it('refuses what is, names both classes in both languages, and who has set it', () => {
    const decision = decideWith([sensitive], under('confidential'))
    assert.ok(!decision.allowed)
    assert.deepEqual([decision.code, decision.reason], ['access_denied', 'data_class_too_high'])
    assert.deepEqual([decision.agreement, decision.changedBy], [sensitive.hash, [PROVIDER]])
    assert.match(
      decision.text,
      /as sensitive data, and AE-DU\/SEMI\/DEWA lets confidential data through here/,
    )
    const arabic = renderReason(decision.reason, decision.details, 'ar').reason
    assert.match(arabic, /«\u2066حسّاسة\u2069».*«\u2066خاصّة\u2069»/)
    assert.equal(reasonOf(decideWith([sensitive], under('open'))), 'data_class_too_high')
  })

  it('is judged after the choice: both gateways choose the same grant, whatever each lets through', () => {
    const open = recorded({ grant: { dataClass: 'open' }, validFrom: '2020-01-01T00:00:00.000Z' })
    assert.equal(reasonOf(decideWith([open, sensitive], under('open'))), 'data_class_too_high')
    const chosen = decideWith([open, sensitive], { ...under('open'), agreement: open.hash })
    assert.ok(chosen.allowed && chosen.agreement === open.hash)
  })

  it('is no matter where nothing is granted', () => {
    assert.equal(
      reasonOf(decideWith([sensitive], { ...under('open'), method: 'PUT' })),
      'operation_not_granted',
    )
  })
})
