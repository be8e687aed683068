import assert from 'node:assert/strict'
import { it } from 'node:test'
import { REASON_CODES, renderReason } from './decision-texts.ts'

const DETAILS = {
  agreement: 'HASH',
  classAr: 'حسّاسة',
  classEn: 'sensitive',
  client: 'AE-DU/GOV/RTA/LICENSING',
  daysAr: 'الاثنين',
  daysEn: 'Monday',
  consumer: 'AE-DU/GOV/RTA',
  failure: 'certificate_revoked',
  from: '08:00',
  highestAr: 'خاصّة',
  highestEn: 'confidential',
  kind: 'api',
  limit: 'requestsPerDay',
  max: '200',
  opensAt: '2026-11-23T04:00:00.000Z',
  method: 'GET',
  path: '/bills/7',
  provider: 'AE-DU/SEMI/DEWA',
  purpose: 'audit',
  purposes: 'licensing',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  resetsAt: '2026-11-24T00:00:00.000Z',
  setBy: 'AE-DU/SEMI/DEWA',
  step: 'signer-revocation',
  supersededBy: 'NEXT',
  suspended: 'AE-DU/SEMI/DEWA',
  suspendedBy: 'AE-DU/SEMI/DEWA',
  timeZone: 'Asia/Dubai',
  until: '16:00',
  used: '200',
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: '2027-01-01T00:00:00.000Z',
}

const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()

it('has words for every reason in both languages, about the same facts', () => {
  assert.equal(REASON_CODES.length, 23)
  // Without details each placeholder becomes a dash, so counting dashes counts placeholders.
  const facts = (text: string): number => text.split('–').length - 1
  for (const code of REASON_CODES) {
    const en = renderReason(code, {}, 'en')
    const ar = renderReason(code, {}, 'ar')
    for (const part of ['reason', 'remedy'] as const) {
      assert.equal(facts(en[part]), facts(ar[part]), `${code}: the two ${part}s name different facts`)
      assert.match(ar[part], /\p{Script=Arabic}/u)
      assert.doesNotMatch(en[part], /\p{Script=Arabic}/u)
      assert.match(en[part], /\.$/)
      assert.match(ar[part], /\.$/)
    }
  }
})

it('fills in every fact', () => {
  for (const code of REASON_CODES) {
    for (const language of ['en', 'ar'] as const) {
      const { reason, remedy } = renderReason(code, DETAILS, language)
      assert.deepEqual(names(reason + remedy), [])
      assert.doesNotMatch(reason + remedy, /–/)
    }
  }
})

it('keeps identifiers readable in Arabic', () => {
  const { reason } = renderReason('no_agreement', DETAILS, 'ar')
  assert.ok(reason.includes('\u2066AE-DU/GOV/RTA\u2069'))
  assert.equal(reason.split('\u2066').length, reason.split('\u2069').length)
})

it('does not read a fact as a placeholder', () => {
  const { reason } = renderReason('unknown_client', { ...DETAILS, client: '{service}' }, 'en')
  assert.equal(reason, 'The network knows no client {service}.')
})
