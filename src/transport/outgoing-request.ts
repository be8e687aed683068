import type { ErrorCode } from '../protocol/error-codes.ts'
import type { IncomingAnswer } from './incoming-answer.ts'

/** A request under way. */
export interface OutgoingRequest {
  readonly exchange: string
  /**
   * The answer. Rejects with the code of a RESET of the peer, `stream_cancelled` after {@link cancel}, the error of
   * the session when that ends, or the error of the body's source.
   */
  readonly answer: Promise<IncomingAnswer>
  /** Gives the exchange up; the peer's work is cancelled. Without effect when the answer is complete. */
  cancel(code?: ErrorCode): void
}

/** What goes with a request. */
export interface RequestOptions {
  /** Gives the exchange up, as {@link OutgoingRequest.cancel} does, which costs less. */
  readonly signal?: AbortSignal | undefined
}
