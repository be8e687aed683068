import { batchRoot, batchSigningBytes, encodeBatchHeader, encodeSeals } from '../protocol/batch.ts'
import type { Seal, SealedBatch } from '../protocol/batch.ts'
import type { SealKey } from '../trust/seal-key.ts'
import { BatchRecord } from './batch-record.ts'
import type { FrameWriter } from './frame-writer.ts'
import { SENT_BATCH_BYTES, SENT_BATCH_STATEMENTS } from './session-limits.ts'
import type { SessionOptions } from './session-options.ts'
import type { SessionWire } from './session-wire.ts'

/** A final statement that waits for its seal, and the frame that carries it. */
export interface OutgoingItem {
  /** Canonical text of the final statement. */
  readonly statement: string
  /** About how many bytes its frame has. */
  readonly frameBytes: number
  /** Writes the frame; called once, directly before the BATCH that covers it. */
  encode(writer: FrameWriter): void
  /** The frame and its BATCH have been written. The record of answers is durable by now, that of requests not yet. */
  sent(record: BatchRecord): void
}

interface OutgoingBatchesOptions {
  readonly kind: 'requests' | 'answers'
  readonly network: string
  readonly from: string
  readonly to: string
  readonly session: string
  readonly sealKey: SealKey
  readonly recordBatch: SessionOptions['recordBatch']
  readonly wire: SessionWire
  /** The seal or the record failed: the session cannot go on, because a sequence number would be used twice. */
  readonly onFailure: (code: 'logging_failed' | 'internal_error', step: string, cause: unknown) => void
}

/**
 * Gathers the final statements of one kind and seals them together. While a slow key signs, or while the record of
 * answers becomes durable, the next batch gathers; so one batch is under way at a time and the order holds.
 */
export class OutgoingBatches {
  readonly #options: OutgoingBatchesOptions
  #gathering: OutgoingItem[] = []
  #underWay = 0
  #sequence = 0
  #statements = 0
  #closed = false

  constructor(options: OutgoingBatchesOptions) {
    this.#options = options
  }

  /** Batches sealed so far. */
  get sealedBatches(): number {
    return this.#sequence
  }

  /** Statements sealed so far. */
  get sealedStatements(): number {
    return this.#statements
  }

  /** Statements that wait, for the flush, the key or the record. */
  get waiting(): number {
    return this.#gathering.length + this.#underWay
  }

  add(item: OutgoingItem): void {
    this.#gathering.push(item)
    this.#options.wire.schedule()
  }

  /** Takes an item back. False when it is too late: it is being sealed, or it has been sent. */
  remove(item: OutgoingItem): boolean {
    const at = this.#gathering.indexOf(item)
    if (at === -1) return false
    this.#gathering.splice(at, 1)
    return true
  }

  close(): void {
    this.#closed = true
    this.#gathering = []
  }

  /** Seals what has gathered, unless a batch is under way; called at the end of every turn with something to write. */
  flush(): void {
    while (this.#underWay === 0 && this.#gathering.length > 0 && !this.#closed) {
      const items = this.#takeItems()
      this.#underWay = items.length
      const statements = items.map((item) => item.statement)
      const header = this.#header(statements)
      this.#seal(header, (seal) => this.#sealed(items, { header, seals: [seal], statements }))
    }
  }

  #takeItems(): OutgoingItem[] {
    const all = this.#gathering
    let count = 0
    let bytes = 0
    for (const item of all) {
      bytes += item.frameBytes
      if (count > 0 && (count >= SENT_BATCH_STATEMENTS || bytes > SENT_BATCH_BYTES)) break
      count += 1
    }
    this.#gathering = count === all.length ? [] : all.slice(count)
    return count === all.length ? all : all.slice(0, count)
  }

  #header(statements: readonly string[]): string {
    const { kind, network, from, to, session } = this.#options
    const sequence = this.#sequence
    this.#sequence += 1
    this.#statements += statements.length
    return encodeBatchHeader({
      from,
      kind,
      network,
      root: batchRoot(statements),
      sequence,
      session,
      size: statements.length,
      to,
    })
  }

  /** A key in memory answers at once, and then everything happens in this very turn. */
  #seal(header: string, then: (seal: Seal) => void): void {
    let seal: Seal | Promise<Seal>
    try {
      seal = this.#options.sealKey.sign(batchSigningBytes(header))
    } catch (cause) {
      this.#options.onFailure('internal_error', 'seal_key', cause)
      return
    }
    if (!('then' in seal)) {
      then(seal)
      return
    }
    seal
      .then((value) => {
        then(value)
        this.#options.wire.schedule()
      })
      .catch((cause: unknown) => this.#options.onFailure('internal_error', 'seal_key', cause))
  }

  #sealed(items: readonly OutgoingItem[], batch: SealedBatch): void {
    if (this.#closed) return
    const record = BatchRecord.start(this.#options.recordBatch, batch, 'sent')
    if (this.#options.kind === 'requests') {
      this.#write(items, batch, record)
      return
    }
    record.promise.then(
      () => this.#write(items, batch, record),
      (cause: unknown) => this.#options.onFailure('logging_failed', 'record_answers', cause),
    )
  }

  #write(items: readonly OutgoingItem[], batch: SealedBatch, record: BatchRecord): void {
    if (this.#closed) return
    const { wire } = this.#options
    for (const item of items) item.encode(wire.writer)
    wire.writer.batch(batch.header, encodeSeals(batch.seals))
    this.#underWay = 0
    for (const item of items) item.sent(record)
    wire.schedule()
  }
}
