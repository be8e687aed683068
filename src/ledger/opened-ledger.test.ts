import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { generateNoteKey } from '../trust/note-key.ts'
import { cosign, openCheckpoint } from './checkpoint.ts'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import { LedgerTree } from './ledger-tree.ts'
import { openLedger } from './ledger.ts'
import type { Ledger, LedgerOptions } from './ledger.ts'
import { parseNote } from './signed-note.ts'

const signer = generateNoteKey('ledger.example/a')
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wusla-ledger-'))
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
    onEvent: () => undefined,
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

suite('resources', () => {
  test('only what a checkpoint covers, partial ones of every width, bundles only when asked for', async () => {
    await using ledger = await open({ create: true })
    await grow(ledger, 258)
    assert.equal(await ledger.resource('tile/0/000.p/1'), undefined)
    await ledger.checkpoint()
    await grow(ledger, 5)
    assert.equal((await ledger.resource('tile/0/001.p/2'))?.bytes.length, 64)
    for (const path of [
      'tile/0/001.p/3',
      'tile/0/001',
      'tile/1/000.p/2',
      'tile/2/000.p/1',
      'tile/x',
      'lock',
    ]) {
      assert.equal(await ledger.resource(path), undefined, path)
    }
    const full = (await ledger.resource('tile/0/000'))?.bytes ?? assert.fail()
    assert.deepEqual((await ledger.resource('tile/0/000.p/77'))?.bytes, full.subarray(0, 77 * 32))
    const bundle = (await ledger.resource('tile/entries/000.p/2'))?.bytes
    assert.equal(bundle?.toString('latin1'), '\0\x07entry 0\0\x07entry 1')
    assert.equal((await ledger.resource('tile/entries/001.p/2'))?.bytes.length, 2 * 11)
    const checkpoint = await ledger.resource('checkpoint')
    assert.equal(checkpoint?.bytes.toString(), ledger.latestCheckpoint())
    assert.deepEqual([checkpoint?.contentType, checkpoint?.immutable], ['text/plain; charset=utf-8', false])
    await using small = await open({
      directory: join(directory, 'b'),
      create: true,
      writeEntryBundles: false,
    })
    await grow(small, 300)
    await small.checkpoint()
    assert.equal(await small.resource('tile/entries/000'), undefined)
    assert.ok(!existsSync(join(directory, 'b/tile/entries')))
  })
})

suite('checkpoints', () => {
  test('calls at the same time share one; nothing new is signed for nothing new', async () => {
    await using ledger = await open({ create: true })
    await grow(ledger, 3)
    const [a, b] = await Promise.all([ledger.checkpoint(), ledger.checkpoint()])
    assert.equal(a, b)
    assert.equal(await ledger.checkpoint(), a)
    assert.equal(readFileSync(file('checkpoint'), 'utf8'), a)
  })

  test('good cosignatures are kept, for a late checkpoint too; others are left out', async () => {
    const w1 = generateNoteKey('w1.example', 'cosignature')
    const w2 = generateNoteKey('w2.example', 'cosignature')
    const known = [w1.verifier, w2.verifier]
    const log = signer.verifier
    {
      await using ledger = await open({ create: true })
      await grow(ledger, 3)
      const text = parseNote(await ledger.checkpoint())?.text ?? ''
      await grow(ledger, 2)
      const newest = await ledger.checkpoint()
      const bad = cosign(`${text}x\n`, w2, 5)
      assert.equal(await ledger.addCosignatures(3, cosign(text, w1, 5) + bad, known), 1)
      assert.equal(await ledger.addCosignatures(3, cosign(text, w1, 6), known), 1)
      assert.equal(await ledger.addCosignatures(3, cosign(text, w2, 7), [w1.verifier]), 0)
      assert.equal(await ledger.addCosignatures(4, cosign(text, w2, 7), known), 0)
      assert.equal(await ledger.addCosignatures(3, 'nonsense', known), 0)
      assert.equal(ledger.latestCheckpoint(), newest)
    }
    await using ledger = await open()
    const opened = openCheckpoint(ledger.cosignedCheckpoint() ?? '', {
      origin: signer.name,
      log,
      witnesses: known,
    })
    assert.ok(opened.ok)
    assert.equal(opened.size, 3)
    assert.deepEqual(
      opened.cosignatures.map(({ verifier, timeSeconds }) => [verifier.name, timeSeconds]),
      [['w1.example', 6]],
    )
    const newestText = parseNote(ledger.latestCheckpoint())?.text ?? ''
    assert.equal(await ledger.addCosignatures(5, cosign(newestText, w2, 8), known), 1)
    assert.equal(ledger.latestCheckpoint(), ledger.cosignedCheckpoint())
  })

  test('nothing is signed when the tree in memory is not the one that was signed before', async (t) => {
    await using ledger = await open({ create: true })
    await grow(ledger, 2)
    const before = await ledger.checkpoint()
    await grow(ledger, 1)
    const root = t.mock.method(LedgerTree.prototype, 'root', async () => Buffer.alloc(32))
    await assert.rejects(ledger.checkpoint(), hasCode('ledger_forked'))
    root.mock.restore()
    assert.equal(readFileSync(file('checkpoint'), 'utf8'), before)
    assert.match(await ledger.checkpoint(), /\n3\n/)
  })

  test('a closed ledger writes nothing more', async () => {
    const ledger = await open({ create: true })
    await grow(ledger, 300)
    await ledger[Symbol.asyncDispose]()
    await ledger[Symbol.asyncDispose]()
    for (const late of [
      () => ledger.append(Buffer.from('late')),
      () => ledger.checkpoint(),
      () => ledger.inclusionProof(0, 300),
      () => ledger.addCosignatures(0, '', []),
      () => ledger.rotate(),
    ]) {
      await assert.rejects(late, hasCode('ledger_unwritable'))
    }
    assert.ok(!existsSync(file('tile')))
  })

  test('an entry that a bundle cannot hold is refused at once', async () => {
    await using ledger = await open({ create: true })
    await assert.rejects(ledger.append(Buffer.alloc(65_536)), hasCode('entry_too_large'))
    await ledger.append(Buffer.alloc(65_535))
    await ledger.checkpoint()
    assert.equal((await ledger.entry(0))?.length, 65_535)
  })
})

suite('leaves that are kept', () => {
  /** Whoever reads records opens a file of them. */
  const countReads = (): { fs: FileSystem; reads: () => number } => {
    let reads = 0
    const openFile: FileSystem['open'] = async (path, use) => {
      if (path.endsWith('.seg') && use === 'read') reads += 1
      return await nodeFileSystem.open(path, use)
    }
    return { fs: { ...nodeFileSystem, open: openFile }, reads: () => reads }
  }
  const entryOf = (record: Uint8Array): Uint8Array => record.subarray(2)

  test('a checkpoint reads no record that was appended since the ledger was opened', async () => {
    const { fs, reads } = countReads()
    const options = { writeEntryBundles: false, entryOf, fs }
    let note = ''
    {
      await using ledger = await open({ ...options, create: true })
      await grow(ledger, 700)
      await ledger.checkpoint()
      await grow(ledger, 130)
      note = await ledger.checkpoint()
      assert.equal(reads(), 0)
    }
    // Opening compares the root of the checkpoint with one that is made of the records as they lie on the disk.
    await using again = await open(options)
    assert.ok(reads() > 0)
    await again.assertContinues(note)
    await grow(again, 3)
    await again.checkpoint()
  })

  test('records whose entries are too large are refused by the tree as before', async () => {
    await using ledger = await open({ create: true, writeEntryBundles: false, entryOf })
    await ledger.append(Buffer.alloc(65_538))
    await assert.rejects(ledger.checkpoint(), hasCode('entry_too_large'))
  })
})
