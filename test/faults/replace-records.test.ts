import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileSystem } from '../../src/ledger/file-system.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { withFault } from './fault-plan.ts'
import type { Fault } from './fault-plan.ts'
import { LEDGER_SIGNER, ROOT } from './ledger-run.ts'
import { chance } from './ledger-power-cut.ts'
import { MemoryDisk } from './memory-disk.ts'

// Erasing rewrites closed files of records. Whatever goes wrong on the way, each record is the old one or the new one.

const COUNT = 40
const oldText = (index: number): string => `${String(index).padStart(4, '0')} a secret that must be forgotten`
const newText = (index: number): string => oldText(index).slice(0, 5).padEnd(oldText(index).length, ' ')
const ERASED = [3, 4, 20, COUNT - 1]
const replacements = new Map(ERASED.map((index) => [index, Buffer.from(newText(index))]))

function open(fs: FileSystem, create: boolean): Promise<Ledger> {
  return openLedger({
    directory: `${ROOT}/ledger`,
    origin: LEDGER_SIGNER.name,
    signer: LEDGER_SIGNER,
    // What stays for ever is the number in front.
    entryOf: (record) => record.subarray(0, 4),
    writeEntryBundles: false,
    create,
    clock: { nowMs: () => 0 },
    onEvent: () => undefined,
    segmentBytes: 1_000,
    fs,
  })
}

/** A disk with a ledger of many small files. */
async function filledDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk(ROOT)
  await using ledger = await open(disk.fileSystem(), true)
  for (let index = 0; index < COUNT; index += 1) await ledger.append(Buffer.from(oldText(index)))
  await ledger.checkpoint()
  assert.ok((await ledger.segments()).length > 2)
  return disk
}

async function textsOf(ledger: Ledger): Promise<string[]> {
  const texts: string[] = []
  for await (const { record } of ledger.records(0)) texts.push(record.toString())
  return texts
}

/** Replaces, perhaps with a fault; gives the calls that were made. */
async function replaceWith(disk: MemoryDisk, fault?: Fault): Promise<readonly string[]> {
  await using ledger = await open(disk.fileSystem(), false)
  // The fault is planned for the replacement alone: what opening does is tested elsewhere.
  const faulty = withFault(disk, fault)
  await using again = await reopenOn(ledger, faulty.fs)
  const before = faulty.calls.length
  try {
    await again.replaceRecords(replacements)
  } catch (error) {
    const isPlanned = error instanceof Error && 'code' in error && error.code === 'EIO'
    assert.ok(isPlanned || isWuslaError(error), String(error))
  }
  return faulty.calls.slice(before)
}

async function reopenOn(ledger: Ledger, fs: FileSystem): Promise<Ledger> {
  await ledger[Symbol.asyncDispose]()
  return await open(fs, false)
}

async function check(disk: MemoryDisk, label: string): Promise<void> {
  await using ledger = await open(disk.fileSystem(), false)
  const root = await ledger.root(COUNT)
  for (const [index, text] of (await textsOf(ledger)).entries()) {
    const isOld = text === oldText(index)
    assert.ok(isOld || (ERASED.includes(index) && text === newText(index)), `${label}: record ${index}`)
  }
  await ledger.replaceRecords(replacements)
  const texts = await textsOf(ledger)
  assert.equal(texts.length, COUNT)
  for (const [index, text] of texts.entries()) {
    assert.equal(text, ERASED.includes(index) ? newText(index) : oldText(index), `${label}: record ${index}`)
  }
  assert.deepEqual(await ledger.root(COUNT), root)
  await ledger.append(Buffer.from(oldText(COUNT)))
}

test('records are replaced, the growing file included, and the tree stays', async () => {
  const disk = await filledDisk()
  const calls = await replaceWith(disk)
  assert.ok(calls.includes('rename') && calls.includes('syncDirectory'))
  await using ledger = await open(disk.fileSystem(), false)
  for (const index of ERASED) assert.equal((await ledger.readRecord(index))?.toString(), newText(index))
  assert.equal((await ledger.readRecord(5))?.toString(), oldText(5))
})

test('another entry, another length and a record that is not there are refused', async () => {
  const disk = await filledDisk()
  await using ledger = await open(disk.fileSystem(), false)
  const replace = (index: number, text: string): Promise<void> =>
    ledger.replaceRecords(new Map([[index, Buffer.from(text)]]))
  await assert.rejects(replace(3, newText(4)), { code: 'ledger_forked' })
  await assert.rejects(replace(3, `${newText(3)} `), RangeError)
  await assert.rejects(replace(COUNT, newText(COUNT)), { code: 'not_in_ledger' })
  assert.equal((await ledger.readRecord(3))?.toString(), oldText(3))
})

for (const mode of ['before', 'halfway', 'after', 'unsynced'] as const) {
  test(`each call of a replacement fails, ${mode} it is done`, async () => {
    const opening = await callsOfOpening()
    const { length } = await replaceWith(await filledDisk())
    for (let call = opening + 1; call <= opening + length; call += 1) {
      const disk = await filledDisk()
      await replaceWith(disk, { call, mode, forGood: false })
      await check(disk, `call ${call} failed ${mode}`)
    }
  })
}

test('the power is cut within each call of a replacement', async () => {
  const opening = await callsOfOpening()
  const { length } = await replaceWith(await filledDisk())
  for (let call = opening + 1; call <= opening + length + 1; call += 1) {
    for (const survives of [() => false, chance(call)]) {
      const disk = await filledDisk()
      await replaceWith(disk, { call, mode: 'halfway', forGood: true })
      await check(disk.afterPowerCut(survives), `cut in call ${call}`)
    }
  }
})

async function callsOfOpening(): Promise<number> {
  const disk = await filledDisk()
  const counted = withFault(disk)
  await using ledger = await open(counted.fs, false)
  assert.equal(ledger.size, COUNT)
  return counted.calls.length
}
