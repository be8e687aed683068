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
import type { RunningExchange, RunningExchanges } from '../running-exchanges.ts'
import type { Charge } from '../quotas/charge.ts'
import type { GrantLimits } from '../quotas/grant-limits.ts'
import { tellFailure } from '../tell-failure.ts'
import { recordAnswer } from './acknowledge-delivery.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { admitCall, countAnswer, isLimited } from './count-call.ts'
import { answerOf } from './answer-of.ts'
import { chooseTarget } from './choose-target.ts'
import { buildOpening } from './build-opening.ts'
import { outcomeOf } from './outcome.ts'
import { deliverAnswer } from './deliver-answer.ts'
import { sendAgain, type SentCopy } from './send-again.ts'

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
  let running: RunningExchange | undefined
  let cutBy: WuslaError | undefined
  let charge: Charge | undefined
  try {
    deps.assertReady()
    const { client, service, method, path, purpose, maxDataClass } = request
    const wanted = { client, service, method, path, purpose, maxDataClass, takenMs: startedMs }
    const { agreement, dataClass, transit, limited, isAcknowledged } = deps.access.authorise(wanted)
    const target = chooseTarget(deps.directory, service, request.securityServer)
    const deadlineMs = startedMs + deps.pathDeadlineMs
    const call = { ...wanted, agreement }
    const authorise = (): unknown => deps.access.authorise(call)
    if (limited !== undefined) charge = await admitCall(deps.limits, limited, request, authorise)
    let established = deps.sessions.current(target, transit)
    if (established === undefined) {
      established = await deps.sessions.acquire(target, transit, deadlineMs, request.signal)
      if (request.signal.aborted) throw new WuslaError('stream_cancelled')
      // The wait may have outlasted the agreement.
      authorise()
    }
    const { session } = established
    const outgoing = buildOpening(deps.network, exchange, request, agreement, startedMs)
    const body = charge === undefined ? request.body : charge.requestBody(request.body)
    const sent = session.send(outgoing.opening, outgoing.headerBlock, body)
    let copy: SentCopy = { sent, branches: established.path, gateway: session.peer }
    const cut = (why: WuslaError): void => {
      cutBy = why
      copy.sent.cancel(why.code)
    }
    const branches = (): readonly string[] => copy.branches
    running = deps.running.begin({ exchange, direction: 'sent', ...call, branches, cut })
    request.signal.addEventListener('abort', () => copy.sent.cancel(), { once: true })
    let answer: IncomingAnswer
    try {
      answer = await answerOf(sent)
    } catch (cause) {
      const onSent = (again: SentCopy): unknown => (copy = again)
      const lost = { request, outgoing, target, transit, peer: session.peer, deadlineMs, authorise, onSent }
      answer = await sendAgain(deps, lost, cause)
    }
    // No answer is complete before both halves are on disk: an answered call is a provable call.
    await recordAnswer(deps, exchange, answer, isAcknowledged)
    const given = charge === undefined ? answer.body : await countAnswer(charge, answer)
    const acknowledgeTo = isAcknowledged ? { gateway: copy.gateway, transit } : undefined
    const answered = { ...outgoing, answer, body: given, dataClass, running, startedMs, acknowledgeTo }
    return deliverAnswer(deps, request, answered)
  } catch (cause) {
    if (running !== undefined) deps.running.end(running)
    if (running === undefined || isLimited(cause)) charge?.giveBack()
    throw tellFailure(
      deps.onEvent,
      'sent',
      exchange,
      outcomeOf(cutBy ?? cause, request, running !== undefined),
    )
  }
}
