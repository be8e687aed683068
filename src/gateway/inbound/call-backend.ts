import { DROPPED_ANSWER_HEADERS, formatHeaderBlock } from '../../protocol/head.ts'
import type { IncomingRequest, MessageBody } from '../../transport/incoming-request.ts'
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
 * @param signal - ends the call
 * @throws WuslaError `backend_unreachable`, `backend_timeout`, `backend_http_error`, `stream_cancelled`
 */
export async function callBackend(
  deps: InboundDeps,
  { target, rawHeaders }: CheckedRequest,
  incoming: IncomingRequest,
  signal: AbortSignal,
): Promise<BackendAnswer> {
  const { statement, body } = incoming
  const { method, path, query, client, service, messageId, exchange, purpose } = statement
  const answer = await deps.backDoor.callService(
    target,
    {
      caller: { client, service, messageId, exchange, purpose },
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
    body: answer.body,
  }
}
