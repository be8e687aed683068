import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { WeighedWay } from '../transport/branch-control.ts'
import { explainPaths, type GatewayPaths } from './explain-paths.ts'
import type { HeldSession } from './held-session.ts'
import type { PathWish } from './peer-sessions.ts'
import { type BranchClasses, keepsTransit, type TransitRule } from './transit-rule.ts'

const [A, B, C] = ['AE-DU/branch/A', 'AE-DU/branch/B', 'AE-DU/branch/C']
const PEER = 'AE-DU/SEMI/DEWA/gw-1'

/** Branch A is sovereign, the others are in no class. */
const CLASSES = {
  branch: (id: string) => (id === A ? { class: 'sovereign' } : {}),
  branches: () => [A, B, C].map((branch) => ({ branch })),
} as BranchClasses

/** What branches know: the ways of each, best first. */
type Ways = Readonly<Record<string, readonly (readonly string[])[] | WeighedWay['reason']>>

function weighing(ways: Ways): (branch: string, target: string, wish: PathWish) => Promise<WeighedWay[]> {
  return async (branch, target, wish) => {
    assert.equal(target, PEER)
    assert.ok(!('onlyClasses' in wish), 'a branch knows no classes')
    const known = ways[branch] ?? []
    if (typeof known === 'string') throw new WuslaError('branch_unreachable', { message: known })
    const paths = known.filter((path) => keepsTransit(path, wish, CLASSES))
    return await Promise.resolve(
      paths.map((path, at) => ({ path, costMs: path.length, chosen: at === 0, reason: 'r', legs: [] })),
    )
  }
}

function held(path: readonly string[], use: HeldSession['use'], gateway = PEER): HeldSession {
  const counts = { transit: {}, streams: 0, sent: 0, served: 0, bytesIn: 0, bytesOut: 0 }
  return { gateway, path, role: 'initiator', use, since: '2026-11-23T08:00:00.000Z', ...counts }
}

async function explain(ways: Ways, sessions: HeldSession[], terms?: TransitRule): Promise<GatewayPaths> {
  return await explainPaths(
    {
      branches: Object.keys(ways),
      linkMs: () => 1,
      sessions,
      weigh: weighing(ways),
      classes: CLASSES,
      shareRisk: () => false,
    },
    PEER,
    terms,
  )
}

function uses({ ways }: GatewayPaths): string[] {
  return ways.map(({ path, use }) => `${use} ${path.map((branch) => branch.at(-1)).join('')}`)
}

test('the path in use and the spare come first, then what else there is, by cost', async () => {
  const ways = { [A]: [[A], [A, C, B]], [B]: [[B, A], [B]] }
  const other = held([C], 'in_use', 'AE-DU/GOV/DHA/gw-1')
  const told = await explain(ways, [held([B], 'spare'), held([A], 'in_use'), other])
  assert.deepEqual(uses(told), ['in_use A', 'spare B', 'possible BA', 'possible ACB'])
  assert.deepEqual(
    told.sessions.map(({ path, allowed }) => [path, allowed]),
    [
      [[B], true],
      [[A], true],
    ],
  )
})

test('without a session it is told what would be opened: the cheapest whole way', async () => {
  assert.deepEqual(uses(await explain({ [B]: [[B, C]], [A]: [[A]] }, [])), ['next A', 'possible BC'])
  assert.deepEqual(uses(await explain({ [B]: [], [A]: [[A]] }, [])), ['next A'])
  assert.deepEqual(uses(await explain({ [A]: [] }, [])), [])
})

test('without a spare it is told which way would be one: one that shares nothing with the path in use', async () => {
  const ways = {
    [A]: [[A]],
    [B]: [
      [B, A],
      [B, C],
    ],
  }
  const told = await explain(ways, [held([A], 'in_use')])
  assert.deepEqual(uses(told), ['in_use A', 'next_spare BC', 'possible BA'])
  assert.deepEqual(uses(await explain({ [A]: [[A]] }, [held([A], 'in_use')])), ['in_use A'])
})

test('a session that is ending is neither in use nor a spare', async () => {
  const told = await explain({ [A]: [[A]], [B]: [[B]] }, [held([A], 'ending'), held([B], 'in_use')])
  assert.deepEqual(uses(told), ['in_use B', 'next_spare A'])
})

test('what the agreement forbids is told as such and never used', async () => {
  const ways = { [A]: [[A], [A, C]], [B]: [[B]] }
  const terms = { avoid: [B] }
  const told = await explain(ways, [held([B], 'in_use'), held([A], 'spare')], terms)
  assert.deepEqual(uses(told), ['in_use A', 'possible AC', 'forbidden B'])
  assert.deepEqual(
    told.sessions.map(({ allowed }) => allowed),
    [false, true],
  )
  const sovereign = await explain(ways, [], { onlyClasses: ['sovereign'] })
  assert.deepEqual(uses(sovereign), ['next A', 'forbidden B', 'forbidden AC'])
  const none = await explain(ways, [], { only: [C] })
  assert.deepEqual(uses(none), ['forbidden A', 'forbidden B', 'forbidden AC'])
})

test('a branch that does not weigh is named with its reason, and the others are heard', async () => {
  const told = await explain({ [A]: 'it did not answer in time', [B]: [[B]] }, [])
  assert.deepEqual(uses(told), ['next B'])
  assert.deepEqual(told.unanswered, [
    { branch: A, code: 'branch_unreachable', detail: 'it did not answer in time' },
  ])
})
