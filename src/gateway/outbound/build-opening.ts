import { formatTime } from '../../protocol/clock.ts'
import { DROPPED_REQUEST_HEADERS, formatHeaderBlock, headDigest, requestHead } from '../../protocol/head.ts'
import type { RequestOpening } from '../../protocol/statement.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'

/** The words the consumer's gateway will sign about a request, and the headers that travel with it. */
export interface BuiltOpening {
  readonly opening: RequestOpening
  readonly headerBlock: string
  readonly messageId: string
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

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
): BuiltOpening {
  const { client, service, method, path, purpose, query, user, issue, representedParty } = request
  const messageId = request.messageId ?? `${network}-${exchange}`
  const made: [string, string][] = []
  if (request.origin === 'mapped') made.push(['x-road-client', client])
  made.push(['x-road-request-id', exchange])
  if (request.messageId === undefined) made.push(['x-road-id', messageId])
  const headerBlock = formatHeaderBlock(request.rawHeaders, DROPPED_REQUEST_HEADERS, made)
  const head = headDigest(requestHead(method, service, path, query, headerBlock))
  const time = formatTime(nowMs)
  const opening: Writable<RequestOpening> = {
    agreement,
    client,
    exchange,
    head,
    messageId,
    method,
    path,
    service,
    time,
  }
  if (purpose !== undefined) opening.purpose = purpose
  if (query !== undefined) opening.query = query
  if (user !== undefined) opening.user = user
  if (issue !== undefined) opening.issue = issue
  if (representedParty !== undefined) opening.representedParty = representedParty
  return { opening, headerBlock, messageId }
}
