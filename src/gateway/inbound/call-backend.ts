import { DROPPED_ANSWER_HEADERS, formatHeaderBlock } from '../../protocol/head.ts'
import type { IncomingRequest, MessageBody } from '../../transport/incoming-request.ts'
import type { Charge } from '../quotas/charge.ts'
import type { CheckedRequest } from './check-request.ts'
import type { InboundDeps } from './serve-request.ts'

/** What the backend answered, ready to be signed. */
export interface BackendAnswer {
  readonly status: number
  readonly headerBlock: string
  readonly body: MessageBody
}

/**
 * Calls the backend with what the caller sent, and with what its signed words say of it.
 *
 * @param terms.signal - ends the call
 * @param terms.charge - counts the bodies
 * @throws WuslaError `backend_unreachable`, `backend_timeout`, `backend_http_error`, `stream_cancelled`;
 * `limit_exceeded`, `delivery_interrupted` when a body passes its quota
 */
export async function callBackend(
  deps: InboundDeps,
  { target, rawHeaders, dataClass }: CheckedRequest,
  incoming: IncomingRequest,
  { signal, charge }: { readonly signal: AbortSignal; readonly charge: Charge | undefined },
): Promise<BackendAnswer> {
  const { statement } = incoming
  const body = charge === undefined ? incoming.body : charge.requestBody(incoming.body)
  const { method, path, query, client, service, messageId, exchange, purpose, agreement } = statement
  const answer = await deps.backDoor.callService(
    target,
    {
      caller: { client, service, messageId, exchange, purpose, agreement, dataClass },
      method,
      path,
      query,
      headers: rawHeaders,
      body: Buffer.isBuffer(body) && body.length === 0 ? null : body,
    },
    signal,
  )
  return {
    status: answer.status,
    headerBlock: formatHeaderBlock(answer.rawHeaders, DROPPED_ANSWER_HEADERS, []),
    body: charge === undefined ? answer.body : await charge.answerBody(answer.body),
  }
}
