import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type FaultMode, withFault } from './fault-plan.ts'
import { MemoryDisk } from './memory-disk.ts'
import { DayQuota } from '../../src/gateway/quotas/day-quota.ts'
import { QuotaJournal } from '../../src/gateway/quotas/quota-journal.ts'
import type { QuotaKey } from '../../src/gateway/quotas/quota-store.ts'

const ROOT = '/state'
const keyOf = (day: string, grant = 0): QuotaKey => ({
  agreement: 'A'.repeat(43),
  grant,
  limit: 'requestsPerDay',
  day,
})
const KEY = keyOf('2026-11-23')

const open = async (disk: MemoryDisk): Promise<QuotaJournal> =>
  await QuotaJournal.open(disk.fileSystem(), ROOT, 'quotas')

test('clean stops lose nothing, and make no block smaller', async () => {
  const disk = new MemoryDisk(ROOT)
  let passed = 0
  const writes: number[] = []
  for (let run = 0; run < 6; run += 1) {
    const { fs, calls } = withFault(disk)
    const journal = await QuotaJournal.open(fs, ROOT, 'quotas')
    const quota = new DayQuota(journal, KEY, 12_000)
    for (let i = 0; i < 1_999; i += 1) if (await quota.take(1)) passed += 1
    quota.close()
    await journal[Symbol.asyncDispose]()
    writes.push(calls.filter((call) => call === 'writeDurably').length)
  }
  const quota = new DayQuota(await open(disk), KEY, 12_000)
  while (await quota.take(1)) passed += 1
  assert.equal(passed, 12_000)
  assert.ok(Math.max(...writes) <= 110 && Math.max(...writes) - Math.min(...writes) <= 2, writes.join())
})

test('many exchanges share a write', async () => {
  const { fs, calls } = withFault(new MemoryDisk(ROOT), undefined)
  await using journal = await QuotaJournal.open(fs, ROOT, 'quotas')
  const before = calls.length
  const quota = new DayQuota(journal, KEY, 1_000_000)
  for (let i = 0; i < 100_000; i += 1) await quota.take(1)
  const writes = calls.slice(before).length
  assert.ok(writes > 10 && writes < 100, `${writes} calls of the disk for 100,000 exchanges`)
})

test('whatever dies when, never more than the quota passes, and at most a hundredth is lost', async () => {
  const run = fc.record({
    calls: fc.integer({ min: 0, max: 1_500 }),
    end: fc.constantFrom('kill', 'power', 'stop'),
    spares: fc.boolean(),
  })
  const property = fc.asyncProperty(
    fc.integer({ min: 100, max: 6_000 }),
    fc.array(run, { maxLength: 12 }),
    async (max, runs) => {
      let disk = new MemoryDisk(ROOT)
      let passed = 0
      for (const { calls, end, spares } of [...runs, { calls: max + 1, end: 'stop', spares: true }]) {
        const journal = await open(disk)
        const quota = new DayQuota(journal, KEY, max)
        for (let i = 0; i < calls && (await quota.take(1)); i += 1) passed += 1
        if (end === 'stop') {
          quota.close()
          await journal[Symbol.asyncDispose]()
        }
        if (end === 'power') disk = disk.afterPowerCut(() => spares)
      }
      assert.ok(passed <= max, `${passed} of ${max} passed`)
      assert.ok(passed >= max - max / 100, `only ${passed} of ${max} passed`)
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

test('each call of the disk that fails, before, within or after its work, lets nothing too much pass', async () => {
  const max = 300
  const play = async (
    call: number,
    mode: FaultMode,
  ): Promise<{ passed: number; failed: number; calls: number }> => {
    const disk = new MemoryDisk(ROOT)
    const { fs, calls } = withFault(disk, { call, mode, forGood: false })
    let passed = 0
    let failed = 0
    const spend = async (quota: DayQuota, count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        const outcome = await Promise.resolve(quota.take(1)).catch(() => undefined)
        if (outcome === true) passed += 1
        if (outcome === undefined) failed += 1
      }
    }
    const first = await QuotaJournal.open(fs, ROOT, 'quotas').catch(() => undefined)
    if (first === undefined) failed += 1
    else await spend(new DayQuota(first, KEY, max), 20)
    await spend(new DayQuota(await open(disk.afterPowerCut(() => true)), KEY, max), max + 1)
    return { passed, failed, calls: calls.length }
  }
  const { calls } = await play(Number.MAX_SAFE_INTEGER, 'before')
  for (let call = 1; call <= calls; call += 1) {
    for (const mode of ['before', 'after', 'halfway', 'unsynced'] as const) {
      const { passed, failed } = await play(call, mode)
      const what = `${passed} passed with a fault ${mode} call ${call}`
      assert.ok(failed > 0 || mode !== 'before' || call === calls, `${what}: the fault was not met`)
      assert.ok(passed <= max && passed >= max - 3, what)
    }
  }
})

test('a week of days is kept, and older ones go', async () => {
  const disk = new MemoryDisk(ROOT)
  for (let day = 1; day <= 9; day += 1) {
    await using journal = await open(disk)
    await journal.reserve(keyOf(`2026-11-0${day}`), { need: 1, max: 1, inHand: 0 })
  }
  await using journal = await open(disk)
  assert.equal(await journal.taken(keyOf('2026-11-02')), 1)
  assert.equal(await journal.taken(keyOf('2026-11-01')), 0)
})

test('a line that is broken or changed is passed over; the others count', async () => {
  const disk = new MemoryDisk(ROOT)
  const journal = await open(disk)
  await journal.reserve(keyOf('2026-11-23', 0), { need: 5, max: 9, inHand: 0 })
  await journal.reserve(keyOf('2026-11-23', 1), { need: 6, max: 9, inHand: 0 })
  const fs = disk.fileSystem()
  const fd = await fs.open(`${ROOT}/quotas/journal`, 'durable')
  const size = await fs.size(fd)
  await fs.writeDurably(fd, [Buffer.from('12345678 2026-11-23 half a li')], size)
  await fs.writeDurably(fd, [Buffer.from('9')], size / 2 - 8)
  await using again = await open(disk)
  assert.equal(await again.taken(keyOf('2026-11-23', 0)), 0)
  assert.equal(await again.taken(keyOf('2026-11-23', 1)), 6)
})
