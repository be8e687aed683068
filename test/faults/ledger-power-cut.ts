import assert from 'node:assert/strict'
import { withFault } from './fault-plan.ts'
import type { FaultMode } from './fault-plan.ts'
import { ROOT, checkLedger, nothingSeen, openRunLedger, runLedger, wasPromised } from './ledger-run.ts'
import type { Witnessed } from './ledger-run.ts'
import { MemoryDisk } from './memory-disk.ts'
import type { Survives } from './memory-disk.ts'

/** The calls of a run in which nothing goes wrong. */
export async function callsOfRun(writeEntryBundles: boolean = true): Promise<readonly string[]> {
  const { fs, calls } = withFault(new MemoryDisk(ROOT))
  const seen = nothingSeen()
  await runLedger(fs, seen, writeEntryBundles)
  assert.equal(seen.acknowledged.size, 265)
  assert.equal(seen.checkpoints.length, 5)
  return calls
}

/** Opens the ledger on what is left of the disk, checks it, and lets it live on. */
export async function reopen(disk: MemoryDisk, seen: Witnessed, name: string): Promise<void> {
  let size = 0
  try {
    {
      await using ledger = await openRunLedger(disk.fileSystem(), !wasPromised(seen))
      await checkLedger(ledger, seen)
      const { index } = await ledger.append(Buffer.from('afterwards'))
      seen.acknowledged.set(index, 'afterwards')
      seen.checkpoints.push(await ledger.checkpoint())
      size = ledger.size
    }
    // What the ledger built upon must be on the disk, whatever the run left in memory only.
    const left = disk.afterPowerCut(() => false)
    await using ledger = await openRunLedger(left.fileSystem(), false)
    await checkLedger(ledger, seen)
    assert.equal(ledger.size, size, 'a record that was gone is back')
  } catch (cause) {
    throw new Error(name, { cause })
  }
}

/** A small generator with a seed, so that a failure can be repeated. */
export function chance(seed: number): Survives {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >= 0x8000_0000
  }
}

/** Cuts the power at a call of a run and opens what is left. */
export async function cutAndReopen(call: number, mode: FaultMode, survives: Survives): Promise<void> {
  const disk = new MemoryDisk(ROOT)
  const seen = nothingSeen()
  await runLedger(withFault(disk, { call, mode, forGood: true }).fs, seen)
  await reopen(disk.afterPowerCut(survives), seen, `power cut at call ${call}, ${mode}`)
}

/** Cuts it once more while the ledger recovers. */
export async function cutTwiceAndReopen(call: number, again: number, seed: number): Promise<void> {
  const disk = new MemoryDisk(ROOT)
  const seen = nothingSeen()
  await runLedger(withFault(disk, { call, mode: 'halfway', forGood: true }).fs, seen)
  const left = disk.afterPowerCut(chance(seed))
  await runLedger(withFault(left, { call: again, mode: 'halfway', forGood: true }).fs, seen)
  await reopen(left.afterPowerCut(chance(seed + 1)), seen, `cuts at ${call} and ${again}, seed ${seed}`)
}
