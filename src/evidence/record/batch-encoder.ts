import { MAX_RECORD_BYTES } from '../../ledger/journal-format.ts'
import type { SealedBatch } from '../../protocol/batch.ts'
import { type BatchDirection, encodeBatchParts, encodeBatchRecord } from './batch-record.ts'

/** Suffices for the records of usual batches. */
const MEMORY_BYTES = 262_144

/** Puts records together in the same memory again and again: else each of them would be left to the collector. */
export class BatchEncoder {
  readonly #memory = Buffer.allocUnsafeSlow(MEMORY_BYTES)

  /** The record of a batch, or its parts when one would be too large. Valid until the next call. */
  encode(batch: SealedBatch, direction: BatchDirection): Buffer[] {
    const record = encodeBatchRecord(batch, direction, this.#memory)
    return record.length <= MAX_RECORD_BYTES ? [record] : encodeBatchParts(batch, direction)
  }
}
