import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { OutgoingRequest } from '../../transport/outgoing-request.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'
import type { SessionTarget } from '../peer-sessions.ts'
import type { TransitRule } from '../transit-rule.ts'
import type { BuiltOpening } from './build-opening.ts'
import { outcomeOf } from './outcome.ts'
import type { OutboundDeps } from './send-request.ts'

/** A request whose session was lost before its answer. */
export interface LostRequest {
  readonly request: FrontDoorRequest
  readonly outgoing: BuiltOpening
  readonly target: SessionTarget
  readonly transit: TransitRule
  /** The gateway that may have it. */
  readonly peer: string
  readonly deadlineMs: number
  /** Throws when the agreement no longer allows it. */
  readonly authorise: () => void
  /** Told of every copy that is sent, so that it can be cancelled, and of the branches that it passes. */
  readonly onSent: (sent: OutgoingRequest, branches: readonly string[]) => void
}

/**
 * Sends a request again, under the same name and with the same words, over whatever session there is, until it is
 * answered or the caller's deadline has passed. The provider's gateway calls its backend once. What is not idempotent
 * goes only to the gateway that may have it already: another node of the member would not know.
 *
 * @throws WuslaError what is known at the end: `outcome_unknown`, `delivery_interrupted`, `no_path`, or the provider's refusal
 */
export async function sendAgain(
  deps: OutboundDeps,
  lost: LostRequest,
  cause: unknown,
): Promise<IncomingAnswer> {
  const { request, outgoing, transit, deadlineMs } = lost
  let last = cause
  while (mayBeSentAgain(last, request) && deps.clock.nowMs() < deadlineMs) {
    const established = await deps.sessions
      .acquire(targetOf(lost, last), transit, deadlineMs, request.signal)
      .catch((error: unknown) => {
        throw lostOutcome(error, last, request)
      })
    // The caller may have hung up meanwhile: then nothing may be carried out for it.
    if (request.signal.aborted) throw new WuslaError('stream_cancelled')
    lost.authorise()
    const { opening, headerBlock } = outgoing
    deps.onEvent({ kind: 'exchange_sent_again', exchange: opening.exchange, peer: established.session.peer })
    try {
      const sent = established.session.send(opening, headerBlock, request.body, true)
      lost.onSent(sent, established.path)
      return await sent.answer
    } catch (error) {
      last = error
    }
  }
  throw outcomeOf(last, request, true)
}

/** Only the loss of a session leaves anything open; a body that streamed is gone with it. */
function mayBeSentAgain(cause: unknown, { body, signal }: FrontDoorRequest): boolean {
  if (signal.aborted || (body !== null && !Buffer.isBuffer(body))) return false
  return isWuslaError(cause) && cause.code === 'session_closed'
}

/** A gateway that is closing says itself that it did nothing: then any node will do. */
function targetOf({ request, target, peer }: LostRequest, cause: unknown): SessionTarget {
  const didNothing = isWuslaError(cause) && cause.details['by'] === 'provider'
  return didNothing || IDEMPOTENT.has(request.method) ? target : { member: target.member, gateway: peer }
}

/** No path any more: what can be said depends on whether the request may have arrived. */
function lostOutcome(error: unknown, cause: unknown, request: FrontDoorRequest): unknown {
  if (!isWuslaError(error) || error.code !== 'no_path' || IDEMPOTENT.has(request.method)) return error
  const { exchange } = request
  return new WuslaError('outcome_unknown', { details: { exchange, ...error.details }, cause })
}
