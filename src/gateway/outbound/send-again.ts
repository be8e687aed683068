import { setTimeout as pause } from 'node:timers/promises'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'
import type { SessionTarget } from '../peer-sessions.ts'
import type { TransitRule } from '../transit-rule.ts'
import type { BuiltOpening } from './build-opening.ts'
import { doneOnly } from './done-only.ts'
import { endedWithSession, outcomeOf } from './outcome.ts'
import type { OutboundDeps } from './send-request.ts'
import type { SentExchange } from './sent-exchange.ts'

/** A request whose session was lost before its answer. */
export interface LostRequest {
  readonly request: FrontDoorRequest
  readonly outgoing: BuiltOpening
  readonly target: SessionTarget
  readonly transit: TransitRule
  /** Its first copy was lost; the next ones take its place. */
  readonly running: SentExchange
  readonly deadlineMs: number
  /** Throws when the agreement no longer allows it. */
  readonly authorise: () => void
}

/** Pause before a request that a closing gateway refused goes out again, in milliseconds. */
const CLOSING_PAUSE_MS = 50

/**
 * Sends a request again, under the same name and with the same words, over whatever session there is, until it is
 * answered or the caller's deadline has passed. The provider's gateway calls its backend once. What is not idempotent
 * goes only to the gateway that may have it already: another node of the member would not know. That a gateway did
 * nothing is its word about one copy: as soon as one copy was lost, only the node it was lost at can tell.
 *
 * @throws WuslaError what is known at the end: `outcome_unknown`, `delivery_interrupted`, `no_path`, or the provider's refusal
 */
export async function sendAgain(
  deps: OutboundDeps,
  lost: LostRequest,
  cause: unknown,
): Promise<IncomingAnswer> {
  const { request, outgoing, transit, running, deadlineMs } = lost
  let last = cause
  let mayHave = didNothing(cause) ? undefined : running.copy.gateway
  while (mayBeSentAgain(last, request) && deps.clock.nowMs() < deadlineMs) {
    // It may take a moment until its session closes, and nobody must be asked without a pause.
    if (didNothing(last)) await pause(CLOSING_PAUSE_MS)
    const established = await deps.sessions
      .acquire(targetOf(lost, mayHave), transit, deadlineMs, request.signal)
      .catch((error: unknown) => {
        throw lostOutcome(error, last, request, mayHave)
      })
    // The caller may have hung up meanwhile: then nothing may be carried out for it.
    if (request.signal.aborted) throw new WuslaError('stream_cancelled')
    lost.authorise()
    const { opening, headerBlock } = outgoing
    deps.onEvent({ kind: 'exchange_sent_again', exchange: opening.exchange, peer: established.session.peer })
    try {
      const sent = established.session.send(opening, headerBlock, request.body, true)
      running.copy = { sent, branches: established.path, gateway: established.session.peer }
      return doneOnly(await sent.answer)
    } catch (error) {
      last = error
      if (!didNothing(error)) mayHave ??= established.session.peer
    }
  }
  // Of the copy that was lost nobody said what became of it, whatever was said of a later one.
  const isOpen = didNothing(last) && mayHave !== undefined
  throw outcomeOf(isOpen ? new WuslaError('session_closed', { cause: last }) : last, request, true)
}

/** Only the loss of a session leaves anything open; a body that streamed is gone with it. */
function mayBeSentAgain(cause: unknown, { body, signal }: FrontDoorRequest): boolean {
  if (signal.aborted || (body !== null && !Buffer.isBuffer(body))) return false
  return endedWithSession(cause)
}

/** A gateway that is closing says itself that it did nothing with the copy that it got. */
function didNothing(cause: unknown): boolean {
  return isWuslaError(cause) && cause.code === 'session_closed' && cause.details['by'] === 'provider'
}

/** @param mayHave - the node that may have the request already; undefined: none has */
function targetOf({ request, target }: LostRequest, mayHave: string | undefined): SessionTarget {
  if (mayHave === undefined || IDEMPOTENT.has(request.method)) return target
  return { member: target.member, gateway: mayHave }
}

/** No path any more: what can be said depends on whether the request may have arrived. */
function lostOutcome(
  error: unknown,
  cause: unknown,
  request: FrontDoorRequest,
  mayHave: string | undefined,
): unknown {
  if (!isWuslaError(error) || error.code !== 'no_path') return error
  if (mayHave === undefined || IDEMPOTENT.has(request.method)) return error
  const { exchange } = request
  return new WuslaError('outcome_unknown', { details: { exchange, ...error.details }, cause })
}
