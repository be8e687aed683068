import { ERROR_TABLE, isErrorCode } from './error-codes.ts'
import type { ErrorCode } from './error-codes.ts'

/** What may come with a code: a sentence for people, facts for programs, and what led to it. */
export interface WuslaErrorOptions {
  /** A sentence for people; default: the meaning of the code in the table. */
  readonly message?: string
  /** Plain facts. Never a secret, a payload or the raw text of a bad setting. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

const NO_DETAILS: Readonly<Record<string, unknown>> = Object.freeze({})

/**
 * The one error of the network. `code` is stable and listed in `docs/reference/errors.md`; programs decide on
 * it and never on the message.
 */
export class WuslaError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, options: WuslaErrorOptions = {}) {
    super(options.message ?? ERROR_TABLE[code].meaning)
    this.name = 'WuslaError'
    this.code = code
    this.details = options.details ?? NO_DETAILS
    if (options.cause !== undefined) this.cause = options.cause
  }
}

/** Whether a thrown value is a {@link WuslaError}; also one made by a second copy of this file. */
export function isWuslaError(value: unknown): value is WuslaError {
  if (value instanceof WuslaError) return true
  return value instanceof Error && value.name === 'WuslaError' && 'code' in value && isErrorCode(value.code)
}

/**
 * The same error if it is a {@link WuslaError}, else one with the code `fallback` and the value as its cause.
 * The cause's message stays inside: it may hold what a stranger must not read.
 */
export function toWuslaError(value: unknown, fallback: ErrorCode): WuslaError {
  return isWuslaError(value) ? value : new WuslaError(fallback, { cause: value })
}
