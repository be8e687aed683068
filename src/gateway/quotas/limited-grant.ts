import type { Grant } from '../../agreements/agreement.ts'
import { renderReason } from '../../agreements/decision.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'

/** The limits of a grant. */
export type Limits = NonNullable<Grant['limits']>

/** A grant with limits under which somebody calls. */
export interface LimitedGrant {
  /** Content hash of the agreement. */
  readonly agreement: string
  /** Place of the grant in it, from 0. */
  readonly grant: number
  readonly limits: Limits
}

/** Whose call it is. */
export interface LimitedCall {
  readonly client: string
  readonly service: string
}

/** How a limit stands at this node. */
export interface LimitUsage {
  readonly limit: keyof Limits
  readonly max: number
  /** Requests of the last second; requests or bytes of this day of UTC. */
  readonly used: number
  /** When a day's count begins anew: RFC 3339, UTC. */
  readonly resetsAt?: string
}

/** Rates pass within the second; RFC 9110 has no smaller unit for `Retry-After`. */
const RATE_RETRY_SECONDS = 1

/** The refusal of a call that a limit does not let pass now: `limit_exceeded`. */
export function limitExceeded(
  { agreement }: LimitedGrant,
  { client, service }: LimitedCall,
  { limit, max, used, resetsAt }: LimitUsage,
  nowMs: number,
): WuslaError {
  const reason = limit === 'requestsPerSecond' ? 'rate_exceeded' : 'quota_exceeded'
  const changedBy = [memberOf(client), memberOf(service)]
  const [consumer = '', provider = ''] = changedBy
  const facts = { agreement, limit, max: String(max), used: String(used), consumer, provider }
  const words = renderReason(reason, resetsAt === undefined ? facts : { ...facts, resetsAt }, 'en')
  const retryAfterS =
    resetsAt === undefined
      ? RATE_RETRY_SECONDS
      : Math.max(1, Math.ceil((Date.parse(resetsAt) - nowMs) / 1_000))
  return new WuslaError('limit_exceeded', {
    message: words.reason,
    details: { reason, remedy: words.remedy, changedBy, client, service, retryAfterS },
  })
}
