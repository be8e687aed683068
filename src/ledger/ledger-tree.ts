import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MAX_ENTRY_BYTES } from '../protocol/limits.ts'
import { leafHash } from '../protocol/merkle.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { replaceFile } from './durable-file.ts'
import { encodeEntryBundle } from './entry-bundle.ts'
import type { FileSystem } from './file-system.ts'
import type { Journal } from './journal.ts'
import type { JournalRecord } from './journal-reader.ts'
import type { RecentLeaves } from './recent-leaves.ts'
import { TILE_WIDTH } from './tile-path.ts'
import type { StoredTile, TileStore } from './tile-store.ts'
import type { TreeEdge } from './tree-edge.ts'
import { treeNodes } from './tree-nodes.ts'
import { consistencyRanges, inclusionRanges, proofHashes, rootHash } from './tree-ranges.ts'
import { encodeTreeState } from './tree-state.ts'

/** Name of the state file in the directory of a ledger. */
export const TREE_STATE_FILE = 'tree-edge'

/** Tiles are made durable when this much of them is waiting in memory. */
const CHUNK_BYTES = 4 * 1024 * 1024
/** Records hashed in one turn of the event loop: some hundred microseconds. */
const RECORDS_PER_TURN = 64

/** What a tree is made from. */
export interface LedgerTreeParts {
  readonly fs: FileSystem
  readonly directory: string
  readonly journal: Journal
  readonly store: TileStore
  readonly entryOf: (record: Uint8Array) => Uint8Array
  /** Undefined: every record is read. */
  readonly leaves: RecentLeaves | undefined
  readonly writeEntryBundles: boolean
}

interface Chunk {
  readonly edge: TreeEdge
  readonly tiles: StoredTile[]
  bytes: number
  /** Entries of the bundle that is being filled, when bundles are written. */
  bundle: Uint8Array[]
}

/**
 * The Merkle tree over the records of a journal. It follows the journal lazily: what is in the journal is safe,
 * and the tree is brought forward when a checkpoint or a proof asks for it, by leaves that memory still holds or by
 * reading. A crash in between loses nothing, since the same steps run again and make the same tiles.
 */
export class LedgerTree {
  readonly #parts: LedgerTreeParts
  #edge: TreeEdge
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(parts: LedgerTreeParts, edge: TreeEdge) {
    this.#parts = parts
    this.#edge = edge
  }

  /** The tree as far as it is made. It does not change: growing makes a new edge. */
  get edge(): TreeEdge {
    return this.#edge
  }

  /** Brings the tree to at least `size` entries, which must be durable in the journal. */
  async grow(size: number): Promise<void> {
    if (size <= this.#edge.size) return
    if (this.#isClosed) throw new WuslaError('ledger_unwritable', { details: { reason: 'closed' } })
    const run = this.#last.then(() => this.#growTo(size))
    this.#last = run.catch(() => undefined)
    await run
  }

  /** The root of the first `size` entries. */
  async root(size: number): Promise<Buffer> {
    await this.grow(size)
    return Buffer.from(await rootHash(size, treeNodes(this.#edge, this.#parts.store)))
  }

  async inclusionProof(index: number, size: number): Promise<Buffer[]> {
    await this.grow(size)
    return proofHashes(inclusionRanges(index, size), treeNodes(this.#edge, this.#parts.store))
  }

  async consistencyProof(fromSize: number, toSize: number): Promise<Buffer[]> {
    await this.grow(toSize)
    return proofHashes(consistencyRanges(fromSize, toSize), treeNodes(this.#edge, this.#parts.store))
  }

  /** Finishes what was begun; later the tree can be read and grows no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#last
  }

  async #growTo(size: number): Promise<void> {
    const before = this.#edge.size
    while (this.#edge.size < size) await this.#growByChunk(size)
    const crossed = Math.floor(this.#edge.size / TILE_WIDTH) > Math.floor(before / TILE_WIDTH)
    if (crossed) await this.#saveState()
  }

  async #saveState(): Promise<void> {
    const { fs, directory } = this.#parts
    await replaceFile(fs, join(directory, TREE_STATE_FILE), encodeTreeState(this.#edge))
  }

  // Works on a copy and takes it over only when its tiles are durable: after a failed write the tree is as it
  // was, and the next attempt begins again from the journal.
  async #growByChunk(size: number): Promise<void> {
    const chunk: Chunk = { edge: this.#edge.copy(), tiles: [], bytes: 0, bundle: [] }
    await this.#takeLeaves(chunk, size)
    if (!isEnough(chunk, size)) await this.#hashRecords(chunk, size)
    if (chunk.tiles.length > 0) await this.#parts.store.store(chunk.tiles)
    this.#edge = chunk.edge
    this.#parts.leaves?.dropBefore(chunk.edge.size)
  }

  /** Takes the leaves that memory holds: nothing has to be read for them. */
  async #takeLeaves(chunk: Chunk, size: number): Promise<void> {
    while (!isEnough(chunk, size)) {
      const leaf = this.#parts.leaves?.get(chunk.edge.size)
      if (leaf === undefined) return
      this.#append(chunk, leaf)
      if (chunk.edge.size % RECORDS_PER_TURN === 0) await nextTurn()
    }
  }

  async #hashRecords(chunk: Chunk, size: number): Promise<void> {
    let hashed = 0
    for await (const batch of this.#parts.journal.recordBatches(this.#firstNeeded(size))) {
      for (const record of batch) {
        this.#take(chunk, record)
        if (isEnough(chunk, size)) return
        hashed += 1
        if (hashed % RECORDS_PER_TURN === 0) await nextTurn()
      }
    }
    const details = { sequence: chunk.edge.size, size }
    throw new WuslaError('ledger_corrupt', { message: 'The journal ends before the tree.', details })
  }

  /** A bundle is written whole, so the entries that are already in the tree but in no full bundle are read again. */
  #firstNeeded(size: number): number {
    const known = this.#edge.size
    const bundleStart = known - (known % TILE_WIDTH)
    const fillsBundle = size >= bundleStart + TILE_WIDTH
    return this.#parts.writeEntryBundles && fillsBundle ? bundleStart : known
  }

  #take(chunk: Chunk, { sequence, record }: JournalRecord): void {
    const entry = this.#parts.entryOf(record)
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new WuslaError('entry_too_large', { details: { sequence, bytes: entry.length } })
    }
    if (this.#parts.writeEntryBundles) chunk.bundle.push(entry)
    if (sequence < chunk.edge.size) return
    if (sequence > chunk.edge.size) {
      throw new WuslaError('ledger_corrupt', { details: { sequence, expected: chunk.edge.size } })
    }
    this.#append(chunk, leafHash(entry))
  }

  #append(chunk: Chunk, leaf: Uint8Array): void {
    chunk.edge.append(leaf, ({ level, index, tile }) => {
      if (level === 0 && this.#parts.writeEntryBundles) {
        if (chunk.bundle.length !== TILE_WIDTH) {
          throw new WuslaError('ledger_corrupt', { details: { bundle: index, entries: chunk.bundle.length } })
        }
        add(chunk, { level: 'entries', index, bytes: encodeEntryBundle(chunk.bundle) })
        chunk.bundle = []
      }
      add(chunk, { level, index, bytes: tile.bytes() })
    })
  }
}

/** Whether the tree is there, or enough of it waits to be made durable. */
function isEnough({ edge, bytes }: Chunk, size: number): boolean {
  return edge.size >= size || (bytes >= CHUNK_BYTES && edge.size % TILE_WIDTH === 0)
}

function add(chunk: Chunk, tile: StoredTile): void {
  chunk.tiles.push(tile)
  chunk.bytes += tile.bytes.length
}
