import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { CosignCheckpoint } from '../cosign-checkpoint.ts'
import type { EvidenceEvent } from '../evidence-event.ts'
import type { EvidenceOptions } from '../evidence-options.ts'
import type { EvidenceStore } from '../evidence-store.ts'
import { nextExchange, openStore, recordExchange, witnessedBy } from '../testing/open-store.ts'
import { twoMembers } from '../testing/two-members.ts'
import type { TwoMembers } from '../testing/two-members.ts'

interface Kept {
  readonly paper: TwoMembers
  readonly store: EvidenceStore
  readonly events: EvidenceEvent[]
  readonly tick: () => Promise<void>
  readonly sizeOf: () => number
}

/** Evidence whose timer is moved by hand. */
async function keep(context: TestContext, others: Partial<EvidenceOptions> = {}): Promise<Kept> {
  const paper = await twoMembers()
  context.mock.timers.enable({ apis: ['setInterval'] })
  const { store, events } = await openStore(context, paper, paper.rta, {
    checkpointPeriodMs: 1_000,
    ...others,
  })
  const tick = async (): Promise<void> => {
    paper.network.nowMs += 1_000
    const before = events.length
    const size = sizeOf()
    context.mock.timers.tick(1_000)
    for (let turn = 0; turn < 200 && events.length === before && sizeOf() === size; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const sizeOf = (): number => Number(store.latestCheckpoint().split('\n')[1])
  return { paper, store, events, tick, sizeOf }
}

const kindsOf = (events: readonly EvidenceEvent[]): string[] => events.map(({ kind }) => kind)

test('a checkpoint follows by itself when something was recorded, and only then', async (context) => {
  const { paper, store, tick, sizeOf } = await keep(context)
  assert.equal(sizeOf(), 0)
  await recordExchange(store, nextExchange(paper), true)
  assert.equal(sizeOf(), 0, 'never on the path of an exchange')
  await tick()
  assert.equal(sizeOf(), 2)
  const note = store.latestCheckpoint()
  await tick()
  assert.equal(store.latestCheckpoint(), note)
})

test('witnesses that do not answer are tried again, later and later, until they do', async (context) => {
  const asked: number[] = []
  let isDead = true
  const inner = await twoMembers()
  const { core } = inner
  const alive = witnessedBy([core], () => Date.UTC(2026, 10, 23, 8))
  const cosign: CosignCheckpoint = async (offer, signal) => {
    asked.push(offer.size)
    if (isDead) throw new Error('connection refused')
    return await alive(offer, signal)
  }
  const { paper, store, events, tick } = await keep(context, { cosign })
  await recordExchange(store, nextExchange(paper), true)
  for (let second = 0; second < 16; second += 1) await tick()
  assert.deepEqual(asked, [2, 2, 2, 2, 2], 'after 1, 2, 4, 8 and 16 seconds')
  assert.deepEqual(new Set(kindsOf(events)), new Set(['cosigning_failed']))
  isDead = false
  for (let second = 0; second < 20; second += 1) await tick()
  assert.equal(asked.length, 6)
  assert.equal(events.at(-1)?.kind, 'checkpoint_cosigned')
  assert.match(store.latestCheckpoint(), new RegExp(`— wusla/${core.id} `))
})

test('a witness that hangs holds up neither exchanges nor closing', async (context) => {
  let aborted = 0
  const cosign: CosignCheckpoint = async (_, signal) =>
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted += 1
        reject(new Error('aborted'))
      })
    })
  const { paper, store, tick, sizeOf } = await keep(context, { cosign })
  await recordExchange(store, nextExchange(paper), true)
  await tick()
  assert.equal(sizeOf(), 2)
  await recordExchange(store, nextExchange(paper), true)
  await store[Symbol.asyncDispose]()
  assert.equal(aborted, 1)
})
