import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { awaitedNote } from '../evidence/acknowledgement-notes.ts'
import { nextExchange, type OpenStore, openStore, recordExchange } from '../evidence/testing/open-store.ts'
import { type TwoMembers, twoMembers } from '../evidence/testing/two-members.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { noteOverdue } from './note-overdue.ts'

const WITHIN_MS = 600_000

interface Bench extends OpenStore {
  readonly paper: TwoMembers
  readonly told: GatewayEvent[]
  readonly look: () => Promise<void>
}

async function open(context: TestContext, side: 'rta' | 'dewa'): Promise<Bench> {
  const paper = await twoMembers()
  const opened = await openStore(context, paper, paper[side])
  const told: GatewayEvent[] = []
  const options = {
    evidence: opened.store,
    acknowledgeWithinMs: WITHIN_MS,
    onEvent: (event: GatewayEvent) => told.push(event),
  }
  return { ...opened, paper, told, look: async () => await noteOverdue(options, paper.network.nowMs) }
}

/** An answered exchange that has to be acknowledged. @returns its name */
async function awaited({ store, paper }: Bench, role: 'consumer' | 'provider'): Promise<string> {
  const exchange = nextExchange(paper)
  const name = exchange.request.exchange
  await recordExchange(store, exchange, role === 'consumer')
  await store.remember(awaitedNote(name, role, paper.network.nowMs))
  return name
}

async function statesOf({ store }: Bench): Promise<unknown[]> {
  return (await store.query({})).rows.map(({ exchange, acknowledgement }) => [exchange, acknowledgement])
}

test('what was not acknowledged in time is noted once, with an alarm at the provider', async (context) => {
  const bench = await open(context, 'dewa')
  const { paper, told, look } = bench
  const late = await awaited(bench, 'provider')
  paper.network.nowMs += WITHIN_MS - 1_000
  const young = await awaited(bench, 'provider')
  await look()
  assert.equal(told.length, 0, 'not a moment too early')
  paper.network.nowMs += 2_000
  await look()
  assert.deepEqual(await statesOf(bench), [
    [young, 'awaited'],
    [late, 'overdue'],
  ])
  assert.equal(told.length, 1)
  const [alarm] = told
  assert.ok(alarm?.kind === 'alarm' && alarm.alarm === 'not_acknowledged')
  assert.match(alarm.detail, new RegExp(`time: 1, such as .* ${late}`))
  await look()
  assert.equal(told.length, 1, 'each is told once')
})

test('the time counts from the answer, not from the request', async (context) => {
  const bench = await open(context, 'dewa')
  const { paper, store, told } = bench
  const time = new Date(paper.network.nowMs + WITHIN_MS).toISOString()
  const slow = nextExchange(paper, { answer: { time } })
  await recordExchange(store, slow, false)
  await store.remember(awaitedNote(slow.request.exchange, 'provider', paper.network.nowMs))
  paper.network.nowMs += WITHIN_MS + 5_000
  await bench.look()
  assert.deepEqual([await statesOf(bench), told.length], [[[slow.request.exchange, 'awaited']], 0])
})

test('the consumer notes it as well, and wakes nobody', async (context) => {
  const bench = await open(context, 'rta')
  const late = await awaited(bench, 'consumer')
  bench.paper.network.nowMs += WITHIN_MS + 1_000
  await bench.look()
  assert.deepEqual(await statesOf(bench), [[late, 'overdue']])
  assert.deepEqual(bench.told, [])
})

test('all of many are noted, a page after the other', async (context) => {
  const bench = await open(context, 'dewa')
  const { store, paper, told } = bench
  const names = Array.from({ length: 600 }, () => nextExchange(paper))
  await Promise.all(
    names.map(async (exchange) => {
      await recordExchange(store, exchange, false)
      await store.remember(awaitedNote(exchange.request.exchange, 'provider', paper.network.nowMs))
    }),
  )
  paper.network.nowMs += WITHIN_MS + 1_000
  await bench.store.query({}, 60_000)
  await bench.look()
  assert.equal((await store.query({ awaited: true }, 60_000)).rows.length, 0)
  assert.ok(told[0]?.kind === 'alarm')
  assert.match(told[0].detail, /time: 600,/)
})
