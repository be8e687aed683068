import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinkHistory } from './link-history.ts'
import { HandClock } from './testing/gateway-world.ts'

const branch = 'AE-DU/branch/MORO'

test('a link is down since it was lost, with the newest reason, until it comes up', () => {
  const clock = new HandClock()
  const history = new LinkHistory(clock)
  history.begin(branch)
  const begun = history.of(branch).since
  clock.advance(1_000)
  history.heard({ kind: 'link_up', branch })
  const up = history.of(branch)
  assert.notEqual(up.since, begun)
  assert.equal(up.reason, undefined)
  clock.advance(1_000)
  history.heard({ kind: 'link_down', branch, reason: 'silent' })
  const down = history.of(branch)
  assert.equal(down.reason, 'silent')
  clock.advance(60_000)
  history.heard({ kind: 'link_attempt_failed', branch, reason: 'connect_failed' })
  assert.deepEqual(history.of(branch), { since: down.since, reason: 'connect_failed' })
  history.heard({ kind: 'incoming_failed', branch, from: 'AE-DU/GOV/RTA/gw-1', code: 'no_path' })
  assert.deepEqual(history.of(branch), { since: down.since, reason: 'connect_failed' })
  history.heard({ kind: 'link_up', branch })
  assert.equal(history.of(branch).reason, undefined)
})
