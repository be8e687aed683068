import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementHash } from '../agreements/agreement.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import type { AgreementRecord } from '../directory/directory-record.ts'
import { strictest, transitTerms } from './transit-terms.ts'

const [A, B, C] = ['AE-DU/branch/A', 'AE-DU/branch/B', 'AE-DU/branch/C']
const NOW = '2026-11-23T08:00:00.000Z'

test('the strictest rule avoids what any avoids and passes only where all pass', () => {
  assert.deepEqual(strictest([]), {})
  assert.deepEqual(strictest([{}, { avoid: [B] }, { avoid: [A, B] }]), { avoid: [A, B] })
  assert.deepEqual(strictest([{ only: [A, B] }, { only: [B, C] }, {}]), { only: [B] })
  assert.deepEqual(strictest([{ only: [A] }, { only: [B] }]), { only: [] })
  const classes = [{ onlyClasses: ['sovereign', 'state'] }, { onlyClasses: ['state'], only: [A] }]
  assert.deepEqual(strictest(classes), { only: [A], onlyClasses: ['state'] })
})

test('terms come from agreements in force that grant this service to this client', () => {
  const content = draft({ grant: { transit: { avoid: [B] } }, validUntil: '2099-01-01T00:00:00.000Z' })
  const agreement = agreementHash(content)
  const [grant] = content.grants
  const record = { agreement, status: 'effective' } as AgreementRecord
  const service = grant?.service ?? ''
  const consumer = 'AE-DU/GOV/RTA'
  const ask = (asked: object = {}, of: AgreementRecord = record, now = NOW): unknown =>
    transitTerms({ consumer, service, ...asked }, [of], () => content, now)
  assert.deepEqual(ask(), { avoid: [B], agreements: [agreement] })
  assert.deepEqual(ask({ client: `${consumer}/LICENSING` }), { avoid: [B], agreements: [agreement] })
  const nothing = { agreements: [] }
  assert.deepEqual(ask({ service: `${service}2` }), nothing)
  assert.deepEqual(ask({ consumer: 'AE-DU/GOV/DHA' }), nothing)
  assert.deepEqual(ask({}, { ...record, status: 'suspended' }), nothing)
  assert.deepEqual(ask({}, record, '2099-01-01T00:00:00.000Z'), nothing)
})
