import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../directory/change.ts'
import { commissionBranch } from '../directory/testing/commission-branch.ts'
import type { WuslaError } from '../protocol/wusla-error.ts'
import { type EvidenceNote } from '../evidence/evidence-store.ts'
import { newExchangeId } from '../protocol/exchange-id.ts'
import { followDirectory } from './follow-directory.ts'
import { RunningExchanges } from './running-exchanges.ts'
import { CLIENT, openWorld, revokeAgreement, SERVICE } from './testing/gateway-world.ts'

const CORE = 'AE-DU/branch/CORE'

test('a branch that leaves the class an agreement asks for takes the exchanges that pass it along, and no others', async () => {
  await using world = await openWorld('AE-DU/GOV/RTA', { transit: { onlyClasses: ['sovereign'] } })
  await commissionBranch(world, CORE, 'sovereign')
  const running = new RunningExchanges(world.clock)
  const notes: unknown[] = []
  const followed = followDirectory({
    ...world,
    member: 'AE-DU/GOV/RTA',
    running,
    verified: { look: () => undefined },
    sessions: { closeWhere: () => undefined } as never,
    links: { follow: () => undefined } as never,
    evidence: { note: async (note: unknown) => await Promise.resolve(notes.push(note)) } as never,
    onEvent: (event) => world.events.push(event),
  })
  const cuts: [string, WuslaError][] = []
  const begin = (exchange: string, branches: readonly string[]): unknown =>
    running.begin({
      exchange,
      direction: 'sent',
      client: CLIENT,
      service: SERVICE,
      method: 'GET',
      path: '/bills/7',
      agreement: world.agreement,
      takenMs: world.clock.nowMs(),
      branches: () => branches,
      cut: (why) => cuts.push([exchange, why]),
    })
  begin('over CORE', [CORE])
  begin('direct', [])
  const { script, add } = world
  add(await script.entry('branch_classed', { branch: CORE, class: 'public' }, script.byRegistry))
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  followed.stop()
  assert.deepEqual(
    cuts.map(([exchange, { code, details }]) => [exchange, code, details['reason']]),
    [
      [
        'over CORE',
        'no_path',
        `${CORE}: the agreement allows only branches of class sovereign, and it is in public.`,
      ],
    ],
  )
  assert.equal(notes.length, 1)
  assert.equal(running.size, 1)
})

test('the end of the hours cuts nothing that runs; the end of the agreement does', async () => {
  const hours = { timeZone: 'UTC', days: [1], from: '08:00', until: '08:30' }
  await using world = await openWorld('AE-DU/GOV/RTA', { hours })
  const running = new RunningExchanges(world.clock)
  const followed = followDirectory({
    ...world,
    member: 'AE-DU/GOV/RTA',
    running,
    verified: { look: () => undefined },
    sessions: { closeWhere: () => undefined } as never,
    links: { follow: () => undefined } as never,
    evidence: { note: async () => await Promise.resolve() } as never,
    onEvent: (event) => world.events.push(event),
  })
  const call = { client: CLIENT, service: SERVICE, method: 'GET', path: '/bills/7' }
  const cut: string[] = []
  running.begin({
    ...call,
    exchange: 'e-1',
    direction: 'served',
    agreement: world.agreement,
    takenMs: world.clock.nowMs(),
    branches: () => [],
    cut: ({ code }) => cut.push(code),
  })
  world.clock.advance(3_600_000)
  assert.equal(world.access.decide(call).allowed, false)
  const carriedOver = async (): Promise<void> =>
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const { script, add, dewa, rta } = world
  add(await script.agreement('A'.repeat(43), dewa, rta))
  await carriedOver()
  assert.deepEqual(cut, [])
  await revokeAgreement(world)
  await carriedOver()
  followed.stop()
  assert.deepEqual(cut, ['access_denied'])
})

test('a cut is noted also when thousands of exchanges run under the agreement', async () => {
  await using world = await openWorld('AE-DU/SEMI/DEWA')
  const running = new RunningExchanges(world.clock)
  const notes: EvidenceNote[] = []
  const followed = followDirectory({
    ...world,
    member: 'AE-DU/SEMI/DEWA',
    running,
    verified: { look: () => undefined },
    sessions: { closeWhere: () => undefined } as never,
    links: { follow: () => undefined } as never,
    evidence: { note: async (note: EvidenceNote) => await Promise.resolve(notes.push(note)) } as never,
    onEvent: (event) => world.events.push(event),
  })
  const names = Array.from({ length: 5_000 }, () => newExchangeId())
  for (const exchange of names) {
    running.begin({
      exchange,
      direction: 'served',
      client: CLIENT,
      service: SERVICE,
      method: 'GET',
      path: '/bills/7',
      agreement: world.agreement,
      takenMs: world.clock.nowMs(),
      branches: () => [],
      cut: () => undefined,
    })
  }
  await revokeAgreement(world)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  followed.stop()
  assert.ok(notes.length <= 100, `${notes.length} notes are more than the evidence takes at once`)
  assert.deepEqual(
    notes.flatMap(({ details }) => details?.['exchanges'] ?? []),
    names,
  )
  for (const note of notes) {
    assert.equal(note.details?.['agreement'], world.agreement)
    // The bound of one note, with room for its kind and time.
    assert.ok(JSON.stringify(note).length < 4_000)
  }
})

test('what runs ends by the clock: with the validity, or when another agreement takes the place of its own', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  for (const ends of ['expired', 'superseded'] as const) {
    await using world = await openWorld('AE-DU/SEMI/DEWA')
    const { script, add, dewa, rta, agreement, agreements, clock } = world
    const validFrom = '2026-11-23T09:00:00.000Z'
    if (ends === 'superseded') {
      const content = { ...agreements.get(agreement), validFrom, supersedes: agreement }
      const next = await agreements.put(content)
      const entry = JSON.parse(await script.agreement(next, dewa, rta)) as { readonly change: Change }
      const change = { ...entry.change, validFrom, supersedes: agreement } as Change
      add(await script.sign(change, script.byRegistry))
    }
    const running = new RunningExchanges(clock)
    const notes: EvidenceNote[] = []
    const followed = followDirectory({
      ...world,
      member: 'AE-DU/SEMI/DEWA',
      running,
      verified: { look: () => undefined },
      sessions: { closeWhere: () => undefined } as never,
      links: { follow: () => undefined } as never,
      evidence: { note: async (note: EvidenceNote) => await Promise.resolve(notes.push(note)) } as never,
      onEvent: (event) => world.events.push(event),
    })
    const call = { client: CLIENT, service: SERVICE, method: 'GET', path: '/bills/7', agreement }
    const cut: string[] = []
    const exchange = newExchangeId()
    const facts = { direction: 'served', takenMs: clock.nowMs(), branches: () => [] } as const
    running.begin({ ...call, ...facts, exchange, cut: ({ code }) => cut.push(code) })
    const end = Date.parse(ends === 'expired' ? '2029-01-01T00:00:00.000Z' : validFrom)
    clock.advance(end - 1 - clock.nowMs())
    t.mock.timers.tick(1_000)
    assert.deepEqual(cut, [], ends)
    clock.advance(1)
    t.mock.timers.tick(1_000)
    assert.deepEqual(cut, ['access_denied'], ends)
    assert.deepEqual(notes[0]?.details, { agreement, direction: 'served', exchanges: [exchange] })
    const decision = world.access.decide(call)
    assert.equal(!decision.allowed && decision.reason, ends)
    followed.stop()
  }
})
