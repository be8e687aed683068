import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeepAlive } from './session-keep-alive.ts'
import { PING_DEADLINE_MS, PING_INTERVAL_MS } from './session-limits.ts'

test('with the usual limits a silence is noticed within 2.25 s of its beginning, whenever it begins', (t) => {
  for (let beginsMs = 0; beginsMs < 1_000; beginsMs += 90) {
    t.mock.timers.enable({ apis: ['setInterval'] })
    let nowMs = 0
    let deadMs: number | undefined
    const keepAlive = new KeepAlive({
      intervalMs: PING_INTERVAL_MS,
      deadlineMs: PING_DEADLINE_MS,
      // A byte in every millisecond until the silence begins.
      bytesRead: () => Math.min(nowMs, beginsMs),
      onLook: () => undefined,
      onDead: () => (deadMs ??= nowMs),
    })
    for (; nowMs < 6_000; nowMs += 1) t.mock.timers.tick(1)
    keepAlive.stop()
    const afterMs = (deadMs ?? Infinity) - beginsMs
    assert.ok(afterMs >= PING_DEADLINE_MS - 10 && afterMs <= 2_260, `noticed after ${afterMs} ms`)
    t.mock.timers.reset()
  }
})

test('a word in time begins the count anew', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let bytes = 0
  let isDead = false
  const keepAlive = new KeepAlive({
    intervalMs: 1_000,
    deadlineMs: 2_250,
    bytesRead: () => bytes,
    onLook: () => undefined,
    onDead: () => (isDead = true),
  })
  for (let second = 0; second < 10; second += 2) {
    t.mock.timers.tick(2_000)
    bytes += 1
  }
  assert.equal(isDead, false)
  t.mock.timers.tick(2_750)
  assert.equal(isDead, true)
  keepAlive.stop()
})
