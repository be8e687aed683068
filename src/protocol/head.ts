import { hash } from 'node:crypto'
import { MAX_HEADER_BLOCK_BYTES, MAX_HEADER_LINES } from './limits.ts'
import { WuslaError } from './wusla-error.ts'

/**
 * Heads and header blocks are **byte strings**: one character for one byte, 0 to 255, as `node:http` gives and
 * takes header values. They travel and are hashed as `latin1`, so the digest is over the very bytes the
 * application sent.
 */

/** Headers removed in both directions (xroad-rest, section 3), lower case. */
export const HOP_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

/** What a consumer's gateway drops from a request: hop headers, and those only a gateway may set. */
export const DROPPED_REQUEST_HEADERS: ReadonlySet<string> = new Set([
  ...HOP_HEADERS,
  'x-road-request-hash',
  'x-road-request-id',
])

/** What a provider's gateway drops from an answer: hop headers, and those only a gateway may set. */
export const DROPPED_ANSWER_HEADERS: ReadonlySet<string> = new Set([
  ...HOP_HEADERS,
  'x-road-client',
  'x-road-error',
  'x-road-id',
  'x-road-request-hash',
  'x-road-request-id',
  'x-road-service',
])

const TOKEN_FORM = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
/** Header values are bytes; those that are missing here are the refused ones. */
const VALUE_FORM = '[\\t\\x20-\\x7e\\x80-\\xff]*'

const TOKEN = new RegExp(`^${TOKEN_FORM}$`)
const VALUE = new RegExp(`^${VALUE_FORM}$`)
const BLOCK = new RegExp(`^(?:${TOKEN_FORM}:${VALUE_FORM}\\r\\n)*$`)

/**
 * Head of a request: verb, path with query, then the header block; lines end in CR LF.
 *
 * ```
 * POST CRLF
 * /r1/AE-DU/SEMI/DEWA/BILLING/bills/2026?open=1 CRLF
 * Content-Type:application/json CRLF …
 * ```
 *
 * @param query - without its question mark; undefined when there was none
 */
export function requestHead(
  method: string,
  service: string,
  path: string,
  query: string | undefined,
  headerBlock: string,
): string {
  const tail = query === undefined ? '' : `?${query}`
  return `${method}\r\n/r1/${service}${path}${tail}\r\n${headerBlock}`
}

/** Head of an answer: status, an empty reason line, then the header block. The reason phrase carries no meaning and does not travel. */
export function answerHead(status: number, headerBlock: string): string {
  return `${status}\r\n\r\n${headerBlock}`
}

/** SHA-512 of a head's bytes as base64url: the member `head` of a statement. */
export function headDigest(head: string): string {
  // Of ASCII the bytes are the same in both codings, and hashing a text spares a copy of it.
  if (Buffer.byteLength(head) === head.length) return hash('sha512', head, 'base64url')
  return hash('sha512', Buffer.from(head, 'latin1'), 'base64url')
}

/**
 * X-Road's request hash from the two digests of a statement: base64 of SHA-512(head), or of
 * SHA-512(SHA-512(head) || SHA-512(body)) when the body has at least one byte.
 */
export function xroadRequestHash(head: string, body?: string): string {
  const headBytes = Buffer.from(head, 'base64url')
  if (body === undefined) return headBytes.toString('base64')
  return hash('sha512', Buffer.concat([headBytes, Buffer.from(body, 'base64url')]), 'base64')
}

/**
 * The header lines that travel: `Name:value CRLF` in the order of arrival, without the dropped ones, then those
 * the gateway adds.
 *
 * @param rawHeaders - name, value, name, value … as `node:http` gives them
 * @param drop - lower-case names
 * @throws WuslaError `invalid_request` if a name or value cannot stand on a header line, or it is too much
 */
export function formatHeaderBlock(
  rawHeaders: readonly string[],
  drop: ReadonlySet<string>,
  extra: readonly (readonly [string, string])[],
): string {
  let block = ''
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (!drop.has(name.toLowerCase())) block += headerLine(name, rawHeaders[i + 1] ?? '')
  }
  for (const [name, value] of extra) block += headerLine(name, value)
  if (block.length > MAX_HEADER_BLOCK_BYTES || rawHeaders.length / 2 + extra.length > MAX_HEADER_LINES) {
    throw new WuslaError('invalid_request', { message: 'Too many or too long headers' })
  }
  return block
}

function headerLine(name: string, value: string): string {
  if (!TOKEN.test(name) || !VALUE.test(value)) {
    throw new WuslaError('invalid_request', { message: 'A header cannot be forwarded' })
  }
  return `${name}:${value}\r\n`
}

/**
 * Name, value, name, value … of a header block that came from a peer.
 *
 * @throws WuslaError `invalid_frame` if it is anything but well-formed lines: a stray CR or LF would let a peer
 *   smuggle a header or a whole request to the backend
 */
export function parseHeaderBlock(block: string): string[] {
  if (block.length > MAX_HEADER_BLOCK_BYTES || !BLOCK.test(block)) throw new WuslaError('invalid_frame')
  const headers: string[] = []
  for (let at = 0; at < block.length;) {
    const colon = block.indexOf(':', at)
    const end = block.indexOf('\r', colon)
    headers.push(block.slice(at, colon), block.slice(colon + 1, end))
    at = end + 2
  }
  if (headers.length > 2 * MAX_HEADER_LINES) throw new WuslaError('invalid_frame')
  return headers
}
