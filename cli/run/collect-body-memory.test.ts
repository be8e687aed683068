import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import v8 from 'node:v8'
import { collectBodyMemory } from './collect-body-memory.ts'

const MIB = 1_048_576

/** Lets 300 MiB of pieces pass, two at a time. @returns by how much the memory outside of the heap grew at most */
async function passBodies(): Promise<number> {
  const before = v8.getHeapStatistics().external_memory
  let most = 0
  let kept: Buffer[] = []
  for (let round = 0; round < 150; round += 1) {
    kept = Array.from({ length: 32 }, () => Buffer.allocUnsafeSlow(65_536))
    await pause(3)
    most = Math.max(most, v8.getHeapStatistics().external_memory - before)
  }
  assert.equal(kept.length, 32)
  return most
}

test('pieces of bodies that have passed do not gather', async () => {
  using _memory = collectBodyMemory()
  const grown = await passBodies()
  assert.ok(grown < 48 * MIB, `${Math.round(grown / MIB)} MiB`)
})
