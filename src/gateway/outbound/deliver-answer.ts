import type { DataClass } from '../../agreements/data-class.ts'
import { digest512 } from '../../protocol/digest.ts'
import { xroadRequestHash } from '../../protocol/head.ts'
import type { RequestOpening } from '../../protocol/statement.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { isErrorCode } from '../../protocol/error-codes.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { Delivery, FrontDoorAnswer, FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { RunningExchange } from '../running-exchanges.ts'
import { acknowledgeDelivery } from './acknowledge-delivery.ts'
import type { DeliveredAnswer } from './acknowledgements.ts'
import type { OutboundDeps } from './send-request.ts'

interface AnsweredRequest {
  readonly opening: RequestOpening
  readonly messageId: string
  readonly answer: IncomingAnswer
  /** The body of the answer as it is delivered. */
  readonly body: IncomingAnswer['body']
  /** Class of the data, as the grant says. */
  readonly dataClass: DataClass
  readonly running: RunningExchange
  readonly startedMs: number
  /** Set when the delivery has to be acknowledged: to the gateway that answered, over such paths. */
  readonly acknowledgeTo?: Pick<DeliveredAnswer, 'gateway' | 'transit'> | undefined
}

/**
 * What the front door hands to the caller. A small answer is verified and recorded by now; of a large one the last
 * piece comes only when the whole is.
 *
 * @throws WuslaError the code with which the provider's gateway itself answered
 */
export function deliverAnswer(
  deps: OutboundDeps,
  request: FrontDoorRequest,
  answered: AnsweredRequest,
): FrontDoorAnswer {
  const { opening, messageId, answer, body, dataClass, running, startedMs, acknowledgeTo } = answered
  const { statement } = answer
  if (statement.error !== undefined) {
    throw providerRefusal(statement.error, answer)
  }
  const { exchange, client, service, agreement } = opening
  const finished = (delivery: Delivery): void => {
    deps.running.end(running)
    const durationMs = deps.clock.nowMs() - startedMs
    deps.onEvent({ kind: 'exchange_sent', exchange, service, status: statement.status, durationMs })
    if (delivery === 'delivered' && acknowledgeTo !== undefined)
      acknowledgeDelivery(deps, { exchange, client, service, agreement, ...acknowledgeTo }, answer)
  }
  return {
    status: statement.status,
    headerBlock: answer.headerBlock,
    body,
    exchange,
    messageId,
    agreement,
    dataClass,
    requestHash: requestHashOf(opening, request),
    finished,
  }
}

/** X-Road's hash of the request; a streamed body is not hashed a second time for it. */
function requestHashOf(opening: RequestOpening, { body }: FrontDoorRequest): string | undefined {
  if (body === null) return xroadRequestHash(opening.head)
  if (!Buffer.isBuffer(body)) return undefined
  return xroadRequestHash(opening.head, body.length === 0 ? undefined : digest512(body))
}

/**
 * The refusal in an answer. The provider's gateway explains itself in its answer's body, so that the caller sees reason and remedy.
 */
export function providerRefusal(code: string, answer: IncomingAnswer): WuslaError {
  const known = isErrorCode(code) ? code : 'service_failed'
  const details = Buffer.isBuffer(answer.body) ? readDetails(answer.body) : {}
  return new WuslaError(known, {
    ...(details.message === undefined ? {} : { message: details.message }),
    details: { ...details.details, by: 'provider' },
  })
}

function readDetails(body: Buffer): { message?: string; details?: Record<string, unknown> } {
  try {
    const { message, details } = JSON.parse(body.toString('utf8')) as { message?: unknown; details?: unknown }
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof details === 'object' && details !== null
        ? { details: details as Record<string, unknown> }
        : {}),
    }
  } catch {
    // A peer of another version may explain itself in another form; its code still stands.
    return {}
  }
}
