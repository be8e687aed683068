import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import type { EvidenceEvent } from '../evidence-event.ts'
import type { ExchangeFilter, ExchangeRow } from '../evidence-query.ts'
import { openIndexFile } from './index-schema.ts'
import { halvesOf, queryExchanges } from './index-reader.ts'
import type { HalfPlace } from './index-reader.ts'
import { IndexWriter } from './index-writer.ts'
import type { PendingRecord } from './index-writer.ts'

/** The part of a ledger that the index reads. */
export interface RecordSource {
  readonly origin: string
  readonly size: number
  records(fromIndex: number): AsyncIterable<{ readonly sequence: number; readonly record: Uint8Array }>
}

/** Longest stretch of work before the event loop gets its turn. Unit: milliseconds. */
const SLICE_MS = 5

/** Pause after a slice while exchanges come in: one slice in ten times its length. Unit: milliseconds. */
const BUSY_PAUSE_MS = 45

/** The same when the event loop has hardly a moment to itself: one slice in fifty times its length. */
const FULL_PAUSE_MS = 245

/** Share of its time that the event loop works, from which on it counts as full. */
const FULL_LOAD = 0.75

/** How often a quiet index looks whether there is something to do. Unit: milliseconds. */
const IDLE_LOOK_MS = 250

/** Records are read ahead up to this many bytes. */
const READ_AHEAD_BYTES = 262_144

/** How the index is kept. */
export interface ExchangeIndexOptions {
  readonly file: string
  readonly source: RecordSource
  readonly onEvent: EventSink<EvidenceEvent>
  /** Elapsed milliseconds from any beginning; default: the process's own. */
  readonly elapsedMs?: () => number
  /** Share of its time, 0 to 1, that the event loop worked since the last call; default: the process's own. */
  readonly loadOf?: () => number
}

/**
 * Finds exchanges by what they were about. It is built from the journal afterwards, in slices so short that no
 * exchange notices, and may be deleted at any time.
 */
export class ExchangeIndex {
  readonly #options: ExchangeIndexOptions
  readonly #elapsedMs: () => number
  readonly #loadOf: () => number
  readonly #database: DatabaseSync
  readonly #writer: IndexWriter
  readonly #stop = new AbortController()
  readonly #background: Promise<void>
  #pending: PendingRecord[] = []
  #reading: Promise<void> | undefined
  #isBusy = false
  #failure: WuslaError | undefined

  constructor(options: ExchangeIndexOptions) {
    const { file, source } = options
    this.#options = options
    this.#elapsedMs = options.elapsedMs ?? (() => performance.now())
    this.#loadOf = options.loadOf ?? createLoadMeter()
    this.#database = openIndexFile(file, source.origin, source.size)
    this.#writer = new IndexWriter(this.#database)
    this.#background = this.#run()
  }

  /** First record of the journal that is not in completely. */
  get nextRecord(): number {
    return this.#writer.place.record
  }

  get recordsBehind(): number {
    return this.#options.source.size - this.nextRecord
  }

  /** Tells that an exchange was just recorded: work in the background steps back for a moment. */
  touch(): void {
    this.#isBusy = true
  }

  /**
   * Brings the index up to where the journal is now, for at most `withinMs`.
   *
   * @returns whether it got there
   */
  async catchUp(withinMs: number): Promise<boolean> {
    const target = this.#options.source.size
    const deadline = this.#elapsedMs() + withinMs
    while (this.nextRecord < target && this.#failure === undefined) {
      if (this.#elapsedMs() >= deadline) return false
      await this.#slice()
      await nextTurn()
    }
    return this.#failure === undefined
  }

  /** The rows that fit, looked for during `withinMs`; ask {@link catchUp} first. @throws WuslaError `invalid_request` */
  async query(
    filter: ExchangeFilter,
    withinMs: number = 1_000,
  ): Promise<{ rows: ExchangeRow[]; cursor?: string }> {
    const deadline = this.#elapsedMs() + withinMs
    const isOver = (): boolean => this.#elapsedMs() >= deadline
    return await queryExchanges(this.#database, filter, { isOver, pause: () => nextTurn() })
  }

  halvesOf(exchange: string): HalfPlace[] {
    return halvesOf(this.#database, exchange)
  }

  /** Forgets what may name a person in the row of an exchange, from the file as well. */
  erase(exchange: string): void {
    this.#writer.erase(exchange)
    // The log beside the file may hold the old page for as long as nothing else is written.
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  /** Forgets exchanges whose records were all removed, in slices. */
  async forgetBefore(record: number): Promise<void> {
    let after: number | undefined = 0
    while (after !== undefined && !this.#stop.signal.aborted) {
      after = this.#writer.forgetBefore(record, after, 200)
      await nextTurn()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#background
    await this.#reading?.catch(() => undefined)
    if (this.#database.isOpen) this.#database.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && this.#failure === undefined) {
      const waitMs = this.recordsBehind <= 0 ? IDLE_LOOK_MS : this.#pauseMs()
      // Unreferenced: an index that has nothing to do keeps no process alive.
      await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (!signal.aborted && this.recordsBehind > 0) await this.#slice()
    }
  }

  #pauseMs(): number {
    const wasBusy = this.#isBusy
    this.#isBusy = false
    const isFull = this.#loadOf() > FULL_LOAD
    if (!wasBusy) return 1
    return isFull ? FULL_PAUSE_MS : BUSY_PAUSE_MS
  }

  /** One short stretch of work; several callers share it. Failures are told once and end the index. */
  async #slice(): Promise<void> {
    try {
      if (this.#pending.length === 0) await this.#readAhead()
      if (this.#stop.signal.aborted) return
      const deadline = this.#elapsedMs() + SLICE_MS
      const done = this.#writer.take(this.#pending, () => this.#elapsedMs() >= deadline)
      if (done > 0) this.#pending.splice(0, done)
    } catch (cause) {
      if (this.#failure !== undefined) return
      this.#failure = toWuslaError(cause, 'ledger_corrupt')
      this.#options.onEvent({ kind: 'index_failed', error: this.#failure })
    }
  }

  #readAhead(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    let bytes = 0
    const found: PendingRecord[] = []
    const size = this.#options.source.size
    for await (const { sequence, record } of this.#options.source.records(this.nextRecord)) {
      found.push({ sequence, record })
      bytes += record.length
      if (bytes >= READ_AHEAD_BYTES) break
    }
    // Nothing is left of records whose retention ended: the index goes on behind them.
    if (found.length === 0) this.#writer.skipTo(size)
    this.#pending = found
  }
}

function createLoadMeter(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
