import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../directory/testing/two-members.ts'
import { type EstablishedSession, PeerSessions } from './peer-sessions.ts'
import { FakeSession } from './testing/fake-session.ts'
import { HandClock } from './testing/gateway-world.ts'

const DEWA = 'AE-DU/SEMI/DEWA'
const GATEWAY = `${DEWA}/gw-1`

function established(): EstablishedSession & { fake: FakeSession } {
  const fake = new FakeSession()
  return { session: fake.asSession, path: ['AE-DU/branch/MORO'], peerTlsKey: '', fake }
}

test('a leave ends sessions in order, those that come during it as well', { timeout: 20_000 }, async () => {
  const { directory } = await start()
  const clock = new HandClock()
  const dial = Promise.withResolvers<EstablishedSession>()
  const dialer = { branches: () => ['AE-DU/branch/MORO'], dial: async () => await dial.promise }
  const sessions = new PeerSessions({ directory, dialer, clock, onEvent: () => undefined })
  const [held, dialled, accepted] = [established(), established(), established()]
  sessions.adopt('AE-DU/GOV/RTA/gw-1', held, 'acceptor')
  const never = new AbortController().signal
  const waiting = sessions.acquire({ member: DEWA }, {}, clock.nowMs() + 1_000, never)
  const left = sessions.leave(5_000)
  assert.equal(held.fake.graceMs, 5_000, 'in order, with the grace')
  sessions.adopt(GATEWAY, accepted, 'acceptor')
  assert.equal(accepted.fake.graceMs, 5_000)
  dial.resolve(dialled)
  await waiting
  await left
  assert.equal(dialled.fake.graceMs, 5_000)
  for (const { fake } of [held, dialled, accepted]) assert.deepEqual(fake.destroyedWith, [])
  assert.deepEqual(sessions.list(), [])
})
