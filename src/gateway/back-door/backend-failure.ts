import type { ErrorCode } from '../../protocol/error-codes.ts'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'

const BY_REASON: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['UND_ERR_ABORTED', 'stream_cancelled'],
  ['UND_ERR_BODY_TIMEOUT', 'backend_timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'backend_unreachable'],
  ['UND_ERR_HEADERS_TIMEOUT', 'backend_timeout'],
  ['UND_ERR_INVALID_ARG', 'internal_error'],
])

/**
 * What went wrong with a backend, in our words. `details.reason` is the cause's code; `details.sent` tells whether the
 * backend may have seen the request: only if not, nobody need ask whether it was carried out.
 *
 * @param sent - whether the connection stood and the request was on its way
 */
export function backendFailure(cause: unknown, sent: boolean): WuslaError {
  if (isWuslaError(cause)) return cause
  const reason = reasonOf(cause)
  const code = BY_REASON.get(reason) ?? (sent ? 'backend_http_error' : 'backend_unreachable')
  return new WuslaError(code, { details: { reason, sent }, cause })
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return 'unknown'
}
