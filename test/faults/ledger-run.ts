import assert from 'node:assert/strict'
import type { FileSystem } from '../../src/ledger/file-system.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { CompactTree } from '../../src/protocol/compact-tree.ts'
import { leafHash } from '../../src/protocol/merkle.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { generateNoteKey } from '../../src/trust/note-key.ts'
import type { NoteSigner } from '../../src/trust/note-key.ts'

/** What others hold of a ledger: it must never be contradicted. */
export interface Witnessed {
  /** Index → text of every acknowledged record. */
  readonly acknowledged: Map<number, string>
  readonly checkpoints: string[]
}

/** At the beginning. */
export function nothingSeen(): Witnessed {
  return { acknowledged: new Map(), checkpoints: [] }
}

export const ROOT = '/disk'
export const LEDGER_SIGNER: NoteSigner = generateNoteKey('faults.example')

/** Small segments, so that a short run closes and removes some. */
const SEGMENT_BYTES = 5_000

/**
 * Opens the ledger of the run. Without bundles the tree grows by the leaves that memory keeps, with them by reading; a
 * ledger may be opened one way and then the other.
 */
export function openRunLedger(
  fs: FileSystem,
  create: boolean,
  writeEntryBundles: boolean = true,
): Promise<Ledger> {
  return openLedger({
    directory: `${ROOT}/ledger`,
    origin: 'faults.example',
    signer: LEDGER_SIGNER,
    writeEntryBundles,
    create,
    clock: { nowMs: () => 1_767_225_600_000 },
    onEvent: () => undefined,
    segmentBytes: SEGMENT_BYTES,
    fs,
  })
}

async function appendMany(ledger: Ledger, label: string, count: number, seen: Witnessed): Promise<void> {
  const appends = Array.from({ length: count }, async (_, i) => {
    const text = `${label} ${i}`
    const { index } = await ledger.append(Buffer.from(text))
    seen.acknowledged.set(index, text)
  })
  await settleAll(appends)
}

/** Faults are part of the run, mistakes are not. */
async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') assertPlanned(result.reason)
  }
}

function assertPlanned(error: unknown): void {
  const isPlanned = error instanceof Error && 'code' in error && error.code === 'EIO'
  const isRefusal = isWuslaError(error) && error.code === 'ledger_unwritable'
  if (!isPlanned && !isRefusal) throw error
}

/** The ordinary life of a ledger in which some call goes wrong. What was promised on the way stands in `seen`. */
export async function runLedger(
  fs: FileSystem,
  seen: Witnessed,
  writeEntryBundles: boolean = true,
): Promise<void> {
  let ledger: Ledger
  try {
    ledger = await openRunLedger(fs, true, writeEntryBundles)
  } catch (error) {
    assertPlanned(error)
    return
  }
  const publish = async (): Promise<void> => {
    seen.checkpoints.push(await ledger.checkpoint())
  }
  await settleAll([publish()])
  await appendMany(ledger, 'first', 3, seen)
  await settleAll([publish(), ledger.rotate()])
  await appendMany(ledger, 'second', 130, seen)
  await appendMany(ledger, 'more', 125, seen)
  await settleAll([publish()])
  await appendMany(ledger, 'third', 2, seen)
  await settleAll([publish()])
  // Records before 256 may go: their tile is full and under a checkpoint. Their entries are then in their bundle only.
  if (writeEntryBundles) await settleAll([ledger.removeRecordsBefore(256)])
  await appendMany(ledger, 'fourth', 5, seen)
  await settleAll([publish()])
  await settleAll([ledger[Symbol.asyncDispose]()])
}

/** Holds a ledger that was opened again against what others have seen of it. */
export async function checkLedger(ledger: Ledger, seen: Witnessed): Promise<void> {
  const { size } = ledger
  const notes = [...seen.checkpoints, ledger.latestCheckpoint()]
  const stated = new Map(notes.map((note) => [sizeOf(note), note]))
  const tree = new CompactTree()
  for await (const [index, entry] of entriesOf(ledger)) {
    assert.equal(index, tree.size, `entry ${tree.size} of ${size} is gone`)
    const promised = seen.acknowledged.get(index)
    if (promised !== undefined) assert.equal(entry.toString(), promised)
    tree.append(leafHash(entry))
    const note = stated.get(tree.size)
    if (note !== undefined) assert.ok(note.includes(`\n${tree.root().toString('base64')}\n`), note)
  }
  assert.equal(tree.size, size)
  for (const index of seen.acknowledged.keys()) assert.ok(index < size, `record ${index} was lost`)
  for (const note of notes) await ledger.assertContinues(note)
  assert.deepEqual(await ledger.root(), tree.root())
}

function sizeOf(note: string): number {
  return Number(note.split('\n')[1])
}

/** Entries of removed records come from their bundles, the others from the records. */
async function* entriesOf(ledger: Ledger): AsyncIterable<[number, Buffer]> {
  for (let index = 0; index < ledger.firstRecord; index += 1) {
    const entry = await ledger.entry(index)
    if (entry !== undefined) yield [index, entry]
  }
  for await (const { sequence, record } of ledger.records(0)) yield [sequence, record]
}

/** Whether a ledger was promised to anybody: one whose making failed may be made again. */
export function wasPromised(seen: Witnessed): boolean {
  return seen.checkpoints.length > 0 || seen.acknowledged.size > 0
}
