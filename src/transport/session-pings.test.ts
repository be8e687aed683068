import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOOKS } from './session-keep-alive.ts'
import { SessionPings } from './session-pings.ts'
import type { SessionWire } from './session-wire.ts'

/** The looks at which a PING is sent, of so many, when each is answered at once. */
function asksAt(looks: number, isBusy: (look: number) => boolean): number[] {
  const asked: number[] = []
  let now = 0
  const wire = {
    writer: { heartbeat: (_type: number, payload: Buffer) => answers.push(payload.readBigUInt64BE()) },
    schedule: () => asked.push(now),
  } as unknown as SessionWire
  const answers: bigint[] = []
  const pings = new SessionPings(wire)
  for (now = 1; now <= looks; now += 1) {
    pings.look(isBusy(now))
    for (const count of answers.splice(0)) pings.onPong(count)
  }
  return asked
}

test('an idle peer is asked once an interval, whether it is heard of or not', () => {
  assert.deepEqual(
    asksAt(3 * LOOKS, () => false),
    [LOOKS, 2 * LOOKS, 3 * LOOKS],
  )
})

test('while something is under way the peer is asked at every look', () => {
  assert.deepEqual(
    asksAt(3 * LOOKS, (look) => look > LOOKS && look <= LOOKS + 3),
    [LOOKS, LOOKS + 1, LOOKS + 2, LOOKS + 3, 2 * LOOKS + 3],
  )
})
