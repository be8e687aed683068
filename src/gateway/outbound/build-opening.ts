import { formatTime } from '../../protocol/clock.ts'
import { digest512 } from '../../protocol/digest.ts'
import { formatHeaderBlock, HOP_HEADERS, requestHead } from '../../protocol/head.ts'
import type { RequestOpening } from '../../protocol/statement.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'

/** The words the consumer's gateway will sign about a request, and the headers that travel with it. */
export interface OutgoingRequest {
  readonly opening: RequestOpening
  readonly headerBlock: string
  readonly messageId: string
}

/**
 * Fixes what is said about a request before its body is known. The head has X-Road's form (PR-REST, request hash):
 * the forwarded headers in arrival order, then the gateway's own `x-road-request-id` and, when the caller gave
 * none, `x-road-id`.
 */
export function buildOpening(
  network: string,
  exchange: string,
  request: FrontDoorRequest,
  agreement: string,
  nowMs: number,
): OutgoingRequest {
  const messageId = request.messageId ?? `${network}-${exchange}`
  const made: [string, string][] = [['x-road-request-id', exchange]]
  if (request.messageId === undefined) made.push(['x-road-id', messageId])
  if (request.origin === 'mapped') made.push(['x-road-client', request.client])
  const headerBlock = formatHeaderBlock(request.rawHeaders, HOP_HEADERS, made)
  const head = digest512(requestHead(request.method, request.service, request.path, request.query, headerBlock))
  const opening: RequestOpening = {
    type: 'wusla/request/v1',
    exchange,
    agreement,
    client: request.client,
    service: request.service,
    method: request.method,
    path: request.path,
    head,
    messageId,
    time: formatTime(nowMs),
    ...(request.query === undefined ? undefined : { query: request.query }),
    ...(request.user === undefined ? undefined : { user: request.user }),
    ...(request.issue === undefined ? undefined : { issue: request.issue }),
    ...(request.representedParty === undefined ? undefined : { representedParty: request.representedParty }),
  }
  return { opening, headerBlock, messageId }
}
