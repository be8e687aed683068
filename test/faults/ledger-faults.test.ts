import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withFault } from './fault-plan.ts'
import { ROOT, nothingSeen, runLedger } from './ledger-run.ts'
import { callsOfRun, chance, cutAndReopen, cutTwiceAndReopen, reopen } from './ledger-power-cut.ts'
import { MemoryDisk } from './memory-disk.ts'

const calls = await callsOfRun()

test('a run makes every kind of change', () => {
  assert.ok(calls.length > 70, `${calls.length} calls`)
  const kinds = ['makeDirectory', 'open', 'remove', 'rename', 'sync', 'syncDirectory', 'truncate', 'write']
  assert.deepEqual([...new Set(calls)].sort(), [...kinds, 'writeDurably'])
})

for (const mode of ['before', 'after', 'halfway', 'unsynced'] as const) {
  test(`each call fails once, ${mode} it is done, and the program goes on`, async () => {
    for (let call = 1; call <= calls.length; call += 1) {
      const disk = new MemoryDisk(ROOT)
      const seen = nothingSeen()
      await runLedger(withFault(disk, { call, mode, forGood: false }).fs, seen)
      await reopen(disk, seen, `call ${call} (${calls[call - 1]}) failed ${mode}`)
    }
  })
}

for (const mode of ['before', 'after', 'halfway', 'unsynced'] as const) {
  test(`the same, ${mode} it is done, without bundles: leaves that were kept are those of what became durable`, async () => {
    const made = await callsOfRun(false)
    for (let call = 1; call <= made.length; call += 1) {
      const disk = new MemoryDisk(ROOT)
      const seen = nothingSeen()
      await runLedger(withFault(disk, { call, mode, forGood: false }).fs, seen, false)
      await reopen(disk, seen, `call ${call} (${made[call - 1]}) failed ${mode}`)
    }
  })
}

// Cut after a call is cut before the next one.
test('the power is cut before each call, and nothing survives that was not synced', async () => {
  for (let call = 1; call <= calls.length; call += 1) await cutAndReopen(call, 'before', () => false)
})

test('the power is cut within each call, and chance decides what survives', async () => {
  for (let call = 1; call <= calls.length; call += 1) await cutAndReopen(call, 'halfway', chance(call))
})

test('the power is cut again while the ledger recovers', async () => {
  for (let call = 1; call <= calls.length; call += 7) await cutTwiceAndReopen(call, 1 + (call % 10), call)
})
