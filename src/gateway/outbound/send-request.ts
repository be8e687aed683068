import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import type { Directory } from '../../directory/directory.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { OutgoingRequest } from '../../transport/outgoing-request.ts'
import type { AccessControl } from '../access-control.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { PeerSessions } from '../peer-sessions.ts'
import type { RunningExchange, RunningExchanges } from '../running-exchanges.ts'
import type { Charge } from '../quotas/charge.ts'
import type { GrantLimits } from '../quotas/grant-limits.ts'
import { tellFailure } from '../tell-failure.ts'
import { admitCall, countAnswer, isLimited } from './count-call.ts'
import { answerOf } from './answer-of.ts'
import { chooseTarget } from './choose-target.ts'
import { buildOpening } from './build-opening.ts'
import { outcomeOf } from './outcome.ts'
import { deliverAnswer } from './deliver-answer.ts'
import { sendAgain } from './send-again.ts'

export interface OutboundDeps {
  readonly network: string
  readonly directory: Directory
  readonly access: AccessControl
  readonly limits: GrantLimits
  readonly sessions: PeerSessions
  readonly running: RunningExchanges
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
    const { agreement, dataClass, transit, limited } = deps.access.authorise(wanted)
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
    let sent = session.send(outgoing.opening, outgoing.headerBlock, body)
    const cut = (why: WuslaError): void => {
      cutBy = why
      sent.cancel(why.code)
    }
    let branches = established.path
    running = deps.running.begin({ exchange, direction: 'sent', ...call, branches: () => branches, cut })
    request.signal.addEventListener('abort', () => sent.cancel(), { once: true })
    let answer: IncomingAnswer
    try {
      answer = await answerOf(sent)
    } catch (cause) {
      const onSent = (again: OutgoingRequest, over: readonly string[]): void => {
        sent = again
        branches = over
      }
      const lost = { request, outgoing, target, transit, peer: session.peer, deadlineMs, authorise, onSent }
      answer = await sendAgain(deps, lost, cause)
    }
    // No answer is complete before both halves are on disk: an answered call is a provable call. Of a large one the
    // session withholds the last piece until then; waiting here would keep its body from ever flowing.
    if (Buffer.isBuffer(answer.body)) await answer.recorded
    const given = charge === undefined ? answer.body : await countAnswer(charge, answer)
    return deliverAnswer(deps, request, { ...outgoing, answer, body: given, dataClass, running, startedMs })
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
