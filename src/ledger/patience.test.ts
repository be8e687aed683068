import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { suite, test } from 'node:test'
import { Patience } from './patience.ts'

/** A wait of a tenth of a second, and how often it was over. */
function watch(): { patience: Patience; over: () => number } {
  let over = 0
  return { patience: new Patience(100, () => (over += 1)), over: () => over }
}

suite('patience', () => {
  test('a wait ends by itself, once, also the second one', async () => {
    const { patience, over } = watch()
    for (const round of [1, 2]) {
      patience.begin()
      patience.begin()
      assert.equal(over(), round - 1)
      await pause(300)
      assert.equal(over(), round)
    }
  })

  test('what came in time is not told, and the next wait takes its full time', async () => {
    const { patience, over } = watch()
    patience.begin()
    await pause(60)
    patience.end()
    patience.begin()
    await pause(60)
    assert.equal(over(), 0, 'the timer of the first wait says nothing about the second')
    patience.end()
    await pause(300)
    assert.equal(over(), 0)
  })
})
