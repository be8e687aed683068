import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { Cancellation } from '../back-door/cancellation.ts'
import type { BackDoorAnswer } from '../back-door/back-door-request.ts'
import type { Charge } from '../quotas/charge.ts'
import type { CheckedRequest } from './check-request.ts'
import type { InboundDeps } from './serve-request.ts'

/**
 * Calls the backend with what the caller sent, and with what its signed words say of it.
 *
 * @param terms.cancellation - ends the call
 * @param terms.charge - counts the body
 * @throws WuslaError (as rejection) `backend_unreachable`, `backend_timeout`, `backend_http_error`, `stream_cancelled`;
 * `limit_exceeded` when the body passes its quota
 */
export function callBackend(
  deps: InboundDeps,
  { target, rawHeaders, dataClass }: CheckedRequest,
  incoming: IncomingRequest,
  terms: { readonly cancellation: Cancellation; readonly charge: Charge | undefined },
): Promise<BackDoorAnswer> {
  const { charge, cancellation } = terms
  const { method, path, query, client, service, messageId, exchange, purpose, agreement } = incoming.statement
  const body = charge === undefined ? incoming.body : charge.requestBody(incoming.body)
  const request = {
    caller: { client, service, messageId, exchange, purpose, agreement, dataClass },
    method,
    path,
    query,
    headers: rawHeaders,
    body: Buffer.isBuffer(body) && body.length === 0 ? null : body,
  }
  return deps.backDoor.callService(target, request, cancellation)
}
