import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementHash } from '../agreements/agreement.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import type { ExchangeRow } from '../evidence/evidence-query.ts'
import { RecordedClass } from './recorded-class.ts'

const GET = [{ method: 'GET', path: '/bills/*' }]
const [common] = draft().grants
assert.ok(common !== undefined)
const content = draft({
  grants: [
    { ...common, operations: GET, dataClass: 'secret', purpose: ['audit'] },
    { ...common, operations: GET, dataClass: 'confidential' },
    { ...common, operations: [{ method: 'PUT', path: '/bills/*' }], dataClass: 'sensitive' },
  ],
})
const agreement = agreementHash(content)
const classes = new RecordedClass({ get: (hash) => (hash === agreement ? content : undefined) })

const row = (change: Partial<ExchangeRow> = {}): ExchangeRow => ({
  exchange: 'e',
  role: 'provider',
  state: 'answered',
  client: 'AE-DU/GOV/RTA/LICENSING',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  method: 'GET',
  path: '/bills/7',
  agreement,
  requestedAt: '2026-11-23T07:36:33.123Z',
  ...change,
})

test('a recorded exchange has the class of the grant that both gateways chose for it', () => {
  const of = (change: Partial<ExchangeRow> = {}): string | undefined =>
    classes.withClass(row(change)).dataClass
  assert.equal(of(), 'confidential')
  assert.equal(of({ purpose: 'audit' }), 'secret')
  assert.equal(of({ method: 'PUT' }), 'sensitive')
  assert.equal(of({ path: '/bills/./7' }), 'confidential')
  assert.equal(of({ agreement: 'open' }), 'open')
})

test('where the words or the terms are gone nothing is made up', () => {
  const { path: _, ...erased } = row({ state: 'erased' })
  for (const unknown of [
    erased,
    row({ agreement: 'another' }),
    row({ method: 'DELETE' }),
    row({ path: '/%2' }),
  ])
    assert.deepEqual(classes.withClass(unknown), unknown)
})
