import assert from 'node:assert/strict'
import test from 'node:test'
import type { SealedBatch } from '../protocol/batch.ts'
import { BatchRecord } from './batch-record.ts'

const BATCH: SealedBatch = { header: '{}', seals: [], statements: ['{}'] }

function start(): { record: BatchRecord; hurried: () => number; settle: PromiseWithResolvers<void> } {
  const settle = Promise.withResolvers<void>()
  let hurried = 0
  const recorder = { recordBatch: () => settle.promise, hurryRecords: () => (hurried += 1) }
  return { record: BatchRecord.start(recorder, BATCH, 'sent'), hurried: () => hurried, settle }
}

test('a record hurries when somebody waits for it, once, and not before', async () => {
  const { record, hurried, settle } = start()
  assert.equal(hurried(), 0)
  const { promise } = record
  assert.equal(record.promise, promise)
  assert.equal(hurried(), 1)
  settle.resolve()
  await promise
  assert.equal(record.durable, true)
})

test('a record that is durable already needs no hurry', async () => {
  const { record, hurried, settle } = start()
  settle.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  await record.promise
  assert.equal(hurried(), 0)
})

test('whoever waits for two records hurries both, and gets them as one', async () => {
  const one = start()
  const two = start()
  const both = one.record.with(two.record)
  assert.equal(one.record.with(two.record), both)
  assert.deepEqual([one.hurried(), two.hurried()], [1, 1])
  let isDone = false
  void both.then(() => (isDone = true))
  one.settle.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isDone, false)
  two.settle.resolve()
  await both
})

test('a record that fails is logging_failed, also for a recorder that throws, and nobody has to wait', async () => {
  const cause = new Error('disk full')
  const { record, settle } = start()
  settle.reject(cause)
  await assert.rejects(record.promise, { code: 'logging_failed', cause })
  const thrown = BatchRecord.start(
    {
      recordBatch: () => {
        throw cause
      },
    },
    BATCH,
    'sent',
  )
  await assert.rejects(thrown.promise, { code: 'logging_failed', cause })
})
