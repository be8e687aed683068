import type { Clock } from '../../protocol/clock.ts'
import { formatTime } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { Directory } from '../../directory/directory.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { AccessControl } from '../access-control.ts'
import type { BackDoor } from '../back-door/back-door.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { GatewaySettings } from '../gateway-settings.ts'
import type { RunningExchange, RunningExchanges } from '../running-exchanges.ts'
import { tellFailure } from '../tell-failure.ts'
import { answerRefusal } from './answer-refusal.ts'
import { callBackend } from './call-backend.ts'
import { checkRequest } from './check-request.ts'

export interface InboundDeps {
  readonly member: string
  readonly directory: Directory
  readonly access: AccessControl
  readonly running: RunningExchanges
  readonly settings: GatewaySettings
  readonly backDoor: BackDoor
  readonly assertReady: () => void
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}

/** Methods whose repetition does no harm (RFC 9110, 9.2.2): their record may become durable while the backend works. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Serves one request of another member: checks it again from nothing but its sealed words and our own rules, calls the
 * backend, and answers. Never rejects: whatever goes wrong becomes a signed refusal or a reset. This file holds the
 * order of the steps and nothing else.
 */
export async function serveRequest(deps: InboundDeps, incoming: IncomingRequest): Promise<void> {
  const { exchange, client, service, method, path, agreement } = incoming.statement
  const startedMs = deps.clock.nowMs()
  let running: RunningExchange | undefined
  try {
    deps.assertReady()
    const checked = checkRequest(deps, incoming)
    const cut = (): void => incoming.reset('access_denied')
    running = deps.running.begin({
      exchange,
      direction: 'served',
      client,
      service,
      method,
      path,
      agreement,
      cut,
    })
    // Registered before the wait: an agreement that ends during it must reach this exchange too.
    if (!IDEMPOTENT.has(method)) await durableBeforeBackend(incoming)
    const answer = await callBackend(deps, checked, incoming)
    const time = formatTime(deps.clock.nowMs())
    await incoming.answer({ status: answer.status, time }, answer.headerBlock, answer.body)
    const durationMs = deps.clock.nowMs() - startedMs
    deps.onEvent({ kind: 'exchange_served', exchange, service, status: answer.status, durationMs })
  } catch (cause) {
    const error = tellFailure(deps.onEvent, 'served', exchange, cause)
    await answerRefusal(deps, incoming, error)
  } finally {
    if (running !== undefined) deps.running.end(running)
  }
}

/**
 * After a crash the record must tell whether the backend was called. A streamed request is sealed only at its end, so
 * its record is made durable before its last piece is released instead.
 */
async function durableBeforeBackend(incoming: IncomingRequest): Promise<void> {
  if (!Buffer.isBuffer(incoming.body)) return
  await incoming.recorded
  if (incoming.cancelled) throw new WuslaError('stream_cancelled')
}
