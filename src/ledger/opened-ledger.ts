import { MAX_ENTRY_BYTES } from '../protocol/limits.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { NoteSigner, NoteVerifier } from '../trust/note-key.ts'
import { formatCheckpoint, openCheckpoint } from './checkpoint.ts'
import { decodeEntryBundle } from './entry-bundle.ts'
import type { FileLock } from './file-lock.ts'
import type { Journal } from './journal.ts'
import type { JournalSegment } from './journal-state.ts'
import type { JournalRecord } from './journal-reader.ts'
import type { LedgerTree } from './ledger-tree.ts'
import type { RecentLeaves } from './recent-leaves.ts'
import type { LedgerResource, LedgerResources } from './ledger-resources.ts'
import type { PublishedCheckpoints } from './published-checkpoints.ts'
import { signNote } from './signed-note.ts'
import { TILE_WIDTH } from './tile-path.ts'
import type { TileStore } from './tile-store.ts'

/** Everything `openLedger` put together. */
export interface LedgerParts {
  readonly origin: string
  readonly signer: NoteSigner
  readonly lock: FileLock
  readonly journal: Journal
  readonly tree: LedgerTree
  readonly store: TileStore
  readonly checkpoints: PublishedCheckpoints
  /** Undefined: none are kept. The tree uses the same. */
  readonly leaves: RecentLeaves | undefined
  /** Undefined: the record is the entry. */
  readonly entryOf: ((record: Uint8Array) => Uint8Array) | undefined
  readonly resources: LedgerResources
}

/**
 * An append-only Merkle log on disk: durable records, a tree of their entries in C2SP tiles, signed checkpoints
 * and proofs. Open one with `openLedger`. Numbers of entries are called indexes and begin at 0.
 */
export class Ledger {
  readonly origin: string
  readonly #parts: LedgerParts
  #running: Promise<unknown> = Promise.resolve()
  #nextCheckpoint: Promise<string> | undefined
  #isClosed = false

  constructor(parts: LedgerParts) {
    this.origin = parts.origin
    this.#parts = parts
  }

  /** How many entries are durable. A checkpoint may lag behind. */
  get size(): number {
    return this.#parts.journal.nextSequence
  }

  /** The oldest index whose record is still kept. */
  get firstRecord(): number {
    return this.#parts.journal.firstSequence
  }

  /** Why nothing more is taken, or undefined while all is well. */
  get failure(): WuslaError | undefined {
    return this.#parts.journal.failure
  }

  /**
   * Adds a record. The bytes are copied at once; the promise resolves when they are durable. After a rejection
   * with `ledger_unwritable` nobody knows whether the record is in the ledger until it is opened again.
   *
   * @param mayWait - up to 20 ms for other records or {@link hurry}, to share their durable write
   * @throws WuslaError `ledger_unwritable`, `entry_too_large`, `record_too_large`, `too_many_requests`
   */
  append(record: Uint8Array, mayWait = false): Promise<{ readonly index: number }> {
    if (this.#parts.entryOf === undefined && record.length > MAX_ENTRY_BYTES) {
      return Promise.reject(new WuslaError('entry_too_large', { details: { bytes: record.length } }))
    }
    const { journal, leaves } = this.#parts
    // Here, where the bytes are copied, so that it is the leaf of what becomes durable.
    const leaf = leaves?.leafOf(record)
    return new Promise((resolve, reject) => {
      const done = (error: WuslaError | undefined, sequence: number): void => {
        if (error !== undefined) return reject(error)
        if (leaf !== undefined) leaves?.add(sequence, leaf)
        resolve({ index: sequence })
      }
      journal.submit(record, done, mayWait)
    })
  }

  /** Makes durable now what waits for company. */
  hurry(): void {
    this.#parts.journal.hurry()
  }

  /**
   * A checkpoint over at least everything that is durable now: brings the tree forward, signs, stores, and
   * returns the note. Calls that come while one is at work share the next. With nothing new it returns
   * {@link latestCheckpoint} as it is.
   * @throws WuslaError `ledger_corrupt`, `ledger_forked`; errors of the system as they are. A later call may succeed.
   */
  checkpoint(): Promise<string> {
    this.#nextCheckpoint ??= this.#alone(() => {
      this.#nextCheckpoint = undefined
      return this.#publish()
    })
    return this.#nextCheckpoint
  }

  /** The newest checkpoint, with the cosignatures it has so far. */
  latestCheckpoint(): string {
    return this.#latest().note
  }

  /** The size of {@link latestCheckpoint}. */
  get checkpointSize(): number {
    return this.#latest().size
  }

  /** The largest checkpoint with at least one cosignature. */
  cosignedCheckpoint(): string | undefined {
    return this.#parts.checkpoints.cosigned?.note
  }

  /**
   * Adds cosignature lines, as a witness answers them, to the checkpoint of this size (one of the last 64).
   * Lines that are no good cosignature of the given witnesses are left out. A line takes the place of an earlier
   * one of the same key.
   *
   * @returns how many were good
   */
  addCosignatures(size: number, lines: string, witnesses: readonly NoteVerifier[]): Promise<number> {
    return this.#alone(() => this.#parts.checkpoints.addCosignatures(size, lines, witnesses))
  }

  /**
   * Compares this ledger with a checkpoint of it that somebody else has kept: a backup that was restored, or a
   * disk that lost its last writes, shows here.
   *
   * @throws WuslaError `ledger_forked` when the ledger is not a continuation of it, `invalid_checkpoint` when it
   * is not signed by this ledger
   */
  async assertContinues(note: string): Promise<void> {
    const opened = openCheckpoint(note, { origin: this.origin, log: this.#parts.signer.verifier })
    if (!opened.ok) throw new WuslaError('invalid_checkpoint', { details: { reason: opened.reason } })
    const root = opened.size <= this.size ? await this.#parts.tree.root(opened.size) : undefined
    if (root?.equals(opened.checkpoint.rootHash) !== true) {
      throw new WuslaError('ledger_forked', { details: { size: this.size, seenSize: opened.size } })
    }
  }

  /** The root of the first `size` entries, default all durable ones. @throws WuslaError `not_in_ledger` */
  async root(size: number = this.size): Promise<Buffer> {
    this.#checkSize(size)
    return this.#parts.tree.root(size)
  }

  /** Proves that entry `index` is in the tree of `size` entries. @throws WuslaError `not_in_ledger` */
  async inclusionProof(index: number, size: number): Promise<Buffer[]> {
    this.#checkSize(size)
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw notInLedger(index)
    return this.#parts.tree.inclusionProof(index, size)
  }

  /** Proves that the tree of `fromSize` entries is a beginning of that of `toSize`. @throws WuslaError `not_in_ledger` */
  async consistencyProof(fromSize: number, toSize: number): Promise<Buffer[]> {
    this.#checkSize(toSize)
    if (!Number.isSafeInteger(fromSize) || fromSize < 0 || fromSize > toSize) throw notInLedger(fromSize)
    return this.#parts.tree.consistencyProof(fromSize, toSize)
  }

  /** A durable record, or undefined when there is none or it was removed. */
  readRecord(index: number): Promise<Buffer | undefined> {
    return this.#parts.journal.read(index)
  }

  /** Durable records in order from `fromIndex`, or from the oldest one left, to the last; `sequence` is the index. */
  records(fromIndex: number): AsyncIterable<JournalRecord> {
    return this.#parts.journal.records(fromIndex)
  }

  /** The entry (what is hashed into the tree), or undefined when neither a record nor a bundle has it any more. */
  async entry(index: number): Promise<Buffer | undefined> {
    const record = await this.readRecord(index)
    if (record !== undefined) return Buffer.from(this.#entryOf(record))
    if (index < 0 || index >= this.size) return undefined
    const bundle = await this.#parts.store.readBundle(Math.floor(index / TILE_WIDTH))
    return bundle === undefined ? undefined : decodeEntryBundle(bundle, TILE_WIDTH)?.[index % TILE_WIDTH]
  }

  /** What a client asks for by its path under the ledger's URL (`checkpoint`, `tile/…`), or undefined. */
  resource(path: string): Promise<LedgerResource | undefined> {
    return this.#parts.resources.get(path)
  }

  /** The files of records, old to new: what {@link removeRecordsBefore} can remove, all but the last. */
  segments(): Promise<JournalSegment[]> {
    return this.#parts.journal.segments()
  }

  /** Ends the growing file of records, so that it can be removed one day. */
  rotate(): Promise<void> {
    return this.#parts.journal.rotate()
  }

  /**
   * Removes whole files of records before this index. Entries stay provable: the tree needs only its tiles. What
   * no checkpoint covers yet is never removed. Returns the oldest index whose record is left.
   */
  removeRecordsBefore(index: number): Promise<number> {
    const { size } = this.#latest()
    const inFullTiles = size - (size % TILE_WIDTH)
    return this.#alone(() => this.#parts.journal.removeBefore(Math.min(index, inFullTiles)))
  }

  /**
   * Puts others in the place of records, to erase what has to be forgotten. Each must be as long as the one it
   * replaces and have the same entry: the tree stays as it is.
   *
   * @throws WuslaError `not_in_ledger`, `ledger_forked` when an entry differs; RangeError when a length does
   */
  replaceRecords(records: ReadonlyMap<number, Uint8Array>): Promise<void> {
    return this.#alone(async () => {
      for (const [index, record] of records) {
        const old = await this.readRecord(index)
        if (old === undefined) throw notInLedger(index)
        if (Buffer.compare(this.#entryOf(old), this.#entryOf(record)) === 0) continue
        throw new WuslaError('ledger_forked', { details: { index } })
      }
      await this.#parts.journal.replace(records)
    })
  }

  /** Finishes what was taken and lets go of the directory. No checkpoint is made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    try {
      await this.#running
      await this.#parts.tree[Symbol.asyncDispose]()
      await this.#parts.journal[Symbol.asyncDispose]()
    } finally {
      this.#parts.lock.release()
    }
  }

  /** One after the other: checkpoints and their cosignatures are written to the same files. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    // The directory may belong to somebody else by now.
    if (this.#isClosed) {
      return Promise.reject(new WuslaError('ledger_unwritable', { details: { reason: 'closed' } }))
    }
    const run = this.#running.then(work)
    this.#running = run.catch(() => undefined)
    return run
  }

  #latest(): { readonly size: number; readonly rootHash: Buffer; readonly note: string } {
    const { latest } = this.#parts.checkpoints
    if (latest === undefined) throw new WuslaError('ledger_missing')
    return latest
  }

  async #publish(): Promise<string> {
    const { tree, checkpoints, signer, origin } = this.#parts
    const size = this.size
    const before = checkpoints.latest
    if (before?.size === size) return before.note
    await tree.grow(size)
    // The last line of defence against signing two pasts: what was signed must still be a beginning of this.
    if (before !== undefined && !(await tree.root(before.size)).equals(before.rootHash)) {
      throw new WuslaError('ledger_forked', { details: { size, signedSize: before.size } })
    }
    const rootHash = await tree.root(size)
    const text = formatCheckpoint({ origin, size: BigInt(size), rootHash, extensions: [] })
    const note = signNote(text, [signer])
    await checkpoints.publish({ size, rootHash, note })
    return note
  }

  #entryOf(record: Uint8Array): Uint8Array {
    return this.#parts.entryOf?.(record) ?? record
  }

  #checkSize(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) throw notInLedger(size)
  }
}

function notInLedger(asked: number): WuslaError {
  return new WuslaError('not_in_ledger', { details: { asked } })
}
