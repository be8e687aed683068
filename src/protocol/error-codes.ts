import type { ErrorRow } from './error-row.ts'
import { agreementErrors } from './error-rows/agreement-errors.ts'
import { apiErrors } from './error-rows/api-errors.ts'
import { backendErrors } from './error-rows/backend-errors.ts'
import { directoryErrors } from './error-rows/directory-errors.ts'
import { documentErrors } from './error-rows/document-errors.ts'
import { exchangeErrors } from './error-rows/exchange-errors.ts'
import { identityErrors } from './error-rows/identity-errors.ts'
import { ledgerErrors } from './error-rows/ledger-errors.ts'
import { plannerErrors } from './error-rows/planner-errors.ts'
import { sessionErrors } from './error-rows/session-errors.ts'
import { signingErrors } from './error-rows/signing-errors.ts'
import { trustErrors } from './error-rows/trust-errors.ts'

export type { ErrorRow } from './error-row.ts'

/** Every code of the network. The rows are kept by subject in `error-rows/`, sorted within a file. */
export type ErrorCode =
  | keyof typeof agreementErrors
  | keyof typeof apiErrors
  | keyof typeof backendErrors
  | keyof typeof directoryErrors
  | keyof typeof documentErrors
  | keyof typeof exchangeErrors
  | keyof typeof identityErrors
  | keyof typeof ledgerErrors
  | keyof typeof plannerErrors
  | keyof typeof sessionErrors
  | keyof typeof signingErrors
  | keyof typeof trustErrors

/** The one table of errors. `docs/reference/errors.md` shows the same rows; a test compares them both ways. */
export const ERROR_TABLE: Readonly<Record<ErrorCode, ErrorRow>> = Object.freeze({
  ...apiErrors,
  ...directoryErrors,
  ...agreementErrors,
  ...backendErrors,
  ...documentErrors,
  ...exchangeErrors,
  ...identityErrors,
  ...ledgerErrors,
  ...plannerErrors,
  ...sessionErrors,
  ...signingErrors,
  ...trustErrors,
})

/** Whether a value is a code of the table. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value)
}

/**
 * The code a peer is told. Every failure of a key, certificate or signature has one face, `invalid_signature`:
 * a stranger must not learn which check stopped it. What only concerns our own house becomes `internal_error`.
 */
export function peerCode(code: ErrorCode): ErrorCode {
  if (ERROR_TABLE[code].peerSees) return code
  return Object.hasOwn(trustErrors, code) ? 'invalid_signature' : 'internal_error'
}
