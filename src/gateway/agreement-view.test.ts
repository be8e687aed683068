import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementHash } from '../agreements/agreement.ts'
import { draft, draftHosting } from '../agreements/testing/draft-agreement.ts'
import type { AgreementRecord } from '../directory/directory-record.ts'
import { detailsOf, viewOfFiled, viewOfRecord } from './agreement-view.ts'
import type { RegistryAgreement } from './registry-client.ts'

const CONTENT = draft()
const ID = agreementHash(CONTENT)
const NOW = '2026-11-29T12:00:00.000Z'
const PARTIES = CONTENT.parties.map(({ member }) => member)
const [DEWA = '', RTA = ''] = PARTIES

function record(change: Partial<AgreementRecord> = {}): AgreementRecord {
  return {
    agreement: ID,
    parties: PARTIES,
    validFrom: CONTENT.validFrom,
    validUntil: CONTENT.validUntil,
    status: 'effective',
    suspendedBy: [],
    standing: [],
    effectiveAt: NOW,
    history: [1],
    index: 1,
    changedAt: NOW,
    ...change,
  }
}

function filed(change: Partial<RegistryAgreement> = {}): RegistryAgreement {
  return {
    hash: ID,
    content: CONTENT,
    acceptances: [],
    acceptedBy: [],
    status: 'draft',
    signed: {},
    ...change,
  }
}

test('an agreement of the directory has one of the states, the final ones first', () => {
  const cases: readonly [Partial<AgreementRecord>, string, string | undefined][] = [
    [{}, 'in_force', undefined],
    [{ validFrom: '2027-01-01T00:00:00.000Z' }, 'in_force', undefined],
    [{ status: 'suspended' }, 'suspended', undefined],
    [{ status: 'suspended', validUntil: NOW }, 'expired', undefined],
    [{ status: 'revoked', validUntil: NOW }, 'terminated', 'revoked'],
    [{ superseded: { by: 'NEXT', from: NOW } }, 'terminated', 'superseded'],
    [{ superseded: { by: 'NEXT', from: '2027-01-01T00:00:00.000Z' } }, 'in_force', undefined],
  ]
  for (const [change, status, reason] of cases) {
    const view = viewOfRecord({ record: record(change), content: CONTENT, failure: undefined, now: NOW })
    assert.deepEqual([view.status, view.reason], [status, reason], JSON.stringify(change))
    assert.deepEqual([view.id, view.kind, view.parties], [ID, 'service', PARTIES])
  }
})

test('an agreement at the registry has one of the states before', () => {
  const cases: readonly [Partial<RegistryAgreement>, string, string | undefined][] = [
    [{}, 'draft', undefined],
    [{ status: 'frozen' }, 'frozen', undefined],
    [{ status: 'effective' }, 'frozen', undefined],
    [{ status: 'refused', reason: 'too dear' }, 'terminated', 'refused'],
    [{ status: 'countered', counteredBy: 'NEXT' }, 'terminated', 'countered'],
  ]
  for (const [change, status, reason] of cases) {
    const view = viewOfFiled(filed(change), NOW)
    assert.deepEqual([view.status, view.reason], [status, reason], JSON.stringify(change))
  }
  assert.equal(viewOfFiled(filed(), '2030-01-01T00:00:00.000Z').status, 'expired')
  const hosting = draftHosting()
  assert.equal(viewOfFiled(filed({ content: hosting, hash: agreementHash(hosting) }), NOW).kind, 'hosting')
})

test('a signed agreement says whether it counts here, and how far its verification came', () => {
  const signed = record({ document: 'D', signedUnder: [['m1'], ['m2']] })
  const good = viewOfRecord({ record: signed, content: CONTENT, failure: undefined, now: NOW })
  assert.deepEqual([good.isVerified, good.signedBy, good.notVerified], [true, PARTIES, undefined])
  const failure = { step: 'mandates', failure: 'mandate_not_valid' }
  const bad = viewOfRecord({ record: signed, content: CONTENT, failure, now: NOW })
  assert.deepEqual([bad.isVerified, bad.notVerified], [false, failure])
  const without = viewOfRecord({ record: record(), content: undefined, failure: undefined, now: NOW })
  assert.deepEqual([without.isVerified, without.kind], [undefined, 'unknown'])
})

test('the details name offices and who is missing, and no person', () => {
  const signers = [{ field: 'Party1-1', mandate: 'm1', salt: 'secret-salt' }]
  const half = filed({ status: 'frozen', signed: { [DEWA]: { signers, document: 'D', at: NOW } } })
  const office = { ar: 'مدير', en: 'Director' }
  const details = detailsOf(viewOfFiled(half, NOW), undefined, half, (id) =>
    id === 'm1' ? ({ office } as never) : undefined,
  )
  assert.deepEqual(details.signatures, [{ member: DEWA, at: NOW, mandates: [{ mandate: 'm1', office }] }])
  assert.deepEqual(details.missing, [RTA])
  assert.ok(!JSON.stringify(details).includes('secret-salt'))
  const accepted = filed({ acceptedBy: [RTA] })
  assert.deepEqual(detailsOf(viewOfFiled(accepted, NOW), undefined, accepted, () => undefined).missing, [
    DEWA,
  ])
})
