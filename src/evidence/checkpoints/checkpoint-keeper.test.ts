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
  /** One second passes. */
  readonly tick: () => void
  readonly sizeOf: () => number
}

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 60_000 }

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

/** Waits for what a round must bring; the rest of the round needs no disk, so that a turn later it is over. */
async function brought(isThere: () => boolean): Promise<void> {
  while (!isThere()) await turn()
  await turn()
}

/** Evidence whose timer is moved by hand. */
async function keep(context: TestContext, others: Partial<EvidenceOptions> = {}): Promise<Kept> {
  const paper = await twoMembers()
  context.mock.timers.enable({ apis: ['setInterval'] })
  const { store, events } = await openStore(context, paper, paper.rta, {
    checkpointPeriodMs: 1_000,
    ...others,
  })
  const tick = (): void => {
    paper.network.nowMs += 1_000
    context.mock.timers.tick(1_000)
  }
  const sizeOf = (): number => Number(store.latestCheckpoint().split('\n')[1])
  return { paper, store, events, tick, sizeOf }
}

const kindsOf = (events: readonly EvidenceEvent[]): string[] => events.map(({ kind }) => kind)

test(
  'a checkpoint follows by itself when something was recorded, and only then',
  BOUNDED,
  async (context) => {
    const { paper, store, tick, sizeOf } = await keep(context)
    assert.equal(sizeOf(), 0)
    await recordExchange(store, nextExchange(paper), true)
    assert.equal(sizeOf(), 0, 'never on the path of an exchange')
    tick()
    await brought(() => sizeOf() > 0)
    assert.equal(sizeOf(), 2)
    const note = store.latestCheckpoint()
    tick()
    for (let more = 0; more < 5; more += 1) await turn()
    assert.equal(store.latestCheckpoint(), note)
  },
)

test(
  'witnesses that do not answer are tried again, later and later, until they do',
  BOUNDED,
  async (context) => {
    const asked: [second: number, size: number][] = []
    let second = 0
    let isDead = true
    const inner = await twoMembers()
    const { core } = inner
    const alive = witnessedBy([core], () => Date.UTC(2026, 10, 23, 8))
    const cosign: CosignCheckpoint = async (offer, signal) => {
      asked.push([second, offer.size])
      if (isDead) throw new Error('connection refused')
      return await alive(offer, signal)
    }
    const { paper, store, events, tick } = await keep(context, { cosign })
    await recordExchange(store, nextExchange(paper), true)
    // A round asks the witnesses only when it is due; with the checkpoint made it would do so within the turn.
    const pass = async (to: number, due: readonly number[]): Promise<void> => {
      while (second < to) {
        second += 1
        const before = events.length
        tick()
        if (due.includes(second)) await brought(() => events.length > before)
        else await turn()
      }
    }
    await pass(16, [1, 2, 4, 8, 16])
    assert.deepEqual(
      asked,
      [1, 2, 4, 8, 16].map((at) => [at, 2]),
    )
    assert.deepEqual(new Set(kindsOf(events)), new Set(['cosigning_failed']))
    isDead = false
    await pass(36, [32])
    assert.deepEqual(asked.slice(5), [[32, 2]])
    assert.equal(events.at(-1)?.kind, 'checkpoint_cosigned')
    assert.match(store.latestCheckpoint(), new RegExp(`— wusla/${core.id} `))
  },
)

test('a witness that hangs holds up neither exchanges nor closing', BOUNDED, async (context) => {
  let asked = 0
  const ends: unknown[] = []
  const cosign: CosignCheckpoint = async (_, signal) => {
    asked += 1
    return await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        ends.push(signal.reason)
        reject(new Error('aborted'))
      })
    })
  }
  const { paper, store, tick, sizeOf } = await keep(context, { cosign })
  await recordExchange(store, nextExchange(paper), true)
  tick()
  await brought(() => asked > 0)
  assert.equal(sizeOf(), 2)
  await recordExchange(store, nextExchange(paper), true)
  await store[Symbol.asyncDispose]()
  assert.equal(ends.length, 1)
  assert.ok(ends[0] instanceof DOMException && ends[0].name === 'AbortError', 'not its own time that ran out')
})
