import { digest256 } from '../protocol/digest.ts'
import { headDigest, requestHead } from '../protocol/head.ts'
import type { AnswerOpening, BodyClaim, RequestOpening } from '../protocol/statement.ts'

/** What a received message must fit. Every function returns the first step that fails, else undefined. */

/** A body as claimed by a sealed statement against the bytes that came. */
export function bodyProblem(claimed: BodyClaim, came: BodyClaim): string | undefined {
  if (claimed.bodyBytes !== came.bodyBytes) return 'body_length'
  return claimed.body === came.body ? undefined : 'body_digest'
}

/** The header block of a request against the digest in its statement. */
export function requestHeadProblem(request: RequestOpening, headerBlock: string): string | undefined {
  const { method, service, path, query } = request
  return headDigest(requestHead(method, service, path, query, headerBlock)) === request.head
    ? undefined
    : 'request_head'
}

/** What the requester sent, for comparison with an answer. */
export interface SentRequest {
  readonly exchange: string
  /** Canonical text of the final statement; undefined while it is not sealed. */
  readonly statement: string | undefined
  /** Canonical text of the opening; undefined for a COMPLETE request. */
  readonly opening: string | undefined
}

/** An answer against the request it must belong to (spec 7.5), and against the digest of the head that came with it. */
export function answerProblem(answer: AnswerOpening, head: string, sent: SentRequest): string | undefined {
  if (answer.exchange !== sent.exchange) return 'answer_exchange'
  if (head !== answer.head) return 'answer_head'
  return namesRequest(answer.request, sent) ? undefined : 'answer_request'
}

function namesRequest(digest: string, sent: SentRequest): boolean {
  if (sent.statement !== undefined && digest === digest256(sent.statement)) return true
  return sent.opening !== undefined && digest === digest256(sent.opening)
}
