import type { Bilingual } from '../../agreements/agreement.ts'
import { ERROR_TABLE } from '../../protocol/error-codes.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'

/** How far a signing has come. */
export type SigningStatus = 'waiting_for_login' | 'waiting_for_signature' | 'finished' | 'failed'

/** One visit of an official: the agreements to sign, and what became of each. */
export interface Signing {
  readonly id: string
  readonly agreements: readonly string[]
  readonly language: 'ar' | 'en'
  /** Titles of the agreements, as they become known. */
  readonly titles: Map<string, Bilingual>
  readonly stop: AbortController
  /** When it is over if nobody has gone on with it, in milliseconds since 1970. */
  expiresAtMs: number
  status: SigningStatus
  /** Digest of the cookie of the browser that took the ticket. */
  browser: string | undefined
  /** The process at the provider that a callback may wake. */
  process: string | undefined
  signed: string[]
  /** Signed by the first of two officials. */
  waitingForSecond: string[]
  readonly failures: Map<string, WuslaError>
  error: WuslaError | undefined
}

/** A signing as whoever began it sees it. It names no person. */
export interface SigningView {
  readonly signing: string
  readonly status: SigningStatus
  readonly agreements: readonly string[]
  readonly signed: readonly string[]
  readonly waitingForSecond?: readonly string[]
  readonly failures?: readonly {
    readonly agreement: string
    readonly code: string
    readonly message: string
  }[]
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly remedy: string
    readonly details: object
  }
}

/** What is shown of a signing. */
export function viewOf(signing: Signing): SigningView {
  const { id, status, agreements, signed, waitingForSecond, failures, error } = signing
  const failed = [...failures].map(([agreement, { code, message, details }]) => ({
    agreement,
    code,
    message,
    details,
  }))
  return {
    signing: id,
    status,
    agreements,
    signed: [...signed],
    ...(waitingForSecond.length === 0 ? {} : { waitingForSecond: [...waitingForSecond] }),
    ...(failed.length === 0 ? {} : { failures: failed }),
    ...(error === undefined
      ? {}
      : {
          error: {
            code: error.code,
            message: error.message,
            remedy: ERROR_TABLE[error.code].remedy,
            details: error.details,
          },
        }),
  }
}

/** Whether nothing more will happen to it. */
export function isOver({ status }: Signing): boolean {
  return status === 'finished' || status === 'failed'
}
