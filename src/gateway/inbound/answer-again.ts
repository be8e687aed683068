import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'
import type { InboundDeps } from './serve-request.ts'
import type { ServedExchange } from './served-exchanges.ts'

/**
 * Answers a request that came before: attaches to the call under way, or gives the same answer again.
 *
 * @returns false when it is to be served like a new one
 * @throws WuslaError `conflict` when another request bore the same name; `delivery_interrupted` when the answer was too
 * large to be kept; what the first call failed with
 */
export async function answerAgain(
  deps: InboundDeps,
  incoming: IncomingRequest,
  served: ServedExchange,
): Promise<boolean> {
  const { exchange, method, service } = incoming.statement
  if (!Buffer.isBuffer(incoming.body) || served.statementText !== incoming.statementText)
    throw new WuslaError('conflict', { details: { exchange } })
  if (!incoming.isResent) served.isFirstOut = false
  deps.onEvent({ kind: 'exchange_came_again', exchange, peer: incoming.peer })
  incoming.onCancel(() => {
    if (!incoming.isLost) served.cancel()
  })
  const outcome = await served.outcome
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind === 'streamed') {
    if (IDEMPOTENT.has(method)) return false
    throw new WuslaError('delivery_interrupted', { details: { exchange } })
  }
  const { status, time, headerBlock, body } = outcome.answer
  await incoming.answer({ status, time }, headerBlock, body)
  deps.served.release(exchange, incoming)
  deps.onEvent({ kind: 'exchange_served', exchange, service, status, durationMs: 0 })
  return true
}
