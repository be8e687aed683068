import { decodeBatchHeader } from '../../protocol/batch.ts'
import type { BatchHeader } from '../../protocol/batch.ts'
import { decodeBatchRecord, isBatchRecord } from './batch-record.ts'
import type { BatchRecord } from './batch-record.ts'

/** Where records are read from. */
export interface RecordReader {
  readRecord(index: number): Promise<Uint8Array | undefined>
}

/** A whole batch, put together from its records. */
export interface StoredBatch {
  /** Index of its entry in the ledger. */
  readonly index: number
  readonly record: BatchRecord
  readonly header: BatchHeader
  /** All lines of all parts. */
  readonly lines: readonly string[]
  /** Place of the first line of the record that was asked for. */
  readonly offset: number
}

/**
 * The batch that a record belongs to, or undefined when the record is none, was removed, or its batch is not
 * complete: a batch of several records that was cut off was never acknowledged.
 */
export async function readBatch(reader: RecordReader, index: number): Promise<StoredBatch | undefined> {
  const asked = await readRecord(reader, index)
  if (asked === undefined) return undefined
  const first = index - asked.part
  const record = asked.part === 0 ? asked : await readRecord(reader, first)
  if (record?.part !== 0 || record.header !== asked.header) return undefined
  const header = decodeBatchHeader(record.header)
  const lines = [...record.lines]
  let offset = 0
  for (let part = 1; lines.length < header.size; part += 1) {
    if (first + part === index) offset = lines.length
    const next = await readRecord(reader, first + part)
    if (next?.part !== part || next.header !== record.header) return undefined
    lines.push(...next.lines)
  }
  return { index: first, record, header, lines, offset }
}

async function readRecord(reader: RecordReader, index: number): Promise<BatchRecord | undefined> {
  const record = await reader.readRecord(index)
  return record === undefined || !isBatchRecord(record) ? undefined : decodeBatchRecord(record)
}
