import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { EvidenceStore } from '../../evidence/evidence-store.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import type { Directory } from '../../directory/directory.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { AccessControl } from '../access-control.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { PeerSessions } from '../peer-sessions.ts'
import type { RunningExchanges } from '../running-exchanges.ts'
import type { Charge } from '../quotas/charge.ts'
import type { GrantLimits } from '../quotas/grant-limits.ts'
import { tellFailure } from '../tell-failure.ts'
import { recordAnswer } from './acknowledge-delivery.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { admitCall, countAnswer, isLimited } from './count-call.ts'
import { doneOnly } from './done-only.ts'
import { chooseTarget } from './choose-target.ts'
import { buildOpening } from './build-opening.ts'
import { outcomeOf } from './outcome.ts'
import { deliverAnswer } from './deliver-answer.ts'
import { sendAgain } from './send-again.ts'
import { SentExchange, type TakenOperation } from './sent-exchange.ts'
import type { TimeTexts } from './time-texts.ts'

export interface OutboundDeps {
  readonly network: string
  readonly directory: Directory
  readonly access: AccessControl
  readonly limits: GrantLimits
  readonly sessions: PeerSessions
  readonly running: RunningExchanges
  readonly evidence: Pick<EvidenceStore, 'remember'>
  readonly acknowledgements: Pick<Acknowledgements, 'add'>
  /** Throws when this gateway must not take new exchanges: evidence unwritable, directory too old, draining. */
  readonly assertReady: () => void
  readonly clock: Clock
  readonly times: TimeTexts
  readonly onEvent: EventSink<GatewayEvent>
  /** How long a caller waits for a path to the provider, in milliseconds. */
  readonly pathDeadlineMs: number
}

/**
 * Carries one call of an information system to the provider and brings back the answer, proven and recorded. This
 * file holds the order of the steps and nothing else.
 *
 * @throws WuslaError every code of an exchange; the caller was given nothing then.
 */
export async function sendRequest(deps: OutboundDeps, request: FrontDoorRequest): Promise<FrontDoorAnswer> {
  const startedMs = deps.clock.nowMs()
  const exchange = newExchangeId(startedMs)
  request.exchange = exchange
  let running: SentExchange | undefined
  let charge: Charge | undefined
  try {
    deps.assertReady()
    const { client, service, method, path, purpose, maxDataClass } = request
    const wanted = { client, service, method, path, purpose, maxDataClass, takenMs: startedMs }
    const { agreement, dataClass, transit, limited, isAcknowledged } = deps.access.authorise(wanted)
    const target = chooseTarget(deps.directory, service, request.securityServer)
    const deadlineMs = startedMs + deps.pathDeadlineMs
    const authorise = authorising(deps, wanted, agreement)
    if (limited !== undefined) charge = await admitCall(deps.limits, limited, request, authorise)
    let established = deps.sessions.current(target, transit)
    if (established === undefined) {
      established = await deps.sessions.acquire(target, transit, deadlineMs, request.signal)
      if (request.signal.aborted) throw new WuslaError('stream_cancelled')
      // The wait may have outlasted the agreement.
      authorise()
    }
    const { session } = established
    const outgoing = buildOpening(deps.network, exchange, request, agreement, deps.times.of(startedMs))
    const body = charge === undefined ? request.body : charge.requestBody(request.body)
    const sent = session.send(outgoing.opening, outgoing.headerBlock, body)
    running = new SentExchange(exchange, wanted, agreement, {
      sent,
      branches: established.path,
      gateway: session.peer,
    })
    deps.running.add(running)
    running.endWith(request)
    let answer: IncomingAnswer
    try {
      answer = doneOnly(await sent.answer)
    } catch (cause) {
      const lost = { request, outgoing, target, transit, running, deadlineMs, authorise }
      answer = await sendAgain(deps, lost, cause)
    }
    // No answer is complete before both halves are on disk: an answered call is a provable call.
    await recordAnswer(deps, exchange, answer, isAcknowledged)
    const given = charge === undefined ? answer.body : await countAnswer(charge, answer)
    const acknowledgeTo = isAcknowledged ? { gateway: running.copy.gateway, transit } : undefined
    const { opening, messageId } = outgoing
    const answered = { opening, messageId, answer, body: given, dataClass, running, startedMs, acknowledgeTo }
    return deliverAnswer(deps, request, answered)
  } catch (cause) {
    if (running !== undefined) deps.running.end(running)
    if (running === undefined || isLimited(cause)) charge?.giveBack()
    throw tellFailure(
      deps.onEvent,
      'sent',
      exchange,
      outcomeOf(running?.cutBy ?? cause, request, running !== undefined),
    )
  }
}

/** Asks again whether the agreement still allows the call; throws when it does not. */
function authorising({ access }: OutboundDeps, wanted: TakenOperation, agreement: string): () => void {
  return () => void access.authorise({ ...wanted, agreement })
}
