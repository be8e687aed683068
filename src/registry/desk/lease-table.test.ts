import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { LEASE_MS, LeaseTable } from './lease-table.ts'

const codeOf =
  (code: string) =>
  (error: unknown): boolean =>
    isWuslaError(error) && error.code === code

test('a member holds a hundred leases at once; those that have ended do not count', () => {
  const table = new LeaseTable()
  for (let i = 0; i < 100; i += 1) table.take(`agreement ${i}`, 'A', 0)
  assert.throws(() => table.take('one more', 'A', 0), codeOf('too_many_requests'))
  table.take('one more', 'B', 0)
  table.take('agreement 5', 'A', 1)
  table.take('after all', 'A', LEASE_MS)
})

test('a lease is its holder’s until its last millisecond, and nobody else’s to give back', () => {
  const table = new LeaseTable()
  const until = table.take('x', 'A', 1_000)
  assert.equal(Date.parse(until), 1_000 + LEASE_MS)
  table.release('x', 'B')
  const last = 999 + LEASE_MS
  assert.throws(() => table.take('x', 'B', last), codeOf('signing_in_progress'))
  table.assertHolds('x', 'A', last)
  assert.throws(() => table.assertHolds('x', 'A', last + 1), codeOf('lease_required'))
  table.take('x', 'B', last + 1)
  assert.throws(() => table.assertHolds('x', 'A', last + 1), codeOf('signing_in_progress'))
})
