import { DROPPED_REQUEST_HEADERS, formatHeaderBlock, headDigest, requestHead } from '../../protocol/head.ts'
import { MAX_HEADER_BLOCK_BYTES, MAX_HEADER_LINES } from '../../protocol/limits.ts'
import type { RequestOpening } from '../../protocol/statement.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
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
 *
 * @param time - when the request was taken, in the form of `formatTime`
 * @throws WuslaError `invalid_request` when a header cannot be forwarded, or they are too many or too long
 */
export function buildOpening(
  network: string,
  exchange: string,
  request: FrontDoorRequest,
  agreement: string,
  time: string,
): BuiltOpening {
  const { client, service, method, path, purpose, query, user, issue, representedParty } = request
  const messageId = request.messageId ?? `${network}-${exchange}`
  const headerBlock = headerBlockOf(request, exchange, messageId)
  const head = headDigest(requestHead(method, service, path, query, headerBlock))
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

/** What is added here was made here: identifiers in canonical form, which every header line can hold. */
function headerBlockOf(request: FrontDoorRequest, exchange: string, messageId: string): string {
  const { rawHeaders, headerLines, client, origin } = request
  const named = origin === 'mapped' ? `x-road-client:${client}\r\n` : ''
  const made = request.messageId === undefined ? `x-road-id:${messageId}\r\n` : ''
  const forwarded = headerLines ?? formatHeaderBlock(rawHeaders, DROPPED_REQUEST_HEADERS, [])
  const block = `${forwarded}${named}x-road-request-id:${exchange}\r\n${made}`
  const lines = rawHeaders.length / 2 + 1 + Number(named !== '') + Number(made !== '')
  if (block.length > MAX_HEADER_BLOCK_BYTES || lines > MAX_HEADER_LINES)
    throw new WuslaError('invalid_request', { message: 'Too many or too long headers' })
  return block
}
