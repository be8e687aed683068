import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DirectoryEvent } from './directory-event.ts'
import { WitnessWatch } from './follow/witness-watch.ts'

test('a directory that no branch cosigns raises one alarm after the time, and tells when it is over', () => {
  const told: DirectoryEvent[] = []
  let nowMs = 0
  let held = { size: 9, witnesses: 0, cosigned: 0 }
  const watch = new WitnessWatch({
    clock: { nowMs: () => nowMs },
    onEvent: (event) => told.push(event),
    alarmAfterMs: 600_000,
    held: () => held,
  })
  const after = (ms: number, changes: Partial<typeof held> = {}): (string | undefined)[] => {
    nowMs += ms
    held = { ...held, ...changes }
    watch.check()
    return told.splice(0).map(({ kind }) => kind)
  }
  assert.deepEqual(after(9_000_000), [], 'no branch, no witness')
  assert.deepEqual(after(1, { witnesses: 2 }), [])
  // The registry adds entries all the time: that must not begin the time anew.
  assert.deepEqual(after(500_000, { size: 10 }), [])
  assert.deepEqual(after(100_001), ['directory_unwitnessed'])
  assert.deepEqual(after(100_001), [])
  assert.deepEqual(after(1, { cosigned: 1 }), ['directory_witnessed'])
  assert.deepEqual(after(600_001, { cosigned: 0, size: 11 }), [])
  assert.deepEqual(after(600_001), ['directory_unwitnessed'])
})
