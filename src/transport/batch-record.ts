import type { SealedBatch } from '../protocol/batch.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/**
 * The durable record of one batch, shared by all exchanges in it. `promise` rejects with `logging_failed` when the
 * batch could not be made durable; it never counts as an unhandled rejection, since not every exchange is waited for.
 */
export class BatchRecord {
  readonly promise: Promise<void>
  #durable = false
  #joined: { readonly other: BatchRecord; readonly promise: Promise<void> } | undefined

  constructor(recording: Promise<void>) {
    this.promise = recording.then(
      () => {
        this.#durable = true
      },
      (cause: unknown) => {
        throw new WuslaError('logging_failed', { cause })
      },
    )
    this.promise.catch(ignore)
  }

  /** Starts the recording; a recorder that throws at once counts as one that rejects. */
  static start(
    record: (batch: SealedBatch, direction: 'sent' | 'received') => Promise<void>,
    batch: SealedBatch,
    direction: 'sent' | 'received',
  ): BatchRecord {
    try {
      return new BatchRecord(record(batch, direction))
    } catch (cause) {
      return new BatchRecord(Promise.reject(toError(cause)))
    }
  }

  get durable(): boolean {
    return this.#durable
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
