import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { Charge } from '../quotas/charge.ts'
import type { LimitedGrant } from '../quotas/limited-grant.ts'
import type { InboundDeps } from './serve-request.ts'

/**
 * Holds a request against the limits of its grant once more, by this gateway's own count, before the backend is called.
 *
 * @throws WuslaError `limit_exceeded`, `logging_failed`, `stream_cancelled`
 */
export async function admitRequest(
  { limits }: InboundDeps,
  limited: LimitedGrant,
  incoming: IncomingRequest,
): Promise<Charge> {
  const { body, statement } = incoming
  const isWhole = Buffer.isBuffer(body)
  const charge = await limits.admit(limited, statement, isWhole ? body.length : 0, isWhole)
  // Given up by the consumer while the count was written; the loss of its session alone is no reason to stop.
  if (!incoming.cancelled || incoming.isLost) return charge
  charge.giveBack()
  throw new WuslaError('stream_cancelled')
}
