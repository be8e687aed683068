import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Agreement, checkAgreement, kindOf } from '../../src/agreements/agreement.ts'
import type { AccessRequestRow } from './agreement-rows.ts'
import { answerTo, counterOf, type DraftContent, type DraftOptions, draftOf } from './draft-content.ts'

const DEWA = 'AE-DU/SEMI/DEWA'
const RTA = 'AE-DU/GOV/RTA'
const BILLS = `${DEWA}/BILLING/bills`
const FIXED = { type: 'wusla/agreement/v1', network: 'AE-DU', nonce: 'A'.repeat(22) }
const HOSTING: DraftOptions = {
  kind: 'hosting',
  branch: 'AE-DU/branch/MORO',
  operator: 'AE-DU/GOV/DDA',
  host: 'AE-DU/COM/MORO',
  siteEn: 'Moro data centre',
  siteAr: 'مركز بيانات مورو',
  dutyEn: ['Power.', 'Cooling.'],
  dutyAr: ['الطاقة.', 'التبريد.'],
}

/** What a gateway makes of it. */
function completed(draft: DraftContent): Agreement {
  const checked = checkAgreement({ ...draft, ...FIXED })
  assert.ok(checked.ok, JSON.stringify(checked))
  return checked.value
}

test('options describe an agreement of each kind that a gateway takes', () => {
  assert.equal(kindOf(completed(draftOf({ service: BILLS, consumer: RTA }))), 'service')
  const hosting = completed(draftOf(HOSTING))
  assert.ok(hosting.kind === 'hosting')
  assert.deepEqual(hosting.hosting.duties, [
    { en: 'Power.', ar: 'الطاقة.' },
    { en: 'Cooling.', ar: 'التبريد.' },
  ])
  const membership = { operator: 'AE-DU/GOV/DDA', joining: RTA, dutyEn: ['Keys.'], dutyAr: ['المفاتيح.'] }
  assert.equal(kindOf(completed(draftOf({ ...membership, kind: 'membership' }))), 'membership')
})

test('what is missing is said, and a duty in one language is no duty', () => {
  const wrong: readonly (readonly [DraftOptions, RegExp])[] = [
    [{ service: BILLS }, /a service and a consumer/],
    [
      { ...HOSTING, host: '', branch: undefined as unknown as string },
      /a branch, an operator, a host and a site/,
    ],
    [{ ...HOSTING, dutyAr: ['الطاقة.'] }, /not each of them was given in both languages/],
    [{ ...HOSTING, dutyEn: [], dutyAr: [] }, /duties are missing/],
    [{ kind: 'membership', dutyEn: ['Keys.'], dutyAr: ['المفاتيح.'] }, /an operator and the member/],
    [
      { service: BILLS, consumer: RTA, purposeCode: ['a'], purposeEn: 'x', purposeAr: 'س' },
      /in words or in codes/,
    ],
  ]
  for (const [options, message] of wrong) assert.throws(() => draftOf(options), message)
})

const REQUEST: AccessRequestRow = {
  id: 'r',
  status: 'open',
  receivedAt: '2026-01-01T00:00:00.000Z',
  answerBy: '2026-01-15T00:00:00.000Z',
  request: {
    provider: DEWA,
    consumer: RTA,
    services: [{ service: BILLS, operations: [{ method: 'GET', path: '/bills' }] }],
    clients: [`${RTA}/LICENSING`],
    purpose: ['licensing'],
    legalBasis: 'Resolution 2 of 2017',
    dataClass: 'sensitive',
    days: 30,
  },
}

test('a proposal grants what was requested, and what the options say otherwise', () => {
  const [grant] =
    (completed(answerTo(REQUEST, {})) as { grants?: readonly Record<string, unknown>[] }).grants ?? []
  assert.deepEqual(grant, {
    service: BILLS,
    operations: [{ method: 'GET', path: '/bills' }],
    kinds: ['api'],
    dataClass: 'sensitive',
    purpose: ['licensing'],
    clients: [`${RTA}/LICENSING`],
    legalBasis: 'Resolution 2 of 2017',
  })
  const other = completed(answerTo(REQUEST, { dataClass: 'confidential', requestsPerDay: 5, days: 7 }))
  const [less] = (other as { grants?: readonly Record<string, unknown>[] }).grants ?? []
  assert.deepEqual([less?.['dataClass'], less?.['limits']], ['confidential', { requestsPerDay: 5 }])
  assert.equal(Date.parse(other.validUntil) - Date.parse(other.validFrom), 7 * 86_400_000)
})

test('a counter-proposal keeps what no option changes', () => {
  const proposed = completed(answerTo(REQUEST, {}))
  const countered = completed(counterOf(proposed, { requestsPerDay: 9, operation: ['GET /bills/*'] }))
  assert.deepEqual([countered.validFrom, countered.validUntil], [proposed.validFrom, proposed.validUntil])
  const [grant] = (countered as { grants?: readonly Record<string, unknown>[] }).grants ?? []
  assert.deepEqual(grant?.['operations'], [{ method: 'GET', path: '/bills/*' }])
  assert.deepEqual([grant['limits'], grant['purpose']], [{ requestsPerDay: 9 }, ['licensing']])
  const hosting = completed(draftOf(HOSTING))
  assert.throws(() => counterOf(hosting, { requestsPerDay: 9 }), /grants no access/)
  assert.equal(completed(counterOf(hosting, { titleEn: 'Hosting', titleAr: 'استضافة' })).title.en, 'Hosting')
})
