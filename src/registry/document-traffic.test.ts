import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { DocumentTraffic } from './document-traffic.ts'

test('two documents of one caller and eight of all are on their way, and the next when one has left', () => {
  const traffic = new DocumentTraffic()
  const isFull = (error: unknown): boolean => isWuslaError(error) && error.code === 'too_many_requests'
  const leave = ['A', 'A', 'B', 'B', 'C', 'C', 'D', 'D'].map((caller) => traffic.enter(caller))
  assert.throws(() => traffic.enter('E'), isFull)
  leave[0]?.()
  traffic.enter('E')
  leave[2]?.()
  assert.throws(() => traffic.enter('C'), isFull)
  traffic.enter('A')
  assert.throws(() => traffic.enter('F'), isFull)
})
