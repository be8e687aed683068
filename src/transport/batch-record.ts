import type { SealedBatch } from '../protocol/batch.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/** Who makes batches durable: the two options of a session with these names. */
export interface BatchRecorder {
  readonly recordBatch: (batch: SealedBatch, direction: 'sent' | 'received') => Promise<void>
  readonly hurryRecords?: (() => void) | undefined
}

/**
 * The durable record of one batch, shared by all exchanges in it. While nobody asks for {@link promise}, the record may
 * wait a moment for others, so that they share one write to the disk.
 */
export class BatchRecord {
  readonly #promise: Promise<void>
  readonly #hurry: (() => void) | undefined
  #durable = false
  #isHurried = false
  #joined: { readonly other: BatchRecord; readonly promise: Promise<void> } | undefined

  constructor(recording: Promise<void>, hurry?: () => void) {
    this.#hurry = hurry
    this.#promise = recording.then(
      () => {
        this.#durable = true
      },
      (cause: unknown) => {
        throw new WuslaError('logging_failed', { cause })
      },
    )
    this.#promise.catch(ignore)
  }

  /** Starts the recording; a recorder that throws at once counts as one that rejects. */
  static start(recorder: BatchRecorder, batch: SealedBatch, direction: 'sent' | 'received'): BatchRecord {
    try {
      return new BatchRecord(recorder.recordBatch(batch, direction), recorder.hurryRecords)
    } catch (cause) {
      return new BatchRecord(Promise.reject(toError(cause)))
    }
  }

  get durable(): boolean {
    return this.#durable
  }

  /**
   * Resolves when the batch is durable; asking for it makes that happen soon. Rejects with `logging_failed` when the
   * batch could not be made durable; that never counts as an unhandled rejection, since not every exchange is waited for.
   */
  get promise(): Promise<void> {
    if (!this.#isHurried && !this.#durable) {
      this.#isHurried = true
      this.#hurry?.()
    }
    return this.#promise
  }

  /**
   * A promise for both records. The answers of one batch mostly belong to one batch of requests, so the last pair
   * is remembered instead of making a promise for every exchange.
   */
  with(other: BatchRecord): Promise<void> {
    if (other.#durable) return this.promise
    if (this.#joined?.other === other) return this.#joined.promise
    const promise = Promise.all([this.promise, other.promise]).then(ignore)
    promise.catch(ignore)
    this.#joined = { other, promise }
    return promise
  }
}

function ignore(): void {
  // A record that fails is told to whoever waits for it.
}

function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}
