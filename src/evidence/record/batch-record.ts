import { decodeSeals, encodeSeals } from '../../protocol/batch.ts'
import type { SealedBatch } from '../../protocol/batch.ts'
import { digest256 } from '../../protocol/digest.ts'
import { leafHash } from '../../protocol/merkle.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'

/** Whether the holder of the ledger sealed the batch or took it from its peer. */
export type BatchDirection = 'sent' | 'received'

/** A record of the journal that holds statements. */
export interface BatchRecord {
  readonly direction: BatchDirection
  /** 0 for the record of the batch; else how many records before this one that record lies. */
  readonly part: number
  readonly header: string
  /** Canonical JSON of the seals. */
  readonly seals: string
  /** One line for each statement: its canonical text, or what {@link erasedLine} left of it. */
  readonly lines: readonly string[]
}

/** A record grows no larger than this by its statements; the journal takes 1 MiB. Unit: bytes. */
const PART_BYTES = 900_000

const LF = 0x0a
const ERASED_MARK = '-'
const LEAF_TEXT_LENGTH = 43
const FIRST_LINE = /^(?:batch|more-([1-9]\d{0,5})) (sent|received)$/

/**
 * Bytes of the record of a batch: UTF-8 lines. Canonical JSON holds no raw line feed, so nothing has to be
 * escaped, measured or parsed on the way of an exchange:
 *
 * ```
 * batch sent | batch received
 * <header>
 * <canonical array of seals>
 * <statement>            one line each; an erased one is `-`, its leaf hash, and spaces up to its old length
 * ```
 */
export function encodeBatchRecord(batch: SealedBatch, direction: BatchDirection): Buffer {
  return encodeLines(`batch ${direction}`, batch, batch.statements)
}

/**
 * The records of a batch that is too large for one: the first is that of the batch, the others begin with
 * `more-1`, `more-2` … instead of `batch` and go on with the statements.
 */
export function encodeBatchParts(batch: SealedBatch, direction: BatchDirection): Buffer[] {
  const records: Buffer[] = []
  let part: string[] = []
  let bytes = 0
  const close = (): void => {
    const kind = records.length === 0 ? 'batch' : `more-${records.length}`
    records.push(encodeLines(`${kind} ${direction}`, batch, part))
    part = []
    bytes = 0
  }
  for (const statement of batch.statements) {
    const size = Buffer.byteLength(statement) + 1
    if (bytes + size > PART_BYTES) close()
    part.push(statement)
    bytes += size
  }
  close()
  return records
}

function encodeLines(first: string, batch: SealedBatch, statements: readonly string[]): Buffer {
  return Buffer.from(`${first}\n${batch.header}\n${encodeSeals(batch.seals)}\n${statements.join('\n')}`)
}

/** Whether the record holds statements; otherwise it is a note. */
export function isBatchRecord(record: Uint8Array): boolean {
  const start = toBuffer(record).toString('latin1', 0, 5)
  return start === 'batch' || start === 'more-'
}

/**
 * Reads a record made by {@link encodeBatchRecord}. Its content was verified before it was written.
 *
 * @throws WuslaError `ledger_corrupt`
 */
export function decodeBatchRecord(record: Uint8Array): BatchRecord {
  const [first = '', header, seals, ...lines] = toBuffer(record).toString('utf8').split('\n')
  const [, part = '0', direction] = FIRST_LINE.exec(first) ?? []
  if (direction === undefined || header === undefined || seals === undefined || lines.length === 0) {
    throw new WuslaError('ledger_corrupt', { message: 'A record of the evidence is not a batch' })
  }
  return { direction: direction === 'sent' ? 'sent' : 'received', part: Number(part), header, seals, lines }
}

/**
 * What the ledger keeps of a record for ever: digests of the header and the seals, never a statement. Erasing
 * statements leaves it as it was.
 */
export function batchEntry(record: Uint8Array): Buffer {
  const bytes = toBuffer(record)
  const headerStart = bytes.indexOf(LF) + 1
  const sealsStart = bytes.indexOf(LF, headerStart) + 1
  const sealsEnd = bytes.indexOf(LF, sealsStart)
  const header = bytes.subarray(headerStart, sealsStart - 1)
  const seals = bytes.subarray(sealsStart, sealsEnd)
  const [, part, direction = ''] = FIRST_LINE.exec(bytes.toString('latin1', 0, headerStart - 1)) ?? []
  return Buffer.from(ledgerEntryText(digest256(header), direction, digest256(seals), part))
}

function ledgerEntryText(batch: string, direction: string, seals: string, part?: string): string {
  const more = part === undefined ? '' : `"part":${part},`
  return `{"batch":"${batch}","direction":"${direction}",${more}"seals":"${seals}","type":"wusla/evidence-entry/v1"}`
}

/** The ledger's entry of a batch from its parts: `docs/spec/evidence-file.md`, section 4. */
export function ledgerEntryOf(
  header: string,
  direction: BatchDirection,
  seals: SealedBatch['seals'],
): string {
  return ledgerEntryText(digest256(header), direction, digest256(encodeSeals(seals)))
}

/** The seals of a record. @throws WuslaError `ledger_corrupt` */
export function sealsOf(record: BatchRecord): SealedBatch['seals'] {
  try {
    return decodeSeals(record.seals)
  } catch (cause) {
    throw new WuslaError('ledger_corrupt', {
      message: 'A record of the evidence has no readable seals',
      cause,
    })
  }
}

/** Whether a line of a record is all that is left of an erased statement. */
export function isErased(line: string): boolean {
  return line.startsWith(ERASED_MARK)
}

/** The Merkle leaf of a line, whether its statement is still there or not. */
export function lineLeaf(line: string): Buffer {
  if (isErased(line)) return Buffer.from(line.slice(1, 1 + LEAF_TEXT_LENGTH), 'base64url')
  return leafHash(line)
}

/**
 * What takes the place of a statement that is erased: its leaf hash, so that its neighbours stay provable, and
 * spaces up to the same number of bytes, so that a record keeps its length. A statement is always longer.
 */
export function erasedLine(line: string): string {
  const left = ERASED_MARK + lineLeaf(line).toString('base64url')
  return left.padEnd(Buffer.byteLength(line), ' ')
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
