import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { nodeFileSystem } from '../ledger/file-system.ts'
import type { FileSystem } from '../ledger/file-system.ts'
import { formatTime } from '../protocol/clock.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import {
  codeOf,
  nextExchange,
  openStore,
  recordExchange,
  recordMany,
} from '../evidence/testing/open-store.ts'
import { twoMembers, type TwoMembers } from '../evidence/testing/two-members.ts'
import type { NetworkRecord } from '../directory/directory-record.ts'
import { EvidenceUpkeep } from './evidence-upkeep.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { Readiness } from './readiness.ts'

const DAY_MS = 86_400_000

interface Kept {
  readonly paper: TwoMembers
  readonly store: EvidenceStore
  readonly upkeep: EvidenceUpkeep
  readonly events: GatewayEvent[]
  /** The disk has no space while this is true. */
  readonly disk: { isFull: boolean }
  readonly directory: { staleMs: number }
}

async function keep(context: TestContext, retentionDays?: number): Promise<Kept> {
  const paper = await twoMembers()
  const disk = { isFull: false }
  const directory = { staleMs: 0 }
  const fs: FileSystem = {
    ...nodeFileSystem,
    async writeDurably(fd, parts, position) {
      if (disk.isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      await nodeFileSystem.writeDurably(fd, parts, position)
    },
  }
  const { store } = await openStore(context, paper, paper.rta, { fs })
  const events: GatewayEvent[] = []
  const upkeep = new EvidenceUpkeep({
    evidence: store,
    acknowledgeWithinMs: 600_000,
    retentionDays,
    directoryStaleMs: () => directory.staleMs,
    clock: { nowMs: () => paper.network.nowMs },
    onEvent: (event) => events.push(event),
  })
  return { paper, store, upkeep, events, disk, directory }
}

test('after a full disk exchanges are taken again without a restart, with ever rarer attempts', async (context) => {
  const { paper, store, upkeep, events, disk } = await keep(context)
  const network = { maxStalenessMs: 1_000 } as NetworkRecord
  const readiness = new Readiness({
    evidence: store,
    directory: { network: () => network },
    directoryStaleMs: () => 0,
    onEvent: () => undefined,
  })
  await recordExchange(store, nextExchange(paper), true)
  disk.isFull = true
  assert.equal(await codeOf(store.record(nextExchange(paper).requestBatch, 'sent')), 'logging_failed')
  assert.throws(() => readiness.assert(), { code: 'logging_failed' })

  // One look a second for two minutes: the disk is not worn out by trying.
  for (let second = 0; second < 120; second += 1) {
    await upkeep.look()
    paper.network.nowMs += 1_000
  }
  const failed = events.filter((event) => event.kind === 'evidence_reopen_failed')
  assert.deepEqual(
    failed.map(({ retryMs }) => retryMs),
    [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
  )
  assert.throws(() => readiness.assert(), { code: 'logging_failed' })

  disk.isFull = false
  paper.network.nowMs += 60_000
  await upkeep.look()
  readiness.assert()
  const after = nextExchange(paper)
  await recordExchange(store, after, true)
  assert.equal((await store.find(after.request.exchange))?.state, 'answered')
})

test('the upkeep runs by itself until it is stopped', async (context) => {
  const { paper, store, disk } = await keep(context)
  disk.isFull = true
  assert.equal(await codeOf(store.record(nextExchange(paper).requestBatch, 'sent')), 'logging_failed')
  disk.isFull = false
  let reopened = (): void => undefined
  const isReopened = new Promise<void>((resolve) => {
    reopened = resolve
  })
  const evidence = {
    get healthy(): boolean {
      return store.healthy
    },
    reopen: async (): Promise<void> => {
      await store.reopen()
      reopened()
    },
    removeBefore: store.removeBefore.bind(store),
    query: store.query.bind(store),
    remember: store.remember.bind(store),
  }
  const clock = { nowMs: () => paper.network.nowMs }
  const settings = { retentionDays: undefined, acknowledgeWithinMs: 600_000 }
  const rest = { ...settings, directoryStaleMs: () => 0, clock, onEvent: () => undefined }
  const upkeep = new EvidenceUpkeep({ evidence, ...rest, lookEveryMs: 5 })
  upkeep.start()
  // The upkeep keeps no process alive by itself.
  const alive = setInterval(() => undefined, 1_000)
  await isReopened
  clearInterval(alive)
  await upkeep.stop()
  assert.equal(store.healthy, true)
})

test('retention ends once a day, with an event; without a setting nothing is ever removed', async (context) => {
  for (const retentionDays of [undefined, 2]) {
    const { paper, store, upkeep, events } = await keep(context, retentionDays)
    await recordMany(store, 200, () => nextExchange(paper))
    await store.checkpoint()
    paper.network.nowMs += 2 * DAY_MS
    await upkeep.look()
    await recordMany(store, 60, () => nextExchange(paper))
    await store.checkpoint()
    paper.network.nowMs += 2 * DAY_MS
    await upkeep.look()
    await upkeep.look()
    const ran = events.filter((event) => event.kind === 'evidence_retention_ran')
    const before = formatTime(paper.network.nowMs - 2 * DAY_MS)
    assert.equal(ran.length, retentionDays === undefined ? 0 : 2)
    assert.deepEqual(
      ran.slice(1),
      retentionDays === undefined ? [] : [{ kind: 'evidence_retention_ran', before, removed: 400 }],
    )
  }
})

test('a clock that runs ahead removes nothing', async (context) => {
  const { upkeep, events, directory } = await keep(context, 2)
  directory.staleMs = DAY_MS
  await upkeep.look()
  assert.deepEqual(events, [])
  directory.staleMs = 0
  await upkeep.look()
  assert.equal(events.length, 1)
})

test('what stayed unanswered is counted by side, once it is old enough not to be under way', async (context) => {
  const { paper, store, upkeep } = await keep(context)
  await recordExchange(store, nextExchange(paper), true)
  for (const direction of ['sent', 'sent', 'received'] as const) {
    await store.record(nextExchange(paper).requestBatch, direction)
  }
  await upkeep.look()
  assert.deepEqual({ ...upkeep.openExchanges, at: '' }, { sent: 0, received: 0, isMore: false, at: '' })
  paper.network.nowMs += 70_000
  await upkeep.look()
  assert.deepEqual(upkeep.openExchanges, {
    sent: 2,
    received: 1,
    isMore: false,
    at: formatTime(paper.network.nowMs),
  })
})
