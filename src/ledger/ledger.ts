import { basename, dirname, join, resolve } from 'node:path'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { leafHash } from '../protocol/merkle.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { NoteSigner } from '../trust/note-key.ts'
import { ensureDirectory, readFileIfThere } from './durable-file.ts'
import type { FileLock } from './file-lock.ts'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import type { Journal } from './journal.ts'
import type { JournalEvent } from './journal-state.ts'
import { Ledger } from './opened-ledger.ts'
import { LedgerResources } from './ledger-resources.ts'
import { LedgerTree, TREE_STATE_FILE } from './ledger-tree.ts'
import { openJournal } from './open-journal.ts'
import { PublishedCheckpoints } from './published-checkpoints.ts'
import type { PublishedCheckpoint } from './published-checkpoints.ts'
import { readEntries } from './read-entries.ts'
import { RecentLeaves } from './recent-leaves.ts'
import { TILE_WIDTH } from './tile-path.ts'
import { TileStore } from './tile-store.ts'
import type { TreeEdge } from './tree-edge.ts'
import { MAX_STATE_BYTES, decodeTreeState, rebuildTreeEdge } from './tree-state.ts'

export { Ledger } from './opened-ledger.ts'

/** What a ledger tells about itself. */
export type LedgerEvent =
  | JournalEvent
  /** The state file was missing, damaged or behind and was made again from the tiles. */
  | { readonly kind: 'tree_edge_rebuilt'; readonly directory: string; readonly size: number }

/** How a ledger is opened. */
export interface LedgerOptions {
  /** Where everything of it lies; made with `create`, else it must be there. One ledger, one directory. */
  readonly directory: string
  /** Names the ledger for ever; must equal the name of the signer's key. */
  readonly origin: string
  /** A key of the type `note`, used by this ledger alone. */
  readonly signer: NoteSigner
  /**
   * What of a record is hashed into the tree: at most 65,535 bytes, always the same for the same record, never
   * throwing. Default: the record itself.
   */
  readonly entryOf?: (record: Uint8Array) => Uint8Array
  /** Whether entries are served in bundles, and kept when records are removed. */
  readonly writeEntryBundles: boolean
  /** Makes the ledger when there is none. Without it that is `ledger_missing`, so that a lost disk is noticed. */
  readonly create: boolean
  /** Tells when a file of records was begun; checkpoints bear no time. */
  readonly clock: Clock
  readonly onEvent: EventSink<LedgerEvent>
  /** A file of records is closed before it grows over this. Default 64 MiB. */
  readonly segmentBytes?: number
  /** Default: the real disk. */
  readonly fs?: FileSystem
}

/**
 * Opens a ledger, or makes one. It holds the directory alone until it is disposed of.
 *
 * What is stored is compared before anything is signed: the tree made from tiles and journal must have the root
 * of the newest checkpoint.
 *
 * @throws WuslaError `ledger_missing`, `ledger_locked`, `ledger_corrupt`, `ledger_forked`, `invalid_key` (the
 * signer is not of this origin), `invalid_checkpoint` (the stored one is not signed by it)
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { directory, origin, signer, create, fs = nodeFileSystem } = options
  if (signer.name !== origin || signer.type !== 'note') throw new WuslaError('invalid_key')
  if (create) await makeDirectories(fs, directory)
  else await mustBeThere(fs, directory)
  const lock = fs.lock(join(directory, 'lock'))
  try {
    return await openLocked(options, fs, lock)
  } catch (cause) {
    lock.release()
    throw cause
  }
}

async function makeDirectories(fs: FileSystem, directory: string): Promise<void> {
  const made = new Set<string>()
  const path = resolve(directory)
  await ensureDirectory(fs, dirname(path), [basename(path)], made)
  await ensureDirectory(fs, directory, ['journal'], made)
}

async function mustBeThere(fs: FileSystem, directory: string): Promise<void> {
  const file = await readFileIfThere(fs, join(directory, 'checkpoint'), 1)
  if (file === undefined) throw new WuslaError('ledger_missing', { details: { directory } })
}

async function openLocked(options: LedgerOptions, fs: FileSystem, lock: FileLock): Promise<Ledger> {
  const { directory, origin, signer, writeEntryBundles } = options
  const checkpoints = new PublishedCheckpoints(fs, directory, { origin, log: signer.verifier })
  if (!(await checkpoints.load())) throw new WuslaError('invalid_checkpoint', { details: { directory } })
  const stored = checkpoints.latest
  const store = new TileStore(fs, directory)
  const edge = await findEdge(options, fs, store, stored?.size ?? 0)
  const journal = await openJournal({
    directory: join(directory, 'journal'),
    create: options.create && stored === undefined,
    acknowledged: Math.max(edge.size, stored?.size ?? 0),
    fs,
    clock: options.clock,
    onEvent: options.onEvent,
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
  })
  try {
    const entryOf = options.entryOf ?? ((record: Uint8Array) => record)
    // Bundles are made of entries, which are read from the journal.
    const leaves = writeEntryBundles ? undefined : new RecentLeaves(entryOf)
    const tree = new LedgerTree({ fs, directory, journal, store, entryOf, leaves, writeEntryBundles }, edge)
    await compare(tree, journal, store, { stored, entryOf })
    const entriesOf = writeEntryBundles
      ? (from: number, to: number) => readEntries(journal, entryOf, from, to)
      : undefined
    const resources = new LedgerResources({ checkpoints, tree, store, entriesOf })
    const parts = { origin, signer, lock, journal, tree, store, checkpoints, leaves, resources }
    const ledger = new Ledger({ ...parts, entryOf: options.entryOf })
    if (stored === undefined) await ledger.checkpoint()
    return ledger
  } catch (cause) {
    await journal[Symbol.asyncDispose]()
    throw cause
  }
}

/** The edge from the state file, or, where that is of no use, from the tiles the checkpoint vouches for. */
async function findEdge(
  options: LedgerOptions,
  fs: FileSystem,
  store: TileStore,
  signedSize: number,
): Promise<TreeEdge> {
  const { directory, onEvent } = options
  const bytes = await readFileIfThere(fs, join(directory, TREE_STATE_FILE), MAX_STATE_BYTES)
  const edge = bytes === undefined ? undefined : decodeTreeState(bytes)
  const fullTiles = Math.floor(signedSize / TILE_WIDTH)
  if (edge !== undefined && edge.size >= fullTiles * TILE_WIDTH) return edge
  const rebuilt = await rebuildTreeEdge(store, fullTiles)
  if (fullTiles > 0) onEvent({ kind: 'tree_edge_rebuilt', directory, size: rebuilt.size })
  return rebuilt
}

async function compare(
  tree: LedgerTree,
  journal: Journal,
  store: TileStore,
  known: {
    readonly stored: PublishedCheckpoint | undefined
    readonly entryOf: (record: Uint8Array) => Uint8Array
  },
): Promise<void> {
  const { stored, entryOf } = known
  if (stored === undefined) {
    // The first checkpoint is stored before the first record is taken: without it there can be no record.
    if (journal.nextSequence > 0) throw new WuslaError('ledger_corrupt', { details: { part: 'checkpoint' } })
    return
  }
  await compareLastTile(tree.edge, journal, store, entryOf)
  const root = await tree.root(stored.size)
  if (!root.equals(stored.rootHash)) {
    throw new WuslaError('ledger_forked', { details: { signedSize: stored.size } })
  }
}

/** Journal and tiles must tell the same story; the last full tile stands for all. */
async function compareLastTile(
  edge: TreeEdge,
  journal: Journal,
  store: TileStore,
  entryOf: (record: Uint8Array) => Uint8Array,
): Promise<void> {
  const start = edge.size - TILE_WIDTH
  if (start < journal.firstSequence) return
  const tile = await store.readUnchecked(0, start / TILE_WIDTH)
  for await (const { sequence, record } of journal.records(start)) {
    if (sequence >= edge.size) return
    if (tile?.node(0, sequence - start).equals(leafHash(entryOf(record))) !== true) {
      throw new WuslaError('ledger_forked', { details: { index: sequence } })
    }
  }
}
