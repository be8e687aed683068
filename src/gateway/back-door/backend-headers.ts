import { DROPPED_ANSWER_HEADERS, HOP_HEADERS } from '../../protocol/head.ts'
import { STREAM_LENGTH_HEADER } from '../front-door/request-headers.ts'
import type { VerifiedCaller } from './back-door-request.ts'

/** Said by the statement, so never taken from the header block; or meant for gateways only. */
const SET_HERE: ReadonlySet<string> = new Set([
  'x-road-client',
  'x-road-error',
  'x-road-id',
  'x-road-request-hash',
  'x-road-request-id',
  'x-road-service',
])

/** The headers for a backend. */
export interface BackendHeaders {
  /** Names and values in turn. */
  readonly headers: string[]
  /** Length of the streamed body as the consumer's front door told it, in bytes. */
  readonly bodyBytes: number | undefined
}

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?$/

/**
 * The headers a backend gets: what the client sent, without hop-by-hop headers, and the caller's identity as
 * verified. The block came from another house; whatever in it could change the framing or the identity is dropped.
 *
 * @param host - `original`: `Host` becomes what the client of a mapped port called, if that is a host at all
 */
export function backendHeaders(
  pairs: readonly string[],
  caller: VerifiedCaller,
  host: 'backend' | 'original',
): BackendHeaders {
  const headers: string[] = []
  let bodyBytes: number | undefined
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? ''
    const value = pairs[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (HOP_HEADERS.has(lower) || SET_HERE.has(lower)) continue
    if (lower.startsWith('wusla-')) {
      if (lower === STREAM_LENGTH_HEADER && /^\d{1,15}$/.test(value)) bodyBytes = Number(value)
      continue
    }
    if (host === 'original' && lower === 'x-forwarded-host' && HOST.test(value)) headers.push('host', value)
    headers.push(name, value)
  }
  headers.push('x-road-client', caller.client, 'x-road-service', caller.service)
  headers.push('x-road-id', byteString(caller.messageId), 'x-road-request-id', caller.exchange)
  return { headers, bodyBytes }
}

/** What of a backend's headers travels back. */
export function answerPairs(raw: readonly (Buffer | string)[]): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = byteText(raw[i])
    const lower = name.toLowerCase()
    if (!DROPPED_ANSWER_HEADERS.has(lower) && !lower.startsWith('wusla-'))
      kept.push(name, byteText(raw[i + 1]))
  }
  return kept
}

/** `Content-Length` of an answer; undefined if there is none. */
export function declaredLength(raw: readonly (Buffer | string)[]): number | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    if (name.length === 14 && byteText(name).toLowerCase() === 'content-length')
      return Number(byteText(raw[i + 1]))
  }
  return undefined
}

function byteText(value: Buffer | string | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '')
}

/** A text as bytes of a header: UTF-8, one character per byte. */
function byteString(text: string): string {
  // eslint-disable-next-line no-control-regex -- plain ASCII needs no change
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}
