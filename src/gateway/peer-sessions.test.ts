import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commissionBranch } from '../directory/testing/commission-branch.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { EstablishedSession } from './peer-sessions.ts'
import type { TransitRule } from './transit-rule.ts'
import { FakeSession } from './testing/fake-session.ts'
import { refusalOf } from './testing/gateway-world.ts'
import { established, peerSessionsBench, refuse } from './testing/peer-sessions-bench.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

const DEWA = 'AE-DU/SEMI/DEWA'
const GATEWAY = `${DEWA}/gw-1`
const MORO = 'AE-DU/branch/MORO'
const DIB = 'AE-DU/branch/DIB'
const ANY: TransitRule = {}
const NEVER = new AbortController().signal

test('many who wait for one peer share one attempt, and later ones its session', BOUNDED, async () => {
  const dial = Promise.withResolvers<EstablishedSession>()
  const { sessions, clock, dialled, events } = await peerSessionsBench(() => dial.promise)
  const ask = async (): Promise<EstablishedSession> =>
    await sessions.acquire({ member: DEWA }, ANY, clock.nowMs() + 1_000, NEVER)
  const waiting = Promise.all([ask(), ask(), ask()])
  const made = established()
  dial.resolve(made)
  assert.deepEqual(new Set(await waiting).size, 1)
  assert.equal(await ask(), made)
  assert.equal(sessions.current({ member: DEWA, gateway: GATEWAY }, ANY), made)
  assert.deepEqual(dialled, [MORO])
  assert.deepEqual(events, [{ kind: 'session_opened', peer: GATEWAY, role: 'initiator', path: [MORO] }])
})

test('when one branch fails the next is tried, and rounds go on until one works', BOUNDED, async () => {
  const { sessions, clock, dialled } = await peerSessionsBench(
    async (branch, attempt) => {
      if (branch === DIB && attempt > 4) return await Promise.resolve(established())
      return await refuse('branch_unreachable')
    },
    [MORO, DIB],
  )
  await sessions.acquire({ member: DEWA }, ANY, clock.nowMs() + 1_000, NEVER)
  assert.deepEqual(dialled, [MORO, DIB, MORO, DIB, MORO, DIB])
})

test(
  'at the deadline the caller learns every attempt of the last round and why it failed',
  BOUNDED,
  async () => {
    const b = await peerSessionsBench(
      async (branch) => {
        b.clock.advance(400)
        return await refuse(branch === MORO ? 'branch_unreachable' : 'wrong_peer')
      },
      [MORO, DIB],
    )
    const refusal = await refusalOf(
      async () => await b.sessions.acquire({ member: DEWA }, ANY, b.clock.nowMs() + 1_000, NEVER),
    )
    assert.equal(refusal.code, 'no_path')
    assert.deepEqual(b.dialled, [MORO, DIB, MORO, DIB])
    const tried = refusal.details['tried'] as { gateway: string; via: string; code: string; detail: string }[]
    assert.deepEqual(
      tried.map(({ gateway, via, code }) => [gateway, via, code]),
      [
        [GATEWAY, MORO, 'branch_unreachable'],
        [GATEWAY, DIB, 'wrong_peer'],
      ],
    )
    assert.ok(tried.every(({ detail }) => detail.length > 0))
  },
)

test(
  'branches are tried in the order in which they were weighed, those that came up since then last',
  BOUNDED,
  async () => {
    const [near, far, late] = ['AE-DU/branch/NEAR', 'AE-DU/branch/FAR', 'AE-DU/branch/LATE']
    const gone = 'AE-DU/branch/GONE'
    const bench = await peerSessionsBench(
      async (branch) => (branch === late ? established() : await refuse('branch_unreachable')),
      [near, far, late],
      [far, gone, near],
    )
    await bench.sessions.acquire({ member: DEWA }, ANY, bench.clock.nowMs() + 1_000, NEVER)
    assert.deepEqual(bench.dialled, [far, near, late])
  },
)

test('no branch, and no gateway in the directory, are told as such', BOUNDED, async () => {
  const { sessions, clock, dialled } = await peerSessionsBench(() => refuse('wrong_peer'), [])
  const codes: unknown[] = []
  for (const member of [DEWA, 'AE-DU/GOV/NOBODY']) {
    const { details } = await refusalOf(
      async () => await sessions.acquire({ member }, ANY, clock.nowMs(), NEVER),
    )
    codes.push((details['tried'] as { code: string }[]).map(({ code }) => code))
  }
  assert.deepEqual(codes, [['branch_unreachable'], ['unknown_member']])
  assert.deepEqual(dialled, [])
})

test('a caller that goes away stops waiting; it does not dial again', BOUNDED, async () => {
  const gone = new AbortController()
  const { sessions, clock, dialled } = await peerSessionsBench(async () => {
    gone.abort()
    return await refuse('branch_unreachable')
  })
  const deadline = clock.nowMs() + 1_000_000
  const refusal = await refusalOf(
    async () => await sessions.acquire({ member: DEWA }, ANY, deadline, gone.signal),
  )
  assert.equal(refusal.code, 'stream_cancelled')
  assert.deepEqual(dialled, [MORO])
})

test('the newest open session is used first; closed and draining ones never', BOUNDED, async () => {
  const { sessions, events } = await peerSessionsBench(() => refuse('wrong_peer'))
  const [older, newer] = [established(), established()]
  sessions.adopt(GATEWAY, older, 'acceptor')
  sessions.adopt(GATEWAY, newer, 'initiator')
  assert.equal(sessions.current({ member: DEWA }, ANY), newer)
  const uses = (): string[] => sessions.list().map(({ use }) => use)
  assert.deepEqual(uses(), ['in_use', 'spare'])
  newer.fake.open = false
  assert.equal(sessions.current({ member: DEWA }, ANY), older)
  assert.deepEqual(uses(), ['ending', 'in_use'])
  older.fake.end()
  newer.fake.end()
  await Promise.resolve()
  assert.deepEqual(sessions.list(), [])
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['session_opened', 'session_opened', 'session_closed', 'session_closed'],
  )
})

test('a session is used only where its path keeps the rule of the grant', BOUNDED, async () => {
  const { sessions } = await peerSessionsBench(() => refuse('wrong_peer'))
  const over = established(undefined, [MORO, DIB])
  sessions.adopt(GATEWAY, over, 'acceptor')
  const target = { member: DEWA }
  assert.equal(sessions.current(target, { avoid: [DIB] }), undefined)
  assert.equal(sessions.current(target, { only: [MORO] }), undefined)
  assert.equal(sessions.current(target, { avoid: ['AE-DU/branch/X'], only: [MORO, DIB] }), over)
})

test('attempts under different rules are not shared', BOUNDED, async () => {
  const dial = Promise.withResolvers<EstablishedSession>()
  const { sessions, clock, dialled } = await peerSessionsBench(() => dial.promise)
  const deadline = clock.nowMs() + 1_000
  const all = [ANY, { avoid: [DIB] }].map(
    async (rule) => await sessions.acquire({ member: DEWA }, rule, deadline, NEVER),
  )
  dial.resolve(established())
  await Promise.all(all)
  assert.equal(dialled.length, 2)
})

test('a named gateway that is not there is not replaced by another of the member', BOUNDED, async () => {
  const { sessions } = await peerSessionsBench(() => refuse('wrong_peer'))
  sessions.adopt(GATEWAY, established(), 'acceptor')
  assert.equal(sessions.current({ member: DEWA, gateway: `${DEWA}/gw-2` }, ANY), undefined)
})

test('the sessions of a refused gateway end at once with the reason; others stay', BOUNDED, async () => {
  const { sessions } = await peerSessionsBench(() => refuse('wrong_peer'))
  const [first, second, other] = [established(), established(), established()]
  sessions.adopt(GATEWAY, first, 'acceptor')
  sessions.adopt(GATEWAY, second, 'acceptor')
  sessions.adopt('AE-DU/GOV/RTA/gw-1', other, 'acceptor')
  sessions.closeWhere((gateway) => gateway === GATEWAY, 'key_revoked')
  assert.deepEqual(
    [first, second, other].map(({ fake }) => fake.destroyedWith),
    [['key_revoked'], ['key_revoked'], []],
  )
  assert.equal(sessions.current({ member: DEWA }, ANY), undefined)
})

test('closing ends every session, attempts under way, and sessions that come too late', BOUNDED, async () => {
  const { sessions, clock } = await peerSessionsBench(
    (_branch, _attempt, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new WuslaError('stream_cancelled')))
      }),
  )
  const held = established()
  sessions.adopt('AE-DU/GOV/RTA/gw-1', held, 'acceptor')
  const waiting = refusalOf(
    async () => await sessions.acquire({ member: DEWA }, ANY, clock.nowMs() + 1_000_000, NEVER),
  )
  await sessions.close()
  assert.equal((await waiting).code, 'no_path')
  assert.equal(held.fake.open, false)
  const late = established()
  sessions.adopt(GATEWAY, late, 'acceptor')
  assert.equal(late.fake.open, false)
  assert.equal(sessions.current({ member: DEWA }, ANY), undefined)
})

test(
  'a session that passes a forbidden branch is not used, not even one that the peer opened',
  BOUNDED,
  async () => {
    const { sessions, clock, dialled } = await peerSessionsBench(
      () => Promise.resolve(established(new FakeSession(), [DIB])),
      [MORO, DIB],
    )
    const byPeer = established(new FakeSession(), [DIB, MORO])
    sessions.adopt(GATEWAY, byPeer, 'acceptor')
    const target = { member: DEWA }
    assert.equal(sessions.current(target, ANY), byPeer)
    assert.equal(sessions.current(target, { avoid: [MORO] }), undefined)
    assert.equal(sessions.current(target, { only: [DIB] }), undefined)
    const own = await sessions.acquire(target, { avoid: [MORO] }, clock.nowMs() + 1_000, NEVER)
    assert.deepEqual(own.path, [DIB])
    assert.deepEqual(dialled, [DIB], 'the forbidden one is not even asked')
    assert.deepEqual(
      sessions.list().map(({ transit }) => transit),
      [{ avoid: [MORO] }, {}],
    )
  },
)

test('a session counts by the classes of this very moment', BOUNDED, async () => {
  const { sessions, network } = await peerSessionsBench(() => refuse('wrong_peer'))
  await commissionBranch(network, MORO, 'sovereign')
  const session = established()
  sessions.adopt(GATEWAY, session, 'acceptor')
  const rule = { onlyClasses: ['sovereign', 'defence'] }
  const used = (): unknown => sessions.current({ member: DEWA }, rule)
  assert.equal(used(), session)
  const { script, add } = network
  add(await script.entry('branch_classed', { branch: MORO }, script.byRegistry))
  assert.equal(used(), undefined)
  add(await script.entry('branch_classed', { branch: MORO, class: 'defence' }, script.byRegistry))
  assert.equal(used(), session)
  add(await script.entry('branch_retired', { branch: MORO }, script.byRegistry))
  assert.equal(used(), undefined)
})

test(
  'no_path says which constraint forbids which branch, and a path that breaks it is not taken',
  BOUNDED,
  async () => {
    const b = await peerSessionsBench(async () => {
      b.clock.advance(600)
      return await Promise.resolve(established(new FakeSession(), [DIB, MORO]))
    }, [MORO, DIB])
    await commissionBranch(b.network, DIB, 'sovereign')
    const rule = { onlyClasses: ['sovereign'] }
    const refusal = await refusalOf(
      async () => await b.sessions.acquire({ member: DEWA }, rule, b.clock.nowMs() + 1_000, NEVER),
    )
    assert.equal(refusal.code, 'no_path')
    assert.equal(refusal.details['reason'], 'By the agreement it may pass only branches of class sovereign.')
    const told = `${MORO}: the agreement allows only branches of class sovereign, and it is in none.`
    assert.deepEqual(
      (refusal.details['tried'] as { via: string; detail: string }[]).map(({ via, detail }) => [via, detail]),
      [
        [MORO, told],
        [DIB, told],
      ],
    )
  },
)
