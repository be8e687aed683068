import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { DocumentTraffic, MAX_DOCUMENT_BODY_BYTES } from './document-traffic.ts'

const isFull = (error: unknown): boolean => isWuslaError(error) && error.code === 'too_many_requests'

test('two of the longest documents of one caller and eight of all are on their way, and the next when one has left', () => {
  const traffic = new DocumentTraffic()
  const enter = (caller: string): (() => void) => traffic.enter(caller, MAX_DOCUMENT_BODY_BYTES)
  const leave = ['A', 'A', 'B', 'B', 'C', 'C', 'D', 'D'].map(enter)
  assert.throws(() => enter('E'), isFull)
  leave[0]?.()
  enter('E')
  leave[2]?.()
  assert.throws(() => enter('C'), isFull)
  enter('A')
  assert.throws(() => enter('F'), isFull)
})

test('short documents go by the hundred, and one whose length nobody says counts as the longest', () => {
  const traffic = new DocumentTraffic()
  let entered = 0
  assert.throws(() => {
    for (;;) {
      traffic.enter('A', 0)
      entered += 1
    }
  }, isFull)
  assert.ok(entered > 300 && entered < 400, `${entered}`)
  traffic.enter('B', Number.NaN)
  traffic.enter('B', Number.NaN)
  assert.throws(() => traffic.enter('B', 1), isFull)
})
