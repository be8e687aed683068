import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'

/**
 * Whether an exchange ended only because its session did: lost, closed, or cut since the key of one end was revoked or replaced. What became of
 * it at the other gateway nobody has said.
 */
export function endedWithSession(cause: unknown): cause is WuslaError {
  return isWuslaError(cause) && (cause.code === 'session_closed' || cause.code === 'key_revoked')
}

/**
 * Says what is known of a request whose session ended before its answer. A caller must not read "not delivered" where
 * nobody can know: the backend may have done its work already.
 *
 * @param wasSent - whether the request had left
 */
export function outcomeOf(cause: unknown, request: FrontDoorRequest, wasSent: boolean): unknown {
  if (!wasSent || !endedWithSession(cause)) return cause
  // A signed refusal of a gateway that is closing: it says itself that nothing was done.
  if (cause.details['by'] === 'provider') return cause
  const { exchange, method, body } = request
  if (body !== null && !Buffer.isBuffer(body))
    return new WuslaError('delivery_interrupted', { details: { exchange }, cause })
  return IDEMPOTENT.has(method) ? cause : new WuslaError('outcome_unknown', { details: { exchange }, cause })
}
