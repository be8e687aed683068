import assert from 'node:assert/strict'
import test from 'node:test'
import { decodeBranchConfig } from './branch-config.ts'
import { branchDirectory } from './branch-directory.ts'
import { startBranch } from './start-branch.ts'
import { systemClock } from '../protocol/clock.ts'
import { createLinkFixture } from '../transport/link-fixture.ts'

const GOOD = { branch: 'AE-DU/branch/CORE', controlListen: '127.0.0.1:0', tunnelListen: '[::1]:0' }

await test('a good configuration is frozen and a bad one gives every problem at once, without its values', () => {
  const good = decodeBranchConfig({ ...GOOD, httpListen: '127.0.0.1:0', limits: { maxTunnels: 5 } })
  assert.ok(good.ok && Object.isFrozen(good.config))
  const bad = decodeBranchConfig({
    branch: 'secret-1',
    tunnelListen: 7,
    httpListen: 'secret-2',
    colour: 'secret-3',
    limits: { maxTunnels: 0, ticketMs: 20_000, speed: 1 },
  })
  assert.ok(!bad.ok)
  assert.equal(bad.problems.length, 8)
  assert.doesNotMatch(bad.problems.join(), /secret/)
  for (const value of [null, [], 'x', 1]) assert.equal(decodeBranchConfig(value).ok, false)
})

await test('the alarm of a line is over below the use at which it is raised', () => {
  const problemsOf = (limits: object): readonly string[] => {
    const decoded = decodeBranchConfig({ ...GOOD, limits })
    return decoded.ok ? [] : decoded.problems
  }
  assert.deepEqual(problemsOf({ lineAlarmPercent: 90, lineClearPercent: 85, lineAlarmMs: 1_000 }), [])
  assert.deepEqual(problemsOf({ lineAlarmPercent: 70 }), [
    'limits.lineClearPercent: must be less than lineAlarmPercent',
  ])
  assert.deepEqual(problemsOf({ lineAlarmPercent: 101 }), [
    'limits.lineAlarmPercent: must be a whole number from 1 to 100',
  ])
  assert.deepEqual(problemsOf({ linePacePercent: 80 }), [
    'limits.lineAlarmPercent: must be less than linePacePercent',
  ])
  assert.deepEqual(problemsOf({ linePacePercent: 1_000, lineAlarmPercent: 100 }), [])
})

await test('a port that cannot be had is refused and nothing stays open', async () => {
  const { directory, identity } = await createLinkFixture()
  const deps = {
    directory,
    identity: await identity(GOOD.branch),
    clock: systemClock,
    onEvent: () => undefined,
  }
  const first = await startBranch({ ...GOOD, tunnelListen: '127.0.0.1:0' }, deps)
  const second = startBranch({ ...GOOD, tunnelListen: first.tunnelAddress }, deps)
  await assert.rejects(second, {
    code: 'config_invalid',
    details: { problems: ['tunnelListen: cannot listen there'] },
  })
  await assert.rejects(startBranch({ ...GOOD, tunnelListen: 'nowhere' }, deps), { code: 'config_invalid' })
  await first.close()
  assert.equal(directory.listeners, 0)
})

await test('the directory counts a peer only while it, its key and its member are active', () => {
  const standing = { status: 'active' as 'active' | 'suspended' }
  const gateway = { gateway: 'AE-DU/GOV/RTA/gw-1', member: 'AE-DU/GOV/RTA' }
  const line = { capacityMbps: 10, monthlyCostAed: 5, riskGroups: [] }
  const view = branchDirectory({
    tlsKeyOwner: (key) => (key === 'k' ? gateway.gateway : undefined),
    onChange: () => () => true,
    gateway: (id) => (id === gateway.gateway ? gateway : undefined),
    member: () => standing,
    branch: (id) => (id === GOOD.branch ? { controlAddress: 'a:1', tunnelAddress: 'a:2' } : undefined),
    lines: () => [
      { ...line, line: 'L1', ends: [GOOD.branch, 'AE-DU/branch/MORO'] },
      { ...line, line: 'L2', ends: [gateway.gateway, GOOD.branch] },
      { ...line, line: 'L3', ends: ['AE-DU/branch/MORO', 'AE-DU/branch/FAR'] },
    ],
  })
  assert.equal(view.tlsKeyOwner('k'), gateway.gateway)
  assert.equal(view.isActive(GOOD.branch), true)
  assert.deepEqual(view.neighboursOf(GOOD.branch), ['AE-DU/branch/MORO', gateway.gateway])
  standing.status = 'suspended'
  assert.equal(view.tlsKeyOwner('k'), undefined)
  assert.equal(view.isActive(gateway.gateway), false)
})

await test('lines are found by their two ends, in either order, and anew after a change', () => {
  const [a, b, c] = ['AE-DU/branch/A', 'AE-DU/branch/B', 'AE-DU/branch/C'] as const
  const facts = { capacityMbps: 10, monthlyCostAed: 5, riskGroups: ['duct'] }
  const lines: (typeof facts & { readonly line: string; readonly ends: readonly string[] })[] = [
    { ...facts, line: 'L2', ends: [b, a] },
    { ...facts, line: 'L1', ends: [a, b] },
    { ...facts, line: 'L3', ends: [b, c] },
  ]
  const listeners: (() => void)[] = []
  const view = branchDirectory({
    tlsKeyOwner: () => undefined,
    onChange: (listener) => {
      listeners.push(listener)
      return () => true
    },
    gateway: () => undefined,
    member: () => undefined,
    branch: () => undefined,
    lines: () => lines,
  })
  const both = [
    { ...facts, line: 'L1' },
    { ...facts, line: 'L2' },
  ]
  assert.deepEqual(view.linesBetween(a, b), both)
  assert.deepEqual(view.linesBetween(b, a), both)
  assert.deepEqual(view.linesBetween(a, c), [])
  assert.deepEqual(view.neighboursOf(b), [a, c])
  lines.push({ ...facts, line: 'L4', ends: [a, c] })
  for (const tell of listeners) tell()
  assert.deepEqual(view.linesBetween(c, a), [{ ...facts, line: 'L4' }])
})
