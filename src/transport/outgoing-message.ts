import { MAX_HEADER_BLOCK_BYTES, MAX_STATEMENT_BYTES } from '../protocol/limits.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { digest512 } from '../protocol/digest.ts'
import type { BodyClaim } from '../protocol/statement.ts'
import { MAX_INLINE_BODY_BYTES } from './frame-layout.ts'
import type { MessageBody } from './incoming-request.ts'
import { openSource } from './outgoing-body.ts'
import type { BodyIterator } from './outgoing-body.ts'

const NO_BODY: Uint8Array = Buffer.alloc(0)
const EMPTY_CLAIM: BodyClaim = Object.freeze({ bodyBytes: 0 })

/** How a body leaves: in one frame with what it is, or as a stream. */
export type BodyPlan =
  | { readonly whole: true; readonly body: Uint8Array; readonly claim: BodyClaim }
  | { readonly whole: false; readonly source: BodyIterator }

/** Decides how a body leaves: up to 16 KiB at hand in one frame, all else as a stream. */
export function planBody(body: MessageBody): BodyPlan {
  if (body === null) return { whole: true, body: NO_BODY, claim: EMPTY_CLAIM }
  if (!(body instanceof Uint8Array)) return { whole: false, source: openSource(body) }
  if (body.length > MAX_INLINE_BODY_BYTES) return { whole: false, source: openSource([body]) }
  const claim = body.length === 0 ? EMPTY_CLAIM : { body: digest512(body), bodyBytes: body.length }
  return { whole: true, body, claim }
}

/**
 * Refuses what the peer would refuse, before it costs the session.
 *
 * @throws WuslaError `request_too_large`
 */
export function checkOutgoingSizes(statement: string, headerBlock: string): void {
  const statementFits =
    statement.length * 3 <= MAX_STATEMENT_BYTES || Buffer.byteLength(statement) <= MAX_STATEMENT_BYTES
  if (statementFits && headerBlock.length <= MAX_HEADER_BLOCK_BYTES) return
  throw new WuslaError('request_too_large', {
    message: 'The statement or the headers are longer than the protocol carries.',
  })
}
