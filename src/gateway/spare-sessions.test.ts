import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { HeldSession } from './held-session.ts'
import type { PathWish, PeerSessions, SessionDialer } from './peer-sessions.ts'
import { spareChoices, SpareSessions } from './spare-sessions.ts'

const [A, B, C] = ['AE-DU/branch/A', 'AE-DU/branch/B', 'AE-DU/branch/C']
const PEER = 'AE-DU/SEMI/DEWA/gw-1'

function held(
  path: readonly string[],
  role: HeldSession['role'] = 'initiator',
  transit: HeldSession['transit'] = {},
): HeldSession {
  const counts = { streams: 0, sent: 0, served: 0, bytesIn: 0, bytesOut: 0 }
  return { gateway: PEER, path, role, use: 'in_use', since: '2026-11-23T08:00:00.000Z', transit, ...counts }
}

test('a spare shares no branch with the first session, where such a way exists', () => {
  assert.deepEqual(spareChoices([held([A])], [A, B, C]), [
    { branch: B, avoid: [A], apartFrom: [A] },
    { branch: C, avoid: [A], apartFrom: [A] },
  ])
  assert.deepEqual(spareChoices([held([A])], [A]), [])
})

test('two sessions without a common branch are enough', () => {
  assert.deepEqual(spareChoices([held([A]), held([B])], [A, B, C]), [])
  assert.deepEqual(spareChoices([held([A, B]), held([B])], [A, B, C]), [
    { branch: C, avoid: [A, B], apartFrom: [A, B] },
  ])
})

test('where no disjoint way exists, one around the first branch', () => {
  assert.deepEqual(spareChoices([held([A, B])], [A, B]), [{ branch: B, avoid: [A], apartFrom: [A, B] }])
})

test('a branch whose line fails together with the first one is asked last', () => {
  const shareRisk = (one: string, other: string): boolean => [one, other].sort().join() === [A, B].join()
  assert.deepEqual(
    spareChoices([held([A])], [A, B, C], shareRisk).map(({ branch }) => branch),
    [C, B],
  )
})

test('beside a direct session, however it was opened, there is one over a branch', () => {
  const direct = held([])
  assert.deepEqual(spareChoices([direct], [A, B]), [
    { branch: A, avoid: [] },
    { branch: B, avoid: [] },
  ])
  assert.equal(spareChoices([direct, held([], 'acceptor')], [A]).length, 1)
  assert.deepEqual(spareChoices([direct, held([A, B])], [A, B, C]), [])
  assert.deepEqual(spareChoices([direct], []), [])
})

interface Bench {
  readonly dialled: string[]
  readonly asked: PathWish[]
  readonly adopted: string[]
  readonly events: GatewayEvent[]
  readonly spares: SpareSessions
}

function open(sessions: HeldSession[], refuses: boolean): Bench {
  const dialled: string[] = []
  const asked: PathWish[] = []
  const adopted: string[] = []
  const events: GatewayEvent[] = []
  const dialer: SessionDialer = {
    branches: () => [A, B],
    dial: async (_gateway, branch, wish) => {
      const { avoid, apartFrom } = wish
      asked.push(wish)
      dialled.push(`${branch} without ${avoid?.join() ?? ''}, apart from ${apartFrom?.join() ?? ''}`)
      if (refuses) throw new WuslaError('gateway_unreachable')
      return await Promise.resolve({ session: {} as never, path: [branch], peerTlsKey: 'k' })
    },
  }
  const peers = {
    list: () => sessions,
    adopt: (gateway: string, { path }: { path: readonly string[] }, role: string, use: string) => {
      adopted.push(`${gateway} ${path.join()} ${role} ${use}`)
      sessions.push(held(path))
    },
  } as unknown as PeerSessions
  const spares = new SpareSessions({
    sessions: peers,
    dialer,
    onEvent: (event) => events.push(event),
    lookMs: 5,
    retryMs: 100_000,
  })
  return { dialled, asked, adopted, events, spares }
}

test('the side that dialled opens one spare, and no more', async () => {
  const { dialled, adopted, spares } = open([held([A])], false)
  await new Promise((resolve) => setTimeout(resolve, 60))
  spares.close()
  assert.deepEqual(dialled, [`${B} without ${A}, apart from ${A}`])
  assert.deepEqual(adopted, [`${PEER} ${B} initiator spare`])
})

test('a spare keeps the transit rule of the session it backs up', async () => {
  const rule = { avoid: [C], onlyClasses: ['sovereign'] }
  const { asked, spares } = open([held([A], 'initiator', rule)], true)
  await new Promise((resolve) => setTimeout(resolve, 30))
  spares.close()
  assert.deepEqual(asked, [{ avoid: [C, A], onlyClasses: ['sovereign'], apartFrom: [A] }])
})

test('the side that was dialled leaves it to the other', async () => {
  const { dialled, spares } = open([held([A], 'acceptor')], false)
  await new Promise((resolve) => setTimeout(resolve, 60))
  spares.close()
  assert.deepEqual(dialled, [])
})

test('a peer without a second way is told once and left alone for a while', async () => {
  const { dialled, events, spares } = open([held([A])], true)
  await new Promise((resolve) => setTimeout(resolve, 60))
  spares.close()
  assert.equal(dialled.length, 1)
  assert.deepEqual(events, [{ kind: 'no_spare_path', peer: PEER, code: 'gateway_unreachable' }])
})
