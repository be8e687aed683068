import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CurrentAlarms } from './current-alarms.ts'
import { HandClock } from './testing/gateway-world.ts'

test('an alarm stands since it was raised first, and goes when it is over', () => {
  const clock = new HandClock()
  const alarms = new CurrentAlarms(clock)
  alarms.heard({ kind: 'alarm', alarm: 'directory_stale', detail: 'ten minutes' })
  clock.advance(60_000)
  alarms.heard({ kind: 'alarm', alarm: 'directory_stale', detail: 'beyond the bound' })
  alarms.heard({ kind: 'alarm', alarm: 'own_member_changed', detail: 'entry 7' })
  alarms.heard({ kind: 'session_opened' })
  assert.deepEqual(alarms.list(), [
    { alarm: 'directory_stale', since: '2026-11-23T08:00:00.000Z', detail: 'beyond the bound' },
    { alarm: 'own_member_changed', since: '2026-11-23T08:01:00.000Z', detail: 'entry 7' },
  ])
  alarms.heard({ kind: 'alarm', alarm: 'evidence_unwritable', detail: 'the disk is full' })
  alarms.heard({ kind: 'directory_fresh' })
  alarms.heard({ kind: 'evidence_writable' })
  assert.deepEqual(
    alarms.list().map(({ alarm }) => alarm),
    ['own_member_changed'],
  )
})
