import type { ErrorCode } from '../protocol/error-codes.ts'
import type { AnswerOpening, RequestOpening, RequestStatement } from '../protocol/statement.ts'

/** What the provider says about its answer; the session adds exchange, request and head. */
export type AnswerDraft = Pick<AnswerOpening, 'error' | 'status' | 'time'>

/** A body to send: all of it, or as it comes. Chunks must not be written to after they were given. */
export type MessageBody = Uint8Array | AsyncIterable<Uint8Array> | null

/**
 * A request of the peer. A small one comes verified, with a `Buffer` as its body. A large one comes at its opening,
 * which nobody has sealed yet, and its body flows; the last piece comes only when the whole is verified and recorded.
 */
export interface IncomingRequest {
  /** The gateway at the other end. Whether its member may speak for `statement.client` is for the caller to decide. */
  readonly peer: string
  /** What that gateway said it understands beyond the version of the protocol. */
  readonly peerFeatures: readonly string[]
  /** The final statement of a small request, the opening of a large one. */
  readonly statement: RequestOpening | RequestStatement
  /** The canonical text of `statement`. */
  readonly statementText: string
  /**
   * Name and value lines, a byte string, shown to be those whose digest is `statement.head`. Read it with `parseHeaderBlock`, which
   * refuses smuggled lines.
   */
  readonly headerBlock: string
  /** To be read once. Its iteration throws a WuslaError when the rest does not come or does not hold. */
  readonly body: Buffer | AsyncIterable<Uint8Array>
  /** The sealed statement. Rejects with a WuslaError. */
  readonly complete: Promise<RequestStatement>
  /** digest256 of the sealed statement. Rejects with a WuslaError. */
  readonly requestDigest: Promise<string>
  /** Resolves when the batch with the request is durable. Rejects with `logging_failed`. */
  readonly recorded: Promise<void>
  /** Whether the consumer gave the exchange up, the session ended, or we reset it. */
  readonly cancelled: boolean
  /** Whether {@link cancelled} means that the session ended: the consumer may send the exchange again over another. */
  readonly isLost: boolean
  /** Whether the consumer says that it sent the exchange before and does not know what became of it. */
  readonly isResent: boolean
  /** Calls the listener once when {@link cancelled} becomes true, at once if it is. */
  onCancel(listener: () => void): void
  /**
   * Answers, once. Up to 16 KiB in a `Uint8Array` leave in one frame, everything else streams. Resolves when the
   * whole answer has been recorded and written. Rejects with `stream_cancelled` or the error of the session; a
   * rejection nobody waits for is no harm.
   */
  answer(draft: AnswerDraft, headerBlock: string, body: MessageBody): Promise<void>
  /**
   * Resolves with true when the consumer's gateway has read what was written to it so far, with false when the session
   * ends before that is known. Exchanges of a fiftieth of a second share one promise.
   */
  confirm(): Promise<boolean>
  /** Refuses to answer. The code is shown to the peer as far as the table of errors allows. */
  reset(code: ErrorCode, detail?: string): void
}
