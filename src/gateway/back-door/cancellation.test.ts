import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from './cancellation.ts'

test('work is called off once, whether it began before or after', () => {
  const calledOff: string[] = []
  const work = (name: string): { cancel(): void } => ({ cancel: () => void calledOff.push(name) })
  const early = new Cancellation()
  early.begin(work('first'))
  early.begin(work('second'))
  assert.equal(early.isCancelled, false)
  early.cancel()
  early.cancel()
  assert.equal(early.isCancelled, true)
  early.begin(work('late'))
  assert.deepEqual(calledOff, ['second', 'late'])
})

test('work that is done is not called off', () => {
  const cancellation = new Cancellation()
  cancellation.begin({ cancel: () => assert.fail('it was done') })
  cancellation.end()
  cancellation.cancel()
  assert.equal(cancellation.isCancelled, true)
})
