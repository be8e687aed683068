import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { EstablishedSession } from './peer-sessions.ts'
import { FakeSession } from './testing/fake-session.ts'
import { established, peerSessionsBench, refuse } from './testing/peer-sessions-bench.ts'
import type { TransitRule } from './transit-rule.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

const DEWA = 'AE-DU/SEMI/DEWA'
const GATEWAY = `${DEWA}/gw-1`
const MORO = 'AE-DU/branch/MORO'
const DIB = 'AE-DU/branch/DIB'
const ANY: TransitRule = {}
const NEVER = new AbortController().signal

test('a branch that keeps silent does not hold up the way over the next', BOUNDED, async () => {
  const silent = Promise.withResolvers<EstablishedSession>()
  const made = established(new FakeSession(), [DIB])
  const { sessions, clock, dialled } = await peerSessionsBench(
    async (branch) => await (branch === MORO ? silent.promise : Promise.resolve(made)),
    [MORO, DIB],
  )
  assert.equal(await sessions.acquire({ member: DEWA }, ANY, clock.nowMs() + 1_000, NEVER), made)
  assert.deepEqual(dialled, [MORO, DIB])
  silent.reject(new WuslaError('branch_unreachable'))
})

test('a session that lags is passed over, and left for good while another is prompt', BOUNDED, async () => {
  const { sessions, events } = await peerSessionsBench(() => refuse('branch_unreachable'))
  const [lagging, prompt] = [established(), established(new FakeSession(), [DIB])]
  sessions.adopt(GATEWAY, lagging, 'initiator')
  sessions.adopt(GATEWAY, prompt, 'initiator', 'spare')
  assert.equal(sessions.current({ member: DEWA }, ANY), lagging)
  lagging.fake.lagMs = 1_000
  assert.equal(sessions.current({ member: DEWA }, ANY), prompt)
  assert.equal(sessions.current({ member: DEWA }, { only: [MORO] }), lagging, 'the only one that is allowed')
  lagging.fake.lagMs = 1_750
  await lagging.fake.ended.promise
  assert.deepEqual(lagging.fake.destroyedWith, ['session_closed'])
  assert.deepEqual(prompt.fake.destroyedWith, [])
  assert.ok(events.some(({ kind }) => kind === 'session_left'))
  await sessions.close()
})
