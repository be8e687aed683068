import { ERROR_TABLE, isErrorCode } from '../protocol/error-codes.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import { parseJsonStrict } from '../protocol/canonical-json.ts'
import { MAX_BATCH_HEADER_BYTES, MAX_HEADER_BLOCK_BYTES, MAX_STATEMENT_BYTES } from '../protocol/limits.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { FLAG_COMPLETE, FLAG_RESENT, MAX_INLINE_BODY_BYTES } from './frame-layout.ts'
import { MAX_DETAIL_LENGTH } from './session-limits.ts'

/** The payload of a REQUEST or ANSWER. `body` is undefined for an opening. */
export interface MessagePayload {
  readonly statement: string
  readonly headerBlock: string
  /** A copy, good to keep. */
  readonly body: Buffer | undefined
  readonly isResent: boolean
}

const NO_BODY: Buffer = Buffer.alloc(0)

/**
 * Reads `flags | length | statement | length | header block | body`.
 *
 * @throws WuslaError `invalid_frame`
 */
export function readMessage(bytes: Buffer, start: number, end: number): MessagePayload {
  if (end - start < 9) refuse('message_length')
  const flags = bytes.readUInt8(start)
  if (flags !== 0 && (flags & ~FLAG_RESENT) !== FLAG_COMPLETE) refuse('message_flags')
  const statementAt = start + 5
  const statementEnd = statementAt + readLength(bytes, start + 1, end - 4, MAX_STATEMENT_BYTES)
  const headersAt = statementEnd + 4
  const headersEnd = headersAt + readLength(bytes, statementEnd, end, MAX_HEADER_BLOCK_BYTES)
  const statement = readText(bytes, statementAt, statementEnd)
  const headerBlock = bytes.toString('latin1', headersAt, headersEnd)
  if (flags === 0) {
    if (headersEnd !== end) refuse('opening_with_body')
    return { statement, headerBlock, body: undefined, isResent: false }
  }
  if (end - headersEnd > MAX_INLINE_BODY_BYTES) refuse('inline_body_length')
  const body = headersEnd === end ? NO_BODY : Buffer.from(bytes.subarray(headersEnd, end))
  return { statement, headerBlock, body, isResent: (flags & FLAG_RESENT) !== 0 }
}

/**
 * Text that must be UTF-8 (statement.md, 1.2). The replacement character shows where the runtime found something
 * else; only then the bytes are compared, since it may have been sent as such.
 *
 * @throws WuslaError `invalid_frame`
 */
export function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes.subarray(start, end))) refuse('not_utf8')
  return text
}

/** A length at `at` whose bytes must lie before `limit`. */
function readLength(bytes: Buffer, at: number, limit: number, most: number): number {
  if (at + 4 > limit) refuse('message_length')
  const length = bytes.readUInt32BE(at)
  if (length > most || at + 4 + length > limit) refuse('message_length')
  return length
}

/**
 * Reads `length | header | seals`.
 *
 * @throws WuslaError `invalid_frame`
 */
export function readBatch(bytes: Buffer, start: number, end: number): { header: string; seals: string } {
  const headerEnd = start + 4 + readLength(bytes, start, end, MAX_BATCH_HEADER_BYTES)
  return {
    header: readText(bytes, start + 4, headerEnd),
    seals: readText(bytes, headerEnd, end),
  }
}

/**
 * Reads the four bytes of a CREDIT.
 *
 * @throws WuslaError `invalid_frame`
 */
export function readCredit(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4) refuse('credit_length')
  const credit = bytes.readUInt32BE(start)
  if (credit === 0) refuse('credit_zero')
  return credit
}

/**
 * Reads `{"code","detail"?}` of a RESET or GOAWAY. A code we do not know, or that a peer has no business to send,
 * becomes `internal_error`: what a peer writes never becomes a fact about our own house.
 *
 * @throws WuslaError `invalid_frame`
 */
export function readReason(
  bytes: Buffer,
  start: number,
  end: number,
): { code: ErrorCode; detail: string | undefined } {
  let value: unknown
  try {
    value = parseJsonStrict(bytes.subarray(start, end), { maxDepth: 1 })
  } catch (cause) {
    throw new WuslaError('invalid_frame', { details: { step: 'reason_form' }, cause })
  }
  if (typeof value !== 'object' || value === null) refuse('reason_form')
  const { code, detail } = value as { code?: unknown; detail?: unknown }
  if (typeof code !== 'string') refuse('reason_form')
  const known = isErrorCode(code) && ERROR_TABLE[code].peerSees ? code : 'internal_error'
  return { code: known, detail: typeof detail === 'string' ? detail.slice(0, MAX_DETAIL_LENGTH) : undefined }
}

function refuse(step: string): never {
  throw new WuslaError('invalid_frame', { details: { step } })
}
