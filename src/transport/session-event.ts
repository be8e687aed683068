import type { ErrorCode } from '../protocol/error-codes.ts'

/** Who ended a session: this side, the peer by its last word, or the network between. */
export type ClosedBy = 'local' | 'peer' | 'network'

/** Why a session ended. `session_closed` without a step is the ordinary end. */
export interface SessionClosed {
  readonly code: ErrorCode
  readonly by: ClosedBy
  /** The exact check that failed. For our own events only: the peer is never told (design: one face). */
  readonly step?: string
}

/** What a session tells. Nothing here happens once per exchange. */
export type SessionEvent =
  | { readonly kind: 'session_ready'; readonly session: string; readonly peer: string }
  | {
      readonly kind: 'session_ended'
      readonly session: string
      readonly peer: string
      readonly code: ErrorCode
      readonly by: ClosedBy
      readonly step?: string
      /** How long the session was open, in milliseconds. */
      readonly openMs: number
      readonly cause?: unknown
    }
  | {
      /** A batch, statement or seal of the peer did not hold. The session is over and nothing was delivered. */
      readonly kind: 'batch_refused'
      readonly session: string
      readonly peer: string
      readonly batch: 'requests' | 'answers'
      readonly step: string
      /** The header as received, for the records; undefined when it could not be read. */
      readonly header?: string
    }
  | {
      /** The handler of requests threw; the stream was reset. */
      readonly kind: 'handler_failed'
      readonly session: string
      readonly peer: string
      readonly cause: unknown
    }
