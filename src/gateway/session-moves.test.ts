import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../directory/testing/two-members.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { type EstablishedSession, PeerSessions, type SessionDialer } from './peer-sessions.ts'
import { SessionMoves } from './session-moves.ts'
import { SpareSessions } from './spare-sessions.ts'
import type { TransitRule } from './transit-rule.ts'
import { FakeSession } from './testing/fake-session.ts'
import { HandClock } from './testing/gateway-world.ts'

const DEWA = 'AE-DU/SEMI/DEWA'
const PEER = `${DEWA}/gw-1`
const [A, B, C] = ['AE-DU/branch/A', 'AE-DU/branch/B', 'AE-DU/branch/C'] as const

interface Bench {
  readonly sessions: PeerSessions
  readonly leaving: string[]
  readonly dialled: { readonly branch: string; readonly transit: TransitRule }[]
  readonly events: GatewayEvent[]
  readonly moves: SessionMoves
  readonly dialer: SessionDialer
}

function established(path: readonly string[]): EstablishedSession & { fake: FakeSession } {
  const fake = new FakeSession()
  return { session: fake.asSession, path, peerTlsKey: '', fake }
}

async function bench(
  dial: (branch: string) => Promise<EstablishedSession>,
  branches: readonly string[] = [A, B],
): Promise<Bench> {
  const { directory } = await start()
  const leaving: string[] = []
  const dialled: Bench['dialled'] = []
  const events: GatewayEvent[] = []
  const dialer = {
    branches: () => branches,
    dial: async (_gateway: string, branch: string, transit: TransitRule) => {
      dialled.push({ branch, transit })
      return await dial(branch)
    },
  }
  const onEvent = (event: GatewayEvent): number => events.push(event)
  const isLeaving = (branch: string): boolean => leaving.includes(branch)
  const sessions = new PeerSessions({ directory, dialer, clock: new HandClock(), onEvent, isLeaving })
  const moves = new SessionMoves({
    sessions,
    dialer,
    leaving: () => leaving,
    onEvent,
    lookMs: 5,
  })
  return { sessions, leaving, dialled, events, moves, dialer }
}

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

test('a session around the leaving branch takes the exchanges, then the old one ends in order', async () => {
  const dial = Promise.withResolvers<EstablishedSession>()
  const b = await bench(() => dial.promise)
  const [old, next] = [established([A, C]), established([B, C])]
  b.sessions.adopt(PEER, old, 'initiator')
  b.leaving.push(A)
  b.moves.look()
  assert.deepEqual(b.dialled, [{ branch: B, transit: { avoid: [A] } }])
  assert.equal(b.sessions.current({ member: DEWA }, {}), old, 'in use until another stands')
  assert.equal(old.fake.open, true)
  dial.resolve(next)
  await turn()
  assert.equal(b.sessions.current({ member: DEWA }, {}), next)
  assert.equal(old.fake.open, false)
  assert.equal(old.fake.graceMs, Infinity, 'what runs takes the time it needs')
  assert.deepEqual(old.fake.destroyedWith, [])
  assert.deepEqual(
    b.events.filter(({ kind }) => kind === 'session_moved'),
    [{ kind: 'session_moved', peer: PEER, path: [A, C] }],
  )
  b.moves.close()
})

test('a spare that stands already is used at once, without a new session', async () => {
  const b = await bench(() => Promise.reject(new WuslaError('no_path')))
  const [old, spare] = [established([A]), established([B])]
  b.sessions.adopt(PEER, old, 'initiator')
  b.sessions.adopt(PEER, spare, 'initiator', 'spare')
  b.leaving.push(A)
  assert.equal(b.sessions.current({ member: DEWA }, {}), spare, 'even before anybody looked')
  b.moves.look()
  assert.equal(old.fake.open, false)
  assert.deepEqual(b.dialled, [])
  b.moves.close()
})

test('without another way the old session stays in use, and the way is looked for again', async () => {
  let isOpen = false
  const next = established([B])
  const b = await bench(() =>
    isOpen ? Promise.resolve(next) : Promise.reject(new WuslaError('gateway_unreachable')),
  )
  const old = established([A])
  b.sessions.adopt(PEER, old, 'initiator')
  b.leaving.push(A)
  b.moves.look()
  await turn()
  assert.equal(b.sessions.current({ member: DEWA }, {}), old)
  assert.equal(old.fake.open, true)
  const told = b.events.find(({ kind }) => kind === 'session_not_moved')
  assert.deepEqual(told, { kind: 'session_not_moved', peer: PEER, path: [A], code: 'gateway_unreachable' })
  isOpen = true
  while (old.fake.open) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(b.sessions.current({ member: DEWA }, {}), next)
  b.moves.close()
})

test('the rule under which a session was opened holds for the one in its place', async () => {
  const b = await bench(() => Promise.reject(new WuslaError('no_path')), [A, B, C])
  const old = established([A])
  b.sessions.adopt(PEER, old, 'initiator', 'first', { avoid: [C] })
  b.sessions.adopt(PEER, established([C]), 'initiator')
  b.leaving.push(A)
  b.moves.look()
  await turn()
  assert.equal(old.fake.open, true, 'a session over a forbidden branch is none in its place')
  assert.deepEqual(
    new Set(b.dialled.map(({ transit }) => JSON.stringify(transit))),
    new Set([JSON.stringify({ avoid: [C, A] })]),
  )
  b.moves.close()
})

test('the side that was dialled leaves it to the other, and nothing moves when nobody leaves', async () => {
  const b = await bench(() => Promise.reject(new WuslaError('no_path')))
  const [dialledHere, dialledThere] = [established([A]), established([B])]
  b.sessions.adopt(PEER, dialledHere, 'initiator')
  b.sessions.adopt(PEER, dialledThere, 'acceptor')
  b.moves.look()
  b.leaving.push(B)
  b.moves.look()
  await turn()
  assert.deepEqual([dialledHere.fake.open, dialledThere.fake.open], [true, true])
  assert.deepEqual(b.dialled, [])
  b.moves.close()
})

test('no spare is opened over a leaving branch, only to be moved away from it at once', async () => {
  const b = await bench((branch) => Promise.resolve(established([branch])), [A, B, C])
  b.leaving.push(B)
  b.sessions.adopt(PEER, established([A]), 'initiator')
  const { sessions, dialer, events } = b
  const onEvent = (event: GatewayEvent): number => events.push(event)
  const spares = new SpareSessions({ sessions, dialer, leaving: () => b.leaving, onEvent, lookMs: 5 })
  while (sessions.list().length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  spares.close()
  assert.deepEqual(b.dialled, [{ branch: C, transit: { avoid: [A, B], apartFrom: [A] } }])
  b.moves.look()
  assert.deepEqual(
    sessions.list().map(({ path, use }) => [path[0], use]),
    [
      [A, 'in_use'],
      [C, 'spare'],
    ],
  )
  b.moves.close()
})
