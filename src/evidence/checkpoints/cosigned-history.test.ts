import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CosignedHistory } from './cosigned-history.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 23, 8)

test('the first checkpoints that cover a record, smallest first', () => {
  using history = new CosignedHistory(':memory:')
  for (const size of [30, 10, 20]) history.put(size, `note ${size}`, NOW)
  assert.deepEqual(
    history.covering(9, 2).map(({ size }) => size),
    [10, 20],
  )
  assert.deepEqual(history.covering(10, 1), [{ size: 20, note: 'note 20' }])
  assert.deepEqual(history.covering(30, 9), [])
  history.put(20, 'note 20 with one more line', NOW)
  assert.equal(history.covering(10, 1)[0]?.note, 'note 20 with one more line')
})

test('after a day one checkpoint a minute is left, the last of it; what is younger stays whole', () => {
  using history = new CosignedHistory(':memory:')
  for (let second = 0; second < 180; second += 1)
    history.put(second + 1, 'old', NOW - DAY - 180_000 + second * 1000)
  for (let second = 0; second < 60; second += 1)
    history.put(1000 + second, 'new', NOW - 60_000 + second * 1000)
  history.thin(NOW)
  const sizes = history.covering(-1, 1000).map(({ size }) => size)
  assert.deepEqual(
    sizes.filter((size) => size < 1000),
    [60, 120, 180],
  )
  assert.equal(sizes.filter((size) => size >= 1000).length, 60)
  history.thin(NOW)
  assert.equal(history.covering(-1, 1000).length, 63)
})
