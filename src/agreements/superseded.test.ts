import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agreementHash } from './agreement.ts'
import { compileGrants, decide } from './decision.ts'
import type { AccessQuery, Decision, RecordedAgreement } from './decision.ts'
import { draft } from './testing/draft-agreement.ts'

const CONSUMER = 'AE-DU/GOV/RTA'
const PROVIDER = 'AE-DU/SEMI/DEWA'
const NOON = Date.parse('2026-11-23T12:00:00.000Z')
const YEAR_MS = 365 * 24 * 3_600_000

const call = (change: Partial<AccessQuery> = {}): AccessQuery => ({
  client: `${CONSUMER}/LICENSING`,
  service: `${PROVIDER}/BILLING/bills`,
  method: 'GET',
  path: '/bills/7',
  nowMs: NOON,
  ...change,
})

function recorded(standing: Partial<RecordedAgreement>): RecordedAgreement {
  const content = draft()
  return { hash: agreementHash(content), content, status: 'effective', ...standing }
}

function decideWith(agreement: RecordedAgreement, query: AccessQuery): Decision {
  return decide(compileGrants({ agreements: [agreement] }), query)
}

function reasonOf(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.reason
}

describe('an agreement that is superseded', () => {
  it('ends when another takes its place, and says which', () => {
    const supersededFrom = '2026-11-23T12:00:00.001Z'
    const old = recorded({ supersededFrom, supersededBy: 'NEXT' })
    assert.equal(reasonOf(decideWith(old, call())), 'allowed')
    const decision = decideWith(old, call({ nowMs: NOON + 1 }))
    assert.partialDeepStrictEqual(decision, {
      allowed: false,
      code: 'access_denied',
      reason: 'superseded',
      agreement: old.hash,
      details: { supersededBy: 'NEXT', validUntil: supersededFrom },
      changedBy: [CONSUMER, PROVIDER],
    })
    const never = call({ nowMs: NOON + 1, method: 'PUT' })
    assert.equal(reasonOf(decideWith(old, never)), 'superseded')
    const suspended = recorded({ supersededFrom, supersededBy: 'NEXT', status: 'suspended' })
    assert.equal(reasonOf(decideWith(suspended, call({ nowMs: NOON + 1 }))), 'superseded')
    const revoked = recorded({ supersededFrom, status: 'revoked' })
    assert.equal(reasonOf(decideWith(revoked, call({ nowMs: NOON + 1 }))), 'revoked')
  })

  it('ends with its own validity when another was to take its place later', () => {
    const old = recorded({ supersededFrom: '2029-01-01T00:00:00.000Z', supersededBy: 'NEXT' })
    const untilMs = Date.parse(old.content.validUntil)
    assert.equal(reasonOf(decideWith(old, call({ nowMs: untilMs - 1 }))), 'allowed')
    assert.equal(reasonOf(decideWith(old, call({ nowMs: untilMs }))), 'expired')
  })

  it('tells when the clock ends one', () => {
    const rules = compileGrants({
      agreements: [recorded({ supersededFrom: '2026-11-23T12:00:00.000Z' })],
    })
    assert.equal(rules.endsWithin(NOON - 1, NOON), true)
    assert.equal(rules.endsWithin(NOON - 2, NOON - 1), false)
    assert.equal(rules.endsWithin(NOON, NOON + 9 * YEAR_MS), false)
  })
})
