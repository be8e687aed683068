import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { nodeFileSystem } from '../../ledger/file-system.ts'
import { MemoryQuotas } from '../testing/memory-quotas.ts'
import { QuotaJournal } from './quota-journal.ts'
import type { QuotaKey, QuotaStore } from './quota-store.ts'

const KEY: QuotaKey = { agreement: 'A'.repeat(43), grant: 0, limit: 'requestsPerDay', day: '2026-11-23' }

type Opened = { readonly store: QuotaStore } & AsyncDisposable

/** Everything that keeps the contract of a store. */
const STORES: Readonly<Record<string, () => Promise<Opened>>> = {
  'in memory': async () => {
    const store = await Promise.resolve(new MemoryQuotas())
    return { store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  },
  'in a journal': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wusla-quotas-'))
    const store = await QuotaJournal.open(nodeFileSystem, folder, 'quotas')
    return {
      store,
      [Symbol.asyncDispose]: async () => {
        await store[Symbol.asyncDispose]()
        await rm(folder, { recursive: true })
      },
    }
  },
}

for (const [name, open] of Object.entries(STORES)) {
  suite(`quotas ${name}`, () => {
    test('grant what is needed, then what is left, then nothing', async () => {
      await using opened = await open()
      const first = await opened.store.reserve(KEY, { need: 7, max: 10, inHand: 0 })
      assert.deepEqual(first, { granted: 7, taken: 7 })
      const last = await opened.store.reserve(KEY, { need: 7, max: 10, inHand: 7 })
      assert.deepEqual(last, { granted: 3, taken: 10 })
      assert.deepEqual(await opened.store.reserve(KEY, { need: 1, max: 10, inHand: 0 }), {
        granted: 0,
        taken: 10,
      })
    })

    test('grant again what was given back', async () => {
      await using opened = await open()
      await opened.store.reserve(KEY, { need: 10, max: 10, inHand: 0 })
      opened.store.giveBack(KEY, 4)
      assert.equal(await opened.store.taken(KEY), 6)
      const again = await opened.store.reserve(KEY, { need: 9, max: 10, inHand: 0 })
      assert.deepEqual(again, { granted: 4, taken: 10 })
    })

    test('count agreements, grants, limits and days apart, and days go on', async () => {
      await using opened = await open()
      const others: Partial<QuotaKey>[] = [
        {},
        { agreement: 'B'.repeat(43) },
        { grant: 1 },
        { limit: 'bytesPerDay' },
        { day: '2026-11-24' },
        { day: '2026-11-22' },
      ]
      for (const other of others) {
        const taken = await opened.store.reserve({ ...KEY, ...other }, { need: 2, max: 2, inHand: 0 })
        assert.equal(taken.granted, 2, JSON.stringify(other))
      }
      for (const other of others)
        assert.equal(
          (await opened.store.reserve({ ...KEY, ...other }, { need: 1, max: 2, inHand: 0 })).granted,
          0,
        )
    })

    test('never grant more than there is to many who ask at once', async () => {
      await using opened = await open()
      const granted = await Promise.all(
        Array.from({ length: 40 }, async (_, grant) => {
          const key = { ...KEY, grant: grant % 4 }
          return [grant % 4, (await opened.store.reserve(key, { need: 3, max: 10, inHand: 0 })).granted]
        }),
      )
      for (const grant of [0, 1, 2, 3]) {
        const sum = granted.reduce((all, [of, units = 0]) => (of === grant ? all + units : all), 0)
        assert.equal(sum, 10)
      }
    })
  })
}
