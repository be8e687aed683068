import type { ErrorCode } from '../../protocol/error-codes.ts'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { HttpSyntaxError } from '../front-door/http-syntax-error.ts'

/** The connection ended before the answer did. */
export const CONNECTION_CLOSED = 'connection_closed'

/**
 * What went wrong with a backend, in our words. `details.reason` is the cause's code; `details.sent` tells whether the
 * backend may have seen the request: only if not, nobody need ask whether it was carried out.
 *
 * @param cause - undefined: the connection just ended
 * @param sent - whether the connection stood and the request was on its way
 */
export function backendFailure(cause: unknown, sent: boolean): WuslaError {
  if (isWuslaError(cause)) return cause
  const code: ErrorCode = sent ? 'backend_http_error' : 'backend_unreachable'
  return new WuslaError(code, { details: { reason: reasonOf(cause), sent }, cause })
}

function reasonOf(cause: unknown): string {
  if (cause === undefined) return CONNECTION_CLOSED
  if (cause instanceof HttpSyntaxError) return cause.reason
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return 'unknown'
}
