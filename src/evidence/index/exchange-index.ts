import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import type { EvidenceEvent } from '../evidence-event.ts'
import type { AnsweredCount, CountedPeriod } from '../answered-count.ts'
import type { ExchangeFilter, ExchangeRow } from '../evidence-query.ts'
import { acknowledgementOf, type AcknowledgementColumns } from './acknowledgement-columns.ts'
import { countAnswered } from './count-answered.ts'
import { openIndexFile } from './index-schema.ts'
import { halvesOf, queryExchanges } from './index-reader.ts'
import type { HalfPlace } from './index-reader.ts'
import { IndexWriter } from './index-writer.ts'
import type { PendingRecord } from './index-writer.ts'
import { pauseBetweenSlices } from './index-pace.ts'

/** The part of a ledger that the index reads. */
export interface RecordSource {
  readonly origin: string
  readonly size: number
  records(fromIndex: number): AsyncIterable<{ readonly sequence: number; readonly record: Uint8Array }>
}

/** Longest stretch of work for somebody who waits, before the event loop gets its turn. Unit: milliseconds. */
const ASKED_SLICE_MS = 5

/**
 * The same in the background. All exchanges under way at two gateways stand still meanwhile, and then crowd: slices of
 * 5 ms at both left a fifth of two processors idle (docs/performance.md).
 */
const BACKGROUND_SLICE_MS = 1

/** Records are read ahead up to this many bytes. */
const READ_AHEAD_BYTES = 262_144

/** Pause between two steps of a count, which take about a millisecond each. Unit: milliseconds. */
const COUNT_PAUSE_MS = 3

/** How the index is kept. */
export interface ExchangeIndexOptions {
  readonly file: string
  readonly source: RecordSource
  readonly onEvent: EventSink<EvidenceEvent>
  /** Elapsed milliseconds from any beginning; default: the process's own. */
  readonly elapsedMs?: () => number
}

/**
 * Finds exchanges by what they were about. It is built from the journal afterwards, in slices so short that no
 * exchange notices, and may be deleted at any time.
 */
export class ExchangeIndex {
  readonly #options: ExchangeIndexOptions
  readonly #elapsedMs: () => number
  readonly #database: DatabaseSync
  readonly #writer: IndexWriter
  readonly #stop = new AbortController()
  readonly #background: Promise<void>
  #pending: PendingRecord[] = []
  #reading: Promise<void> | undefined
  #touchedMs = Number.NEGATIVE_INFINITY
  #failure: WuslaError | undefined

  constructor(options: ExchangeIndexOptions) {
    const { file, source } = options
    this.#options = options
    this.#elapsedMs = options.elapsedMs ?? (() => performance.now())
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
    this.#touchedMs = this.#elapsedMs()
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
      await this.#slice(ASKED_SLICE_MS)
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

  /**
   * Counts answered requests of a period, for at most `withinMs`, and leaves the event loop to others for most of it:
   * figures have time. @throws WuslaError `invalid_request`
   */
  async countAnswered(
    period: CountedPeriod,
    withinMs: number,
  ): Promise<{ counts: AnsweredCount[]; cursor?: string }> {
    const deadline = this.#elapsedMs() + withinMs
    const isOver = (): boolean => this.#elapsedMs() >= deadline || this.#stop.signal.aborted
    return await countAnswered(this.#database, period, {
      isOver,
      pause: async () => await pause(COUNT_PAUSE_MS),
    })
  }

  /** How the acknowledgement of an exchange stands; empty when none is required, or not known yet. */
  acknowledgementOf(exchange: string): AcknowledgementColumns {
    return acknowledgementOf(this.#database, exchange)
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
      const quietMs = this.#elapsedMs() - this.#touchedMs
      const waitMs = pauseBetweenSlices(this.recordsBehind, quietMs)
      // Unreferenced: an index that has nothing to do keeps no process alive.
      await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (!signal.aborted && this.recordsBehind > 0) await this.#slice(BACKGROUND_SLICE_MS)
    }
  }

  /** One short stretch of work; several callers share it. Failures are told once and end the index. */
  async #slice(lengthMs: number): Promise<void> {
    try {
      if (this.#pending.length === 0) await this.#readAhead()
      if (this.#stop.signal.aborted) return
      const deadline = this.#elapsedMs() + lengthMs
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
