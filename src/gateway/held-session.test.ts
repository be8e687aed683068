import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeHeld, type UsedSession } from './held-session.ts'
import { FakeSession } from './testing/fake-session.ts'

const GATEWAY = 'AE-DU/SEMI/DEWA/gw-1'

function used(branch: string, open: boolean): UsedSession {
  const fake = new FakeSession()
  fake.open = open
  const established = { session: fake.asSession, path: [branch], peerTlsKey: '' }
  return { established, role: 'initiator', sinceMs: 0, transit: {} }
}

test('the session over which a request would leave is in use, others are spare, one that drains is ending', () => {
  const list = [used('A', false), used('B', true), used('C', true)]
  const told = describeHeld(GATEWAY, list, list[1]?.established)
  assert.deepEqual(
    told.map(({ path, use }) => [path[0], use]),
    [
      ['A', 'ending'],
      ['B', 'in_use'],
      ['C', 'spare'],
    ],
  )
  assert.equal(told[0]?.since, '1970-01-01T00:00:00.000Z')
  assert.ok(
    told.every((session) => !('rttMs' in session)),
    'what was not measured is not there',
  )
})

test('the path of a session that the peer opened is told from our side as well', () => {
  const { established, ...rest } = used('A', true)
  const path = ['A', 'B', 'C']
  const accepted: UsedSession = { ...rest, established: { ...established, path }, role: 'acceptor' }
  assert.deepEqual(describeHeld(GATEWAY, [accepted], undefined)[0]?.path, ['C', 'B', 'A'])
})
