import { batchRoot, batchSigningBytes, encodeBatchHeader, encodeSeals } from '../protocol/batch.ts'
import type { Seal, SealedBatch } from '../protocol/batch.ts'
import type { SealKey } from '../trust/seal-key.ts'
import { BatchRecord } from './batch-record.ts'
import type { BatchRecorder } from './batch-record.ts'
import type { FrameWriter } from './frame-writer.ts'
import {
  MAX_RECORDING_BATCHES,
  PROMPT_BATCH_STATEMENTS,
  SENT_BATCH_BYTES,
  SENT_BATCH_STATEMENTS,
} from './session-limits.ts'
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

interface OutgoingBatchesOptions extends BatchRecorder {
  readonly kind: 'requests' | 'answers'
  readonly network: string
  readonly from: string
  readonly to: string
  readonly session: string
  readonly sealKey: SealKey
  readonly wire: SessionWire
  /** The seal or the record failed: the session cannot go on, because a sequence number would be used twice. */
  readonly onFailure: (code: 'logging_failed' | 'internal_error', step: string, cause: unknown) => void
}

/** A sealed batch of answers on its way to the disk. */
interface Recording {
  readonly items: readonly OutgoingItem[]
  readonly batch: SealedBatch
  readonly record: BatchRecord
}

/**
 * Gathers the final statements of one kind and seals them together. While a slow key signs, the next batch gathers;
 * while records of answers become durable, the next ones are sealed, and each is written when it and all before it are
 * durable. So the order holds.
 */
export class OutgoingBatches {
  readonly #options: OutgoingBatchesOptions
  #gathering: OutgoingItem[] = []
  #isSealing = false
  #isKeySlow = false
  #recording: Recording[] = []
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
    const { wire } = this.#options
    // A full batch need not wait for the end of the turn: the peer begins with it while we make the next one. Else all
    // exchanges under way end up in one batch, and of two gateways one always waits for the other. A slow key gains
    // nothing from smaller batches.
    if (this.#gathering.length === PROMPT_BATCH_STATEMENTS && !this.#isKeySlow) {
      this.flush()
      wire.flushNow()
    }
    wire.schedule()
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
    this.#recording = []
  }

  /** Seals what has gathered, unless the key is at work or the disk far behind; called at the end of every turn with something to write. */
  flush(): void {
    while (!this.#isSealing && this.#recording.length < MAX_RECORDING_BATCHES) {
      if (this.#gathering.length === 0 || this.#closed) return
      const items = this.#takeItems()
      this.#isSealing = true
      this.#underWay += items.length
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
    this.#isKeySlow = true
    seal
      .then((value) => {
        then(value)
        this.#options.wire.schedule()
      })
      .catch((cause: unknown) => this.#options.onFailure('internal_error', 'seal_key', cause))
  }

  #sealed(items: readonly OutgoingItem[], batch: SealedBatch): void {
    this.#isSealing = false
    if (this.#closed) return
    const record = BatchRecord.start(this.#options, batch, 'sent')
    if (this.#options.kind === 'requests') {
      this.#write({ items, batch, record })
      return
    }
    this.#recording.push({ items, batch, record })
    record.promise.then(
      () => this.#writeDurable(),
      (cause: unknown) => this.#options.onFailure('logging_failed', 'record_answers', cause),
    )
  }

  /** Writes from the front what is durable: whichever record is told first, the peer gets the batches in their order. */
  #writeDurable(): void {
    for (;;) {
      const [first] = this.#recording
      if (first?.record.durable !== true) return
      this.#recording.shift()
      this.#write(first)
    }
  }

  #write({ items, batch, record }: Recording): void {
    if (this.#closed) return
    const { wire } = this.#options
    for (const item of items) item.encode(wire.writer)
    wire.writer.batch(batch.header, encodeSeals(batch.seals))
    this.#underWay -= items.length
    for (const item of items) item.sent(record)
    wire.schedule()
  }
}
