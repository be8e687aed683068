import { WuslaError, toWuslaError } from '../protocol/wusla-error.ts'
import { startSegment } from './active-segment.ts'
import type { ActiveSegment } from './active-segment.ts'
import { MAX_RECORD_BYTES } from './journal-format.ts'
import { JournalReader } from './journal-reader.ts'
import type { JournalRecord } from './journal-reader.ts'
import type { JournalSegment, JournalState } from './journal-state.ts'
import { Patience } from './patience.ts'
import { RecordGroup } from './record-group.ts'
import type { AppendDone } from './record-group.ts'
import { rewriteSegment } from './segment-rewrite.ts'

/** How long a record that may wait does so. Unit: milliseconds. */
const MAX_WAIT_MS = 20

/**
 * An append-only file of records, cut into segments. A record is acknowledged only when it is durable; one
 * durable write is in flight at a time, and what arrives meanwhile leaves together in the next.
 *
 * Open one with `openJournal`. Only one process may have it open; the ledger holds the lock.
 */
export class Journal {
  readonly #state: JournalState
  readonly #segments: number[]
  readonly #reader: JournalReader
  #active: ActiveSegment
  #committed: number
  #nextSequence: number
  #gathering: RecordGroup
  #spare: RecordGroup
  #failure: WuslaError | undefined
  readonly #patience: Patience = new Patience(MAX_WAIT_MS, () => this.hurry())
  /** Whether somebody waits for a record of the gathering group. */
  #isHurried = false
  #isBusy = false
  #isClosed = false
  #rotations: AppendDone[] = []
  #idle: (() => void)[] = []

  constructor(state: JournalState) {
    this.#state = state
    this.#segments = [...state.segments]
    this.#active = state.active
    this.#committed = state.nextSequence
    this.#nextSequence = state.nextSequence
    this.#gathering = new RecordGroup(state.salt)
    this.#spare = new RecordGroup(state.salt)
    this.#reader = new JournalReader(state.fs, state.directory, {
      segments: () => this.#segments,
      committed: () => this.#committed,
      active: () => this.#active,
    })
  }

  /** One more than the sequence of the last durable record. */
  get nextSequence(): number {
    return this.#committed
  }

  /** The oldest record that is still there; equal to `nextSequence` when there is none. */
  get firstSequence(): number {
    return this.#segments[0] ?? this.#committed
  }

  /** Why nothing more is taken, or undefined while all is well. */
  get failure(): WuslaError | undefined {
    return this.#failure
  }

  /** The segments from old to new; the last one is still growing. */
  async segments(): Promise<JournalSegment[]> {
    const found: JournalSegment[] = []
    for (const firstSequence of this.#segments.slice()) {
      const header = await this.#reader.header(firstSequence)
      if (header === undefined) continue
      const nextSequence = this.#segments.find((first) => first > firstSequence) ?? this.#committed
      found.push({ firstSequence, nextSequence, createdMs: header.createdMs })
    }
    return found
  }

  /**
   * Adds a record of at most 1 MiB. The bytes are copied at once. The promise resolves when the record is
   * durable; after a rejection with `ledger_unwritable` nobody knows whether it is, until the journal is
   * opened again.
   *
   * @throws WuslaError `record_too_large`, `ledger_unwritable`, `too_many_requests`
   */
  append(record: Uint8Array): Promise<{ readonly sequence: number }> {
    return new Promise((resolve, reject) => {
      this.submit(record, (error, sequence) => {
        if (error === undefined) resolve({ sequence })
        else reject(error)
      })
    })
  }

  /**
   * {@link append} for callers that count every microsecond: `done` is called once, never synchronously on success.
   *
   * @param mayWait - up to 20 ms for a record that does not, or for {@link hurry}: then they share one durable write
   */
  submit(record: Uint8Array, done: AppendDone, mayWait = false): void {
    const refusal = this.#refusal(record)
    if (refusal !== undefined) {
      done(refusal, -1)
      return
    }
    this.#gathering.add(this.#nextSequence, record, done)
    this.#nextSequence += 1
    if (mayWait) this.#patience.begin()
    else this.hurry()
  }

  /** Makes durable now what was submitted with `mayWait`. */
  hurry(): void {
    if (this.#gathering.count === 0) return
    this.#isHurried = true
    this.#wake()
  }

  #refusal(record: Uint8Array): WuslaError | undefined {
    if (this.#failure !== undefined) return this.#failure
    if (record.length > MAX_RECORD_BYTES) {
      return new WuslaError('record_too_large', {
        details: { bytes: record.length, limit: MAX_RECORD_BYTES },
      })
    }
    if (this.#gathering.size + record.length > this.#state.maxWaitingBytes) {
      return new WuslaError('too_many_requests', { details: { waitingBytes: this.#gathering.size } })
    }
    return undefined
  }

  /** Ends the growing segment and starts a new one, so that the old one can be removed one day. */
  rotate(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#rotations.push((error) => (error === undefined ? resolve() : reject(error)))
      this.#wake()
    })
  }

  /** A durable record, or undefined when there is none under this sequence or its segment was removed. */
  read(sequence: number): Promise<Buffer | undefined> {
    return this.#reader.read(sequence)
  }

  /**
   * Durable records in order, beginning at `fromSequence` or at the oldest one left, ending with the last one
   * that was durable when it was reached.
   *
   * @throws WuslaError `ledger_corrupt`
   */
  async *records(fromSequence: number): AsyncIterable<JournalRecord> {
    for await (const batch of this.#reader.batches(fromSequence)) yield* batch
  }

  /** {@link records}, as many at a time as one read brought. */
  recordBatches(fromSequence: number): AsyncIterable<readonly JournalRecord[]> {
    return this.#reader.batches(fromSequence)
  }

  /**
   * Removes whole segments that hold nothing but records before this sequence, oldest first; the growing
   * segment stays. Returns the new `firstSequence`.
   */
  async removeBefore(sequence: number): Promise<number> {
    const { fs, directory } = this.#state
    while (this.#segments.length > 1 && (this.#segments[1] ?? Infinity) <= sequence) {
      const first = this.#segments.shift()
      if (first !== undefined) await this.#reader.remove(first)
      // One by one: a power cut must not bring an older segment back and keep a younger one away.
      await fs.syncDirectory(directory)
    }
    return this.firstSequence
  }

  /**
   * Puts other payloads of the same length in the place of durable records; the growing segment is ended first if
   * one of them is in it. May be called again after a failure. Must not overlap with {@link removeBefore}.
   *
   * @throws WuslaError `ledger_corrupt`; RangeError when a length differs; errors of the system as they are
   */
  async replace(payloads: ReadonlyMap<number, Uint8Array>): Promise<void> {
    const { fs, directory } = this.#state
    const wanted = [...payloads.keys()]
    if (wanted.some((sequence) => sequence >= this.#active.firstSequence)) await this.rotate()
    for (const [at, firstSequence] of this.#segments.slice(0, -1).entries()) {
      const nextSequence = this.#segments[at + 1] ?? firstSequence
      const isHere = (sequence: number): boolean => sequence >= firstSequence && sequence < nextSequence
      if (!wanted.some(isHere)) continue
      await rewriteSegment(fs, directory, { firstSequence, nextSequence }, payloads)
    }
  }

  /** Waits for what was taken, then closes. Later appends are refused with `ledger_unwritable`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.hurry()
    this.#failure ??= new WuslaError('ledger_unwritable', { details: { reason: 'closed' } })
    if (this.#isBusy) await new Promise<void>((resolve) => this.#idle.push(resolve))
    await this.#active[Symbol.asyncDispose]()
  }

  #wake(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#nextTurn()
  }

  // A turn of the event loop lets everybody who was just told, or is about to be heard, join the next group.
  #nextTurn(): void {
    setImmediate(() => void this.#turn())
  }

  async #turn(): Promise<void> {
    const group = this.#gathering
    this.#gathering = this.#spare
    this.#isHurried = false
    this.#patience.end()
    const rotations = this.#rotations
    this.#rotations = []
    try {
      await this.#commit(group, rotations.length > 0)
    } catch (cause) {
      this.#fail(cause, group, rotations)
      return
    }
    group.settle(undefined)
    group.reset()
    this.#spare = group
    for (const done of rotations) done(undefined, this.#committed)
    if (this.#isHurried || this.#rotations.length > 0) this.#nextTurn()
    else this.#rest()
  }

  #rest(): void {
    this.#isBusy = false
    if (this.#gathering.count > 0) this.#patience.begin()
    for (const tell of this.#idle.splice(0)) tell()
  }

  async #commit(group: RecordGroup, rotate: boolean): Promise<void> {
    if (group.count > 0) {
      const full = this.#active.end + group.size > this.#state.segmentBytes
      if (full && !this.#active.isEmpty) await this.#startSegment()
      await this.#active.write(group)
      this.#committed += group.count
    }
    if (rotate && !this.#active.isEmpty) await this.#startSegment()
  }

  async #startSegment(): Promise<void> {
    const { fs, directory, salt, clock } = this.#state
    const old = this.#active
    await old.trim()
    const next = await startSegment(fs, directory, {
      firstSequence: this.#committed,
      createdMs: clock.nowMs(),
      salt,
    })
    this.#reader.keepIndex(old)
    this.#active = next
    this.#segments.push(next.firstSequence)
    await old[Symbol.asyncDispose]()
  }

  // What the disk holds after a failed write is unknown, and a later success proves nothing about it (the
  // system forgets pages it could not write). So everything waiting fails with it, and so does all that follows.
  #fail(cause: unknown, group: RecordGroup, rotations: readonly AppendDone[]): void {
    const error = toWuslaError(cause, 'ledger_unwritable')
    this.#failure = error
    this.#state.onEvent({ kind: 'journal_failed', directory: this.#state.directory, error })
    group.settle(error)
    this.#gathering.settle(error)
    this.#gathering.reset()
    this.#patience.end()
    for (const done of [...rotations, ...this.#rotations]) done(error, -1)
    this.#rotations = []
    this.#rest()
  }
}
