import type { ErrorCode } from '../protocol/error-codes.ts'
import type { Assurance } from './assurance.ts'

/** What national identity tells its actor. No event names a person or holds what a person is known by. */
export type IdentityEvent =
  | { readonly type: 'login_finished'; readonly provider: string; readonly assurance: Assurance }
  | { readonly type: 'login_failed'; readonly provider: string; readonly code: ErrorCode }
  | {
      readonly type: 'signing_begun'
      readonly provider: string
      readonly process: string
      readonly documents: number
    }
  | {
      readonly type: 'signing_ended'
      readonly provider: string
      readonly process: string
      readonly code?: ErrorCode
    }
  /** The callback claims what the provider's server does not confirm: a forgery, or a browser that was ahead. */
  | { readonly type: 'signing_callback_contradicted'; readonly provider: string; readonly process: string }
  /** The documents are still at the provider. */
  | {
      readonly type: 'signing_not_deleted'
      readonly provider: string
      readonly process: string
      readonly code: ErrorCode
    }
