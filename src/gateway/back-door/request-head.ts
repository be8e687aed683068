import { HOP_HEADERS } from '../../protocol/head.ts'
import { PURPOSE_HEADER } from '../../protocol/purpose.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { PLAIN_REQUEST_HEADERS } from '../front-door/plain-headers.ts'
import { STREAM_LENGTH_HEADER } from '../front-door/request-headers.ts'
import type { BackDoorRequest, VerifiedCaller } from './back-door-request.ts'
import { backendTarget } from './service-address.ts'
import type { ServiceAddress } from './service-address.ts'

/** Said by the statement, so never taken from the header block; or meant for gateways only. */
const SET_HERE: ReadonlySet<string> = new Set([
  'x-road-client',
  'x-road-error',
  'x-road-id',
  'x-road-request-hash',
  'x-road-request-id',
  'x-road-service',
])

/** The head of a request to a backend, ready to be written. */
export interface RequestHead {
  readonly text: string
  /** What is said about the length of a streamed body, in bytes; undefined: the body is chunked. */
  readonly streamBytes: number | undefined
}

const METHOD = /^[A-Z]+$/
const TARGET = /^\/[!"$-~]*$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// eslint-disable-next-line no-control-regex -- header values are bytes; the excluded ones are the refused ones
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?$/

/** Methods that say `Content-Length: 0` when they have no body (RFC 9110, 8.6). */
const EXPECT_BODY: ReadonlySet<string> = new Set(['PATCH', 'POST', 'PUT'])

/**
 * The head a backend gets: what the client sent, without hop-by-hop headers, and the caller's identity as verified.
 * The headers came from another house: whatever in them could change the framing or the identity is dropped, and each
 * part is checked on its own, because one CR LF inside a value would make another header of its rest.
 *
 * @param host - `original`: `Host` becomes what the client of a mapped port called, if that is a host at all
 * @throws WuslaError `invalid_request`
 */
export function requestHead(
  request: BackDoorRequest,
  address: ServiceAddress,
  host: 'backend' | 'original',
): RequestHead {
  const { method, headers, body } = request
  let lines = ''
  let { authority } = address
  let toldBytes: number | undefined
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (!VALUE.test(value)) throw malformed()
    if (PLAIN_REQUEST_HEADERS.has(name)) {
      lines += `${name}: ${value}\r\n`
      continue
    }
    const lower = name.toLowerCase()
    if (HOP_HEADERS.has(lower) || SET_HERE.has(lower)) continue
    if (lower.startsWith('wusla-')) {
      if (lower === STREAM_LENGTH_HEADER && /^\d{1,15}$/.test(value)) toldBytes = Number(value)
      continue
    }
    if (host === 'original' && lower === 'x-forwarded-host' && HOST.test(value)) authority = value
    if (!TOKEN.test(name)) throw malformed()
    lines += `${name}: ${value}\r\n`
  }
  const isStream = body !== null && !Buffer.isBuffer(body)
  const streamBytes = isStream ? (request.bodyBytes ?? toldBytes) : undefined
  const target = backendTarget(address.basePath, request.path, request.query)
  if (!METHOD.test(method) || !TARGET.test(target)) throw malformed()
  const text =
    `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\n` +
    `${lines}${callerLines(request.caller)}${framingLine(method, body, streamBytes)}\r\n`
  return { text, streamBytes }
}

function malformed(): WuslaError {
  return new WuslaError('invalid_request', { message: 'The request cannot be forwarded.' })
}

function callerLines(caller: VerifiedCaller): string {
  const { client, service, messageId, exchange, agreement, dataClass, purpose } = caller
  const id = headerBytes(messageId)
  if (!VALUE.test(client + service + id + exchange + agreement + (purpose ?? ''))) throw malformed()
  const purposeLine = purpose === undefined ? '' : `${PURPOSE_HEADER}: ${purpose}\r\n`
  return (
    `x-road-client: ${client}\r\nx-road-service: ${service}\r\n` +
    `x-road-id: ${id}\r\nx-road-request-id: ${exchange}\r\n${purposeLine}` +
    `wusla-agreement: ${agreement}\r\nwusla-data-class: ${dataClass}\r\n`
  )
}

function framingLine(method: string, body: BackDoorRequest['body'], streamBytes: number | undefined): string {
  if (body === null) return EXPECT_BODY.has(method) ? 'content-length: 0\r\n' : ''
  if (Buffer.isBuffer(body)) return `content-length: ${body.length}\r\n`
  return streamBytes === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${streamBytes}\r\n`
}

/** A text as bytes of a header: UTF-8, one character per byte. */
function headerBytes(text: string): string {
  // eslint-disable-next-line no-control-regex -- plain ASCII needs no change
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}
