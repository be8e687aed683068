import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { sha256 } from '../protocol/digest.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../protocol/merkle.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { generateNoteKey } from '../trust/note-key.ts'
import { openLedger } from './ledger.ts'
import type { Ledger, LedgerEvent, LedgerOptions } from './ledger.ts'

const signer = generateNoteKey('ledger.example/a')
let directory = ''
let events: LedgerEvent[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wusla-ledger-'))
  events = []
})

afterEach(() => rmSync(directory, { recursive: true }))

function open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger({
    directory: join(directory, 'ledger'),
    origin: signer.name,
    signer,
    writeEntryBundles: true,
    create: false,
    clock: { nowMs: () => 0 },
    onEvent: (event) => events.push(event),
    ...options,
  })
}

async function grow(ledger: Ledger, count: number): Promise<void> {
  const first = ledger.size
  await Promise.all(Array.from({ length: count }, (_, i) => ledger.append(Buffer.from(`entry ${first + i}`))))
}

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    isWuslaError(error) && error.code === code

const file = (name: string): string => join(directory, 'ledger', name)

suite('making and opening', () => {
  test('only on an explicit word, and only with the key of the origin', async () => {
    await assert.rejects(open(), hasCode('ledger_missing'))
    const other = generateNoteKey('ledger.example/b')
    await assert.rejects(open({ create: true, signer: other }), hasCode('invalid_key'))
    {
      await using ledger = await open({ create: true })
      assert.match(ledger.latestCheckpoint(), /^ledger\.example\/a\n0\n47DEQpj8/)
    }
    await using again = await open()
    assert.deepEqual([again.size, again.checkpointSize], [0, 0])
  })

  test('one at a time', async () => {
    {
      await using first = await open({ create: true })
      await assert.rejects(open(), hasCode('ledger_locked'))
      await grow(first, 1)
    }
    await using next = await open()
    assert.equal(next.size, 1)
  })

  test('records without a checkpoint are damage, not a new ledger', async () => {
    {
      await using ledger = await open({ create: true })
      await grow(ledger, 1)
    }
    rmSync(file('checkpoint'))
    await assert.rejects(open({ create: true }), hasCode('ledger_corrupt'))
    writeFileSync(file('checkpoint'), 'not a note')
    await assert.rejects(open(), hasCode('invalid_checkpoint'))
  })

  test('another past under the same checkpoint is a fork', async () => {
    for (const name of ['one', 'two']) {
      await using ledger = await open({ directory: join(directory, name), create: true })
      await Promise.all(Array.from({ length: 300 }, (_, i) => ledger.append(Buffer.from(`${name} ${i}`))))
      await ledger.checkpoint()
    }
    cpSync(join(directory, 'one', 'checkpoint'), join(directory, 'two', 'checkpoint'))
    await assert.rejects(open({ directory: join(directory, 'two') }), hasCode('ledger_forked'))
  })

  // At 512 entries no entry lies outside of full tiles: only the tile itself can show the difference.
  for (const size of [300, 512]) {
    test(`a journal of another past is a fork, and one that lost records is damage: ${size} entries`, async () => {
      {
        await using ledger = await open({ create: true })
        await grow(ledger, size)
        await ledger.checkpoint()
      }
      const segment = file('journal/0000000000000000.seg')
      const whole = readFileSync(segment)
      {
        await using other = await open({ directory: join(directory, 'other'), create: true })
        await Promise.all(Array.from({ length: size }, (_, i) => other.append(Buffer.from(`other ${i}`))))
      }
      cpSync(join(directory, 'other/journal'), file('journal'), { recursive: true })
      await assert.rejects(open(), hasCode('ledger_forked'))
      writeFileSync(segment, whole.subarray(0, 5_000))
      await assert.rejects(open(), hasCode('ledger_corrupt'))
    })
  }

  test('a backup that was put back does not continue what others hold', async () => {
    await using ledger = await open({ create: true })
    await grow(ledger, 5)
    await ledger.checkpoint()
    await using backup = await copyOf('backup')
    await grow(ledger, 3)
    const published = await ledger.checkpoint()
    await ledger.assertContinues(published)
    await assert.rejects(backup.assertContinues(published), hasCode('ledger_forked'))
    await Promise.all([1, 2, 3, 4].map((i) => backup.append(Buffer.from(`another ${i}`))))
    await assert.rejects(backup.assertContinues(published), hasCode('ledger_forked'))
    await assert.rejects(ledger.assertContinues('no note'), hasCode('invalid_checkpoint'))
  })

  async function copyOf(name: string): Promise<Ledger> {
    cpSync(join(directory, 'ledger'), join(directory, name), { recursive: true })
    rmSync(join(directory, name, 'lock'))
    return open({ directory: join(directory, name) })
  }
})

suite('tree', () => {
  test('the state file is made again when it is missing, damaged or behind', async () => {
    let behind: Buffer
    let root: Buffer
    {
      await using ledger = await open({ create: true })
      await grow(ledger, 300)
      await ledger.checkpoint()
      behind = readFileSync(file('tree-edge'))
      await grow(ledger, 300)
      await ledger.checkpoint()
      root = await ledger.root()
    }
    const good = readFileSync(file('tree-edge'))
    const damaged = Buffer.from(good)
    damaged[30] = (damaged[30] ?? 0) ^ 1
    for (const content of [undefined, damaged, behind, Buffer.alloc(0), good.subarray(0, 60)]) {
      events = []
      if (content === undefined) rmSync(file('tree-edge'))
      else writeFileSync(file('tree-edge'), content)
      await using ledger = await open()
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['tree_edge_rebuilt'],
      )
      assert.deepEqual(await ledger.root(), root)
    }
  })

  test('a damaged tile is never served and never proves', async () => {
    {
      await using ledger = await open({ create: true })
      await grow(ledger, 600)
      await ledger.checkpoint()
    }
    const tile = readFileSync(file('tile/0/000'))
    tile[100] = (tile[100] ?? 0) ^ 1
    writeFileSync(file('tile/0/000'), tile)
    await using ledger = await open()
    await assert.rejects(ledger.resource('tile/0/000'), hasCode('ledger_corrupt'))
    await assert.rejects(ledger.inclusionProof(5, 600), hasCode('ledger_corrupt'))
    assert.ok(await ledger.resource('tile/0/001'))
  })

  test('proofs of every kind hold between growing sizes', async () => {
    await using ledger = await open({ create: true })
    const sizes = [1, 2, 3, 255, 256, 257, 511, 513, 700]
    for (const size of sizes) {
      await grow(ledger, size - ledger.size)
      await ledger.checkpoint()
    }
    for (const size of sizes) {
      const root = await ledger.root(size)
      for (const index of new Set([0, Math.floor(size / 2), size - 1])) {
        const proof = await ledger.inclusionProof(index, size)
        const leaf = leafHash(`entry ${index}`)
        assert.ok(verifyInclusion({ leafHash: leaf, index, size, proof, root }), `${index} of ${size}`)
      }
      for (const fromSize of sizes.filter((other) => other <= size)) {
        const proof = await ledger.consistencyProof(fromSize, size)
        const claim = { fromSize, toSize: size, fromRoot: await ledger.root(fromSize), toRoot: root, proof }
        assert.ok(verifyConsistency(claim), `${fromSize} to ${size}`)
      }
    }
    for (const [index, size] of [
      [700, 700],
      [0, 701],
      [-1, 5],
      [0.5, 5],
    ] as const) {
      await assert.rejects(ledger.inclusionProof(index, size), hasCode('not_in_ledger'))
    }
  })

  test('records that were removed stay provable, and their entries stay in the bundles', async () => {
    const entryOf = (record: Uint8Array): Buffer => sha256(record)
    {
      await using ledger = await open({ create: true, entryOf, segmentBytes: 4_000 })
      for (let i = 0; i < 6; i += 1) await grow(ledger, 100)
      assert.equal(await ledger.removeRecordsBefore(600), 0, 'no checkpoint covers them yet')
      await ledger.checkpoint()
      const left = await ledger.removeRecordsBefore(600)
      assert.ok(left > 300 && left <= 512, `records from ${left} are left`)
    }
    await using ledger = await open({ entryOf })
    assert.equal(await ledger.readRecord(5), undefined)
    assert.deepEqual(await ledger.entry(5), sha256('entry 5'))
    assert.deepEqual(await ledger.entry(599), sha256('entry 599'))
    const proof = await ledger.inclusionProof(5, 600)
    const claim = { leafHash: leafHash(sha256('entry 5')), index: 5, size: 600, proof }
    assert.ok(verifyInclusion({ ...claim, root: await ledger.root() }))
    await grow(ledger, 200)
    await ledger.checkpoint()
  })
})
