import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Directory } from '../directory/directory.ts'
import { nameDraft } from './name-draft.ts'

const DEWA = 'AE-DU/SEMI/DEWA'
const BILLS = `${DEWA}/BILLING/bills`
const name = { ar: 'هيئة كهرباء ومياه دبي', en: 'Dubai Electricity and Water Authority' }
const serviceName = { ar: 'الفواتير', en: 'Bills' }
const directory = {
  member: (id: string) => (id === DEWA ? { name } : undefined),
  service: (id: string) => (id === BILLS ? { name: serviceName } : undefined),
} as unknown as Directory

test('parties and services are called what the directory calls them', () => {
  const draft = {
    parties: [
      { member: DEWA, role: 'provider' },
      { member: 'AE-DU/GOV/NEW', role: 'consumer' },
    ],
    grants: [{ service: BILLS }, { service: `${DEWA}/BILLING/other` }],
    title: name,
  }
  assert.deepEqual(nameDraft(draft, directory), {
    parties: [{ member: DEWA, role: 'provider', name }, draft.parties[1]],
    grants: [{ service: BILLS, serviceName }, draft.grants[1]],
    title: name,
  })
})

test('a name that was given stays, and what is malformed is left for the check', () => {
  const own = { ar: 'د', en: 'D' }
  const draft = { parties: [{ member: DEWA, name: own }, 7, null], grants: 'none' }
  assert.deepEqual(nameDraft(draft, directory), draft)
  assert.deepEqual(nameDraft({}, directory), {})
})
