import type { Clock } from '../../protocol/clock.ts'
import { formatTime } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { Directory } from '../../directory/directory.ts'
import { awaitedNote } from '../../evidence/acknowledgement-notes.ts'
import type { EvidenceStore } from '../../evidence/evidence-store.ts'
import { isReservedPath } from '../../protocol/acknowledgement.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { AccessControl } from '../access-control.ts'
import type { BackDoor } from '../back-door/back-door.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { GatewaySettings } from '../gateway-settings.ts'
import type { GrantLimits } from '../quotas/grant-limits.ts'
import type { RunningExchange, RunningExchanges } from '../running-exchanges.ts'
import { tellFailure } from '../tell-failure.ts'
import { admitRequest } from './admit-request.ts'
import { answerAgain } from './answer-again.ts'
import { answerRefusal } from './answer-refusal.ts'
import { callBackend } from './call-backend.ts'
import { checkRequest } from './check-request.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'
import type { ServedExchanges } from './served-exchanges.ts'
import { serveAcknowledgement } from './serve-acknowledgement.ts'
import { Serving } from './serving.ts'

export interface InboundDeps {
  readonly member: string
  readonly directory: Directory
  readonly access: AccessControl
  readonly limits: GrantLimits
  readonly running: RunningExchanges
  readonly settings: GatewaySettings
  readonly backDoor: BackDoor
  readonly served: ServedExchanges
  /** Whether the evidence holds an earlier copy of this request; true also when that cannot be found out in time. */
  readonly wasReceivedBefore: (exchange: string) => Promise<boolean>
  readonly evidence: Pick<EvidenceStore, 'answered' | 'remember'>
  readonly assertReady: () => void
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}

/**
 * Serves one request of another member: checks it again from nothing but its sealed words and our own rules, calls the
 * backend once however often the request comes, and answers. Never rejects: whatever goes wrong becomes a signed refusal
 * or a reset. This file holds the order of the steps and nothing else.
 *
 * @param branches - the branches of the session that it came over
 */
export async function serveRequest(
  deps: InboundDeps,
  incoming: IncomingRequest,
  branches: readonly string[],
): Promise<void> {
  const { exchange, client, service, method, path, agreement, purpose } = incoming.statement
  if (isReservedPath(path)) return await serveAcknowledgement(deps, incoming)
  const startedMs = deps.clock.nowMs()
  let running: RunningExchange | undefined
  let serving: Serving | undefined
  try {
    const checked = checkRequest(deps, incoming, branches)
    const known = deps.served.find(exchange)
    // Also while closing: of an exchange that is known here nobody may hear that nothing was done.
    if (known !== undefined && (await answerAgain(deps, incoming, known))) return
    deps.assertReady()
    const begun = Serving.begin(deps.served, incoming)
    serving = begun
    running = deps.running.begin({
      exchange,
      direction: 'served',
      client,
      service,
      method,
      path,
      agreement,
      purpose,
      takenMs: checked.takenMs,
      branches: () => branches,
      cut: (cause) => begun.cut(cause),
    })
    // Registered before the wait: an agreement that ends during it must reach this exchange too.
    if (!IDEMPOTENT.has(method)) await durableBeforeBackend(deps, incoming)
    // Counted once for all copies: one that comes again attaches to this one.
    const charge =
      checked.limited === undefined ? undefined : await admitRequest(deps, checked.limited, incoming)
    const { cancellation } = serving
    const answered = await callBackend(deps, checked, incoming, { cancellation, charge })
    const { status } = answered
    const { headerBlock } = answered.headers
    const body = charge === undefined ? answered.body : await charge.answerBody(answered.body)
    // Noted before the answer can leave: a gateway that is killed in between still knows what it waits for.
    if (checked.isAcknowledged) await deps.evidence.remember(awaitedNote(exchange, 'provider', startedMs))
    const answer = { status, time: formatTime(deps.clock.nowMs()), headerBlock, body }
    serving.answered(answer)
    await incoming.answer(answer, headerBlock, body)
    serving.delivered()
    const durationMs = deps.clock.nowMs() - startedMs
    deps.onEvent({ kind: 'exchange_served', exchange, service, status, durationMs })
  } catch (cause) {
    if (serving?.isKept(cause) === true) return
    const error = tellFailure(deps.onEvent, 'served', exchange, cause)
    serving?.failed(error)
    await answerRefusal(deps, incoming, error)
    serving?.refused()
  } finally {
    if (running !== undefined) deps.running.end(running)
  }
}

/**
 * After a crash the record must tell whether the backend was called. A streamed request is sealed only at its end, so
 * its record is made durable before its last piece is released instead.
 *
 * @throws WuslaError `outcome_unknown` when an earlier copy of the request may have reached the backend
 */
async function durableBeforeBackend(deps: InboundDeps, incoming: IncomingRequest): Promise<void> {
  if (!Buffer.isBuffer(incoming.body)) return
  await incoming.recorded
  const { exchange } = incoming.statement
  if (incoming.isResent && (await deps.wasReceivedBefore(exchange)))
    throw new WuslaError('outcome_unknown', { details: { exchange } })
  if (incoming.cancelled && !incoming.isLost) throw new WuslaError('stream_cancelled')
}
