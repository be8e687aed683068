import { MAX_RECORD_BYTES } from '../ledger/journal-format.ts'
import type { LedgerResource } from '../ledger/ledger-resources.ts'
import type { SealedBatch } from '../protocol/batch.ts'
import { isExchangeId } from '../protocol/exchange-id.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { CountedPart, CountedPeriod } from './answered-count.ts'
import type { DirectoryReader } from './directory-reader.ts'
import type { EvidenceFile } from './evidence-file.ts'
import type { EvidenceOptions } from './evidence-options.ts'
import type { ExchangeFilter, ExchangePage, ExchangeRow } from './evidence-query.ts'
import { type AnsweredExchange, answeredExchange } from './answered-exchange.ts'
import { chooseHalves, readHalves, type StoredHalf } from './export/choose-halves.ts'
import { buildEvidenceFile } from './export/export-exchange.ts'
import { isRecordedTwice, locateExchange } from './export/locate-exchange.ts'
import { whyMissing } from './export/why-missing.ts'
import { ERASED_NOTE } from './index/index-writer.ts'
import { rowOfHalves } from './index/row-of-halves.ts'
import { type BatchDirection, encodeBatchParts, encodeBatchRecord } from './record/batch-record.ts'
import { DEFAULT_NOTE_BUDGET } from './record/note-budget.ts'
import { encodeNoteRecord, type EvidenceNote } from './record/note-record.ts'
import { NoteWriter } from './record/note-writer.ts'
import { eraseStatements } from './store/erase-statements.ts'
import { closeParts, type EvidenceParts, openParts } from './store/evidence-parts.ts'
import { removeOldRecords } from './store/remove-old-records.ts'

export type { BatchDirection } from './record/batch-record.ts'
export type { EvidenceNote } from './record/note-record.ts'

/** How long a question waits for the index by default. Unit: milliseconds. */
const DEFAULT_WITHIN_MS = 2_000

/** An erasure has time: it waits for the whole index. Unit: milliseconds. */
const ERASE_WITHIN_MS = 60_000

/**
 * Opens the evidence of a gateway, or makes it.
 *
 * @throws WuslaError `ledger_missing`, `ledger_locked`, `ledger_corrupt`, `ledger_forked`, `invalid_key`
 *
 * @example
 * await using evidence = await openEvidence({ directory, gateway, signer, create: false, clock, onEvent })
 * await evidence.record(batch, 'sent')
 */
export async function openEvidence(options: EvidenceOptions): Promise<EvidenceStore> {
  return new EvidenceStore(options, await openParts(options))
}

/**
 * What a gateway can prove later: every sealed batch it sent or took, in a ledger of its own. Open one with
 * {@link openEvidence}.
 */
export class EvidenceStore {
  readonly #options: EvidenceOptions
  readonly #notes: NoteWriter
  /** Undefined while closed: being opened again, or disposed of. */
  #open: EvidenceParts | undefined
  #isHealthy = true
  #reopening: Promise<void> | undefined

  constructor(options: EvidenceOptions, parts: EvidenceParts) {
    this.#options = options
    this.#open = parts
    this.#notes = new NoteWriter(options.notes ?? DEFAULT_NOTE_BUDGET, options.clock, options.onEvent)
  }

  /** False from the first failed write until {@link reopen}: a gateway then takes no new exchange. */
  get healthy(): boolean {
    return this.#isHealthy
  }

  /**
   * Records a batch. Resolves when it is durable: after {@link hurry}, with the next record that does not wait, or 20 ms
   * later. Costs one copy and shares its write with whatever comes at the same time; nothing is done per statement.
   *
   * @throws WuslaError `logging_failed`: the batch may or may not be durable, and {@link healthy} tells whether
   * any other will be
   */
  record(batch: SealedBatch, direction: BatchDirection): Promise<void> {
    if (!this.#isHealthy) return Promise.reject(new WuslaError('logging_failed'))
    this.#parts.index.touch()
    const record = encodeBatchRecord(batch, direction)
    if (record.length <= MAX_RECORD_BYTES) return this.#append(record, true)
    // All parts are taken in one turn, so that nothing comes between them.
    return Promise.all(encodeBatchParts(batch, direction).map((part) => this.#append(part))).then(nothing)
  }

  /** Makes durable now what waits for company. */
  hurry(): void {
    this.#open?.ledger.hurry()
  }

  /**
   * Records something that is not a batch: a refusal, a stream that was cut. Resolves when it is durable, or at
   * once with false when there were too many; how many is noted with the next one.
   *
   * @throws WuslaError `logging_failed`
   */
  async note(note: EvidenceNote): Promise<boolean> {
    if (!this.#isHealthy) throw new WuslaError('logging_failed')
    return await this.#notes.write(note, async (record) => await this.#append(record))
  }

  /** Durably notes, outside of the budget, what the gateway must know after a crash. @throws WuslaError `logging_failed` */
  async remember(note: EvidenceNote): Promise<void> {
    await this.#append(encodeNoteRecord(note))
  }

  /**
   * Exchanges that fit a filter, newest first. Brings the index forward first, for at most `withinMs`
   * (milliseconds, default 2,000), and looks for as long again; the page says whether that was enough.
   *
   * @throws WuslaError `invalid_request` for a malformed filter
   */
  async query(filter: ExchangeFilter, withinMs: number = DEFAULT_WITHIN_MS): Promise<ExchangePage> {
    const { index } = this.#parts
    const complete = await index.catchUp(withinMs)
    const page = await index.query(filter, withinMs)
    return { ...page, complete, recordsBehind: Math.max(0, index.recordsBehind) }
  }

  /**
   * Counts requests of this side's systems that were answered, by agreement and service: a part after about `withinMs`
   * (milliseconds, default 2,000), and a cursor when there is more.
   *
   * @throws WuslaError `invalid_request` for a malformed period
   */
  async countAnswered(period: CountedPeriod, withinMs: number = DEFAULT_WITHIN_MS): Promise<CountedPart> {
    const { index, ledger } = this.#parts
    const complete = await index.catchUp(withinMs)
    const part = await index.countAnswered(period, withinMs)
    const behind = { recordsBehind: Math.max(0, index.recordsBehind), hasRemoved: ledger.firstRecord > 0 }
    return { ...part, complete, ...behind }
  }

  /**
   * One exchange by its id, also in the moment after it was recorded; undefined when there is none here.
   *
   * @throws WuslaError `evidence_behind`
   */
  async find(exchange: string, withinMs: number = DEFAULT_WITHIN_MS): Promise<ExchangeRow | undefined> {
    if (!isExchangeId(exchange)) return undefined
    const halves = await this.#halvesOf(exchange, withinMs)
    const { index } = this.#parts
    if (halves.length > 0) return { ...rowOfHalves(exchange, halves), ...index.acknowledgementOf(exchange) }
    return (await index.query({ exchange })).rows[0]
  }

  /** What this gateway answered in an exchange; undefined when it did not. @throws WuslaError `evidence_behind` */
  async answered(exchange: string): Promise<AnsweredExchange | undefined> {
    return answeredExchange(await this.#halvesOf(exchange, DEFAULT_WITHIN_MS))
  }

  /** Whether a request may have been received before the copy that was recorded last. */
  wasReceivedBefore(exchange: string): Promise<boolean> {
    return isRecordedTwice(this.#parts, exchange, DEFAULT_WITHIN_MS)
  }

  /**
   * The evidence of one exchange as a file that anybody with the anchor can verify: `docs/spec/evidence-file.md`.
   * A very recent exchange gets its checkpoint now, and witnesses up to three seconds to cosign it.
   *
   * @throws WuslaError `exchange_not_found`, `evidence_erased`, `evidence_behind`
   */
  async exportExchange(
    exchange: string,
    directory: DirectoryReader,
    withinMs: number = DEFAULT_WITHIN_MS,
  ): Promise<EvidenceFile> {
    if (!isExchangeId(exchange)) throw new WuslaError('exchange_not_found')
    const chosen = chooseHalves(await this.#halvesOf(exchange, withinMs))
    if (chosen === undefined) throw await whyMissing(this.#parts, exchange)
    const { gateway, signer } = this.#options
    const { ledger, keeper, history } = this.#parts
    const sources = { gateway, ledger, ledgerKey: signer.vkey, keeper, history }
    return await buildEvidenceFile(sources, chosen, directory)
  }

  /** The ledger's newest checkpoint, with the cosignatures it has so far. */
  latestCheckpoint(): string {
    return this.#parts.ledger.latestCheckpoint()
  }

  /** Makes a checkpoint over all that is durable now, and shows it to the witnesses. Rarely needed: it happens by itself. */
  async checkpoint(): Promise<string> {
    await this.#parts.keeper.settle()
    return this.latestCheckpoint()
  }

  /** What a reader of the ledger asks for by its path (`checkpoint`, `tile/…`), or undefined. No statement is ever in it. */
  resource(path: string): Promise<LedgerResource | undefined> {
    return this.#parts.ledger.resource(path)
  }

  /**
   * Erases the statements of one exchange: path, query, message id, user and digests go from the journal and the
   * index; who sealed what batch when stays, and so does the ledger. What was exported before stays provable. The
   * erasure itself is noted. May be called again when it failed on the way.
   *
   * @param reason - why, in a few words that name nobody: it stays in the note for as long as the journal does
   * @returns how many statements were erased; 0 when there was none left
   * @throws WuslaError `exchange_not_found`, `evidence_behind`, `logging_failed`
   */
  async erase(exchange: string, reason?: string): Promise<number> {
    const { ledger, index } = this.#parts
    if (!isExchangeId(exchange)) throw new WuslaError('exchange_not_found')
    // Every place counts, also of a request that was sent twice: only the index knows them all.
    if (!(await index.catchUp(ERASE_WITHIN_MS))) throw new WuslaError('evidence_behind')
    const places = index.halvesOf(exchange)
    if (places.length === 0) throw await whyMissing(this.#parts, exchange)
    // First the note: an index that is made anew then still knows that there was something.
    const atMs = this.#options.clock.nowMs()
    const details = reason === undefined ? {} : { details: { reason } }
    await this.#append(encodeNoteRecord({ kind: ERASED_NOTE, atMs, exchange, ...details }))
    const statements = await eraseStatements(ledger, places)
    index.erase(exchange)
    this.#options.onEvent({ kind: 'statements_erased', exchange, statements })
    return statements
  }

  /**
   * Ends the retention of everything from before an instant: statements and seals go, in whole files of records,
   * so some may stay up to a day longer; the ledger's digests and proofs stay for ever.
   *
   * @param beforeMs - milliseconds since 1970
   * @param reason - why, in a few words; goes into the note
   * @returns how many records were removed
   * @throws WuslaError `logging_failed` when that cannot be noted
   */
  async removeBefore(beforeMs: number, reason?: string): Promise<number> {
    const wanted = { beforeMs, nowMs: this.#options.clock.nowMs(), reason }
    const note = async (record: Uint8Array): Promise<void> => await this.#append(record)
    const { first, removed } = await removeOldRecords(this.#parts, wanted, note)
    if (removed > 0) this.#options.onEvent({ kind: 'records_removed', before: first })
    return removed
  }

  /**
   * Closes everything and opens it again from what is on the disk: after a disk was full or came back.
   *
   * @throws WuslaError as {@link openEvidence}; the evidence then stays unhealthy, and it may be tried again
   */
  async reopen(): Promise<void> {
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined
    })
    await this.#reopening
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isHealthy = false
    await this.#reopening?.catch(nothing)
    await this.#close()
  }

  get #parts(): EvidenceParts {
    if (this.#open === undefined)
      throw new WuslaError('logging_failed', { message: 'The evidence is closed' })
    return this.#open
  }

  async #close(): Promise<void> {
    const parts = this.#open
    this.#open = undefined
    if (parts !== undefined) await closeParts(parts)
  }

  async #reopen(): Promise<void> {
    this.#isHealthy = false
    await this.#close()
    this.#open = await openParts({ ...this.#options, create: false })
    // A disk that can be read may still be full: only a record that is durable shows that there can be others.
    const note = encodeNoteRecord({ kind: 'evidence_reopened', atMs: this.#options.clock.nowMs() })
    await this.#open.ledger.append(note)
    this.#isHealthy = true
    this.#options.onEvent({ kind: 'evidence_writable' })
  }

  #append(record: Uint8Array, mayWait = false): Promise<void> {
    const { ledger } = this.#parts
    return ledger
      .append(record, mayWait)
      .then(nothing, (cause: unknown) => this.#refuse(cause, ledger.failure))
  }

  #refuse(cause: unknown, error: WuslaError | undefined): never {
    if (error !== undefined && this.#isHealthy) {
      this.#isHealthy = false
      this.#options.onEvent({ kind: 'evidence_unwritable', error })
    }
    throw new WuslaError('logging_failed', { cause })
  }

  async #halvesOf(exchange: string, withinMs: number): Promise<StoredHalf[]> {
    const { index, ledger } = this.#parts
    return await readHalves(ledger, await locateExchange(index, ledger, exchange, withinMs))
  }
}

function nothing(): void {}
