import { test } from 'node:test'
import { callsOfRun, chance, cutAndReopen, cutTwiceAndReopen } from './ledger-power-cut.ts'

const SEEDS = 10

const calls = await callsOfRun()

for (let seed = 1; seed <= SEEDS; seed += 1) {
  test(`the power is cut at each call, seed ${seed}`, async () => {
    for (let call = 1; call <= calls.length; call += 1) {
      for (const mode of ['before', 'halfway'] as const)
        await cutAndReopen(call, mode, chance(seed * 1_000 + call))
    }
  })

  test(`the power is cut at each call and again while the ledger recovers, seed ${seed}`, async () => {
    for (let call = 1; call <= calls.length; call += 1) {
      await cutTwiceAndReopen(call, 1 + ((call + seed) % 12), seed * 1_000 + call)
    }
  })
}
