import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import { memberOf } from '../../protocol/identifier.ts'
import type { Session } from '../../transport/session.ts'
import type { AccessControl, AllowedAccess } from '../access-control.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { PeerSessions } from '../peer-sessions.ts'
import type { RunningExchange, RunningExchanges } from '../running-exchanges.ts'
import { buildOpening } from './build-opening.ts'
import { deliverAnswer } from './deliver-answer.ts'
import { tellFailure } from './tell-failure.ts'

export interface OutboundDeps {
  readonly network: string
  readonly access: AccessControl
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
 * @throws WuslaError every code of an exchange; nothing was delivered to the caller then.
 */
export async function sendRequest(deps: OutboundDeps, request: FrontDoorRequest): Promise<FrontDoorAnswer> {
  const startedMs = deps.clock.nowMs()
  const exchange = newExchangeId(startedMs)
  request.exchange = exchange
  let running: RunningExchange | undefined
  try {
    deps.assertReady()
    const access = deps.access.authorise(request.client, request.service, request.method, request.path)
    const session = await findSession(deps, request, access, startedMs)
    const cut = new Cut()
    running = deps.running.begin({
      exchange,
      direction: 'sent',
      client: request.client,
      service: request.service,
      method: request.method,
      path: request.path,
      agreement: access.agreement,
      cut: cut.now,
    })
    const { opening, headerBlock, messageId } = buildOpening(deps.network, exchange, request, access.agreement, startedMs)
    const answer = await session.request(opening, headerBlock, request.body, { onCancel: cut.connect(request) })
    return await deliverAnswer(deps, { request, exchange, messageId, opening, answer, running, startedMs })
  } catch (cause) {
    if (running !== undefined) deps.running.end(running)
    throw tellFailure(deps, exchange, cause)
  }
}
