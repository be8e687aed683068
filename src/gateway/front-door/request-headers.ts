import { DROPPED_REQUEST_HEADERS } from '../../protocol/head.ts'
import { headerText } from '../../protocol/head-agreement.ts'
import { MAX_STATEMENT_TEXT_BYTES } from '../../protocol/limits.ts'
import { isPurposeCode, PURPOSE_HEADER } from '../../protocol/purpose.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { nominatedBy, withoutHeaders, withoutNominated } from './nominated-headers.ts'
import { PLAIN_REQUEST_HEADERS } from './plain-headers.ts'

/** The header in which a client shows its key. It never leaves this gateway. */
const CLIENT_KEY_HEADER = 'wusla-client-key'

/**
 * The header in which one door tells the other the length of a streamed body, so that the far side can say
 * `Content-Length`. The doors set it and take it off; it is signed with the head like every other line.
 */
export const STREAM_LENGTH_HEADER = 'wusla-content-length'

/** Gateways alone speak these; from a client or a backend they are dropped. */
const OWN_PREFIX = 'wusla-'

/** A mapped port says itself who calls and how it was reached. */
const DROPPED_AT_MAPPED_PORTS: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-road-client',
  'x-road-error',
  'x-road-represented-party',
  'x-road-security-server',
  'x-road-service',
])

/** Headers that the statement or the gateway reads, and where they go. */
const ROAD_HEADERS = {
  'x-road-client': 'client',
  'x-road-id': 'messageId',
  'x-road-issue': 'issue',
  'x-road-represented-party': 'representedParty',
  'x-road-security-server': 'securityServer',
  'x-road-userid': 'user',
} as const

type RoadHeader = keyof typeof ROAD_HEADERS

/** What the headers of a request say to the gateway, and what of them travels on. */
export interface RequestHeaders {
  /** Names and values in turn, filtered. */
  readonly kept: readonly string[]
  readonly client?: string
  readonly messageId?: string
  readonly user?: string
  readonly issue?: string
  readonly representedParty?: string
  readonly securityServer?: string
  /** What the call is for: a purpose code. */
  readonly purpose?: string
  /** The client's key, as sent. */
  readonly key?: string
  /** `Content-Length`, in digits. */
  readonly length?: string
}

type Found = { -readonly [K in keyof RequestHeaders]: RequestHeaders[K] } & { kept: string[] }

/**
 * Sorts the headers of a request in one pass: what X-Road removes goes, what the gateway needs is read, the rest is
 * kept as it came. Of an X-Road header that stands twice only the last counts and travels, and an empty one is none:
 * anything else would contradict the statement at the provider's door.
 *
 * @throws WuslaError `invalid_request` for what two readers could take for two different requests
 */
export function readRequestHeaders(
  rawHeaders: readonly string[],
  minor: 0 | 1,
  origin: 'r1' | 'mapped',
): RequestHeaders {
  const found: Found = { kept: [] }
  let hosts = 0
  let nominated: readonly string[] | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    if (PLAIN_REQUEST_HEADERS.has(name)) {
      found.kept.push(name, value)
      continue
    }
    const lower = name.toLowerCase()
    if (lower === 'host') hosts += 1
    else if (lower === 'connection') nominated = nominatedBy(value, nominated)
    else if (DROPPED_REQUEST_HEADERS.has(lower)) takeDropped(found, lower, value)
    else if (lower.startsWith(OWN_PREFIX)) takeOwn(found, lower, value)
    else if (origin === 'mapped' && DROPPED_AT_MAPPED_PORTS.has(lower)) continue
    else if (Object.hasOwn(ROAD_HEADERS, lower)) takeRoadHeader(found, lower as RoadHeader, name, value)
    else found.kept.push(name, value)
  }
  if (hosts !== 1 && (hosts > 1 || minor === 1)) {
    throw new WuslaError('invalid_request', { message: 'Host must stand once.' })
  }
  if (nominated !== undefined) found.kept = withoutNominated(found.kept, nominated)
  return found
}

function takeDropped(found: Found, lower: string, value: string): void {
  if (lower === 'content-length') found.length = value
  // Only the chunked coding is undone by the door; another one would reach the backend under a false name.
  else if (lower === 'transfer-encoding')
    demand(value, 'chunked', 'The only transfer coding understood is chunked.')
  else if (lower === 'expect')
    demand(value, '100-continue', 'The only expectation understood is 100-continue.')
}

function demand(value: string, only: string, message: string): void {
  if (value.toLowerCase() !== only) throw new WuslaError('invalid_request', { message })
}

function takeOwn(found: Found, lower: string, value: string): void {
  if (lower === CLIENT_KEY_HEADER) found.key = value
  else if (lower === PURPOSE_HEADER) takePurpose(found, value)
}

/** Like X-Road's headers: the last one counts, and an empty one is none. It travels in the statement, not as a header. */
function takePurpose(found: Found, value: string): void {
  delete found.purpose
  if (value === '') return
  if (!isPurposeCode(value)) {
    throw new WuslaError('invalid_request', { message: 'Wusla-Purpose is no purpose code.' })
  }
  found.purpose = value
}

function takeRoadHeader(found: Found, lower: RoadHeader, name: string, value: string): void {
  const member = ROAD_HEADERS[lower]
  if (found[member] !== undefined) {
    found.kept = withoutHeaders(found.kept, (kept) => kept === lower)
    delete found[member]
  }
  if (value === '') return
  const text = headerText(value)
  // eslint-disable-next-line no-control-regex -- the excluded octets are the refused ones
  if (/[\t\x7f]/.test(text) || text.length > MAX_STATEMENT_TEXT_BYTES || isTooLong(text)) {
    throw new WuslaError('invalid_request', { message: `${name} is too long or holds a control character.` })
  }
  found[member] = text
  found.kept.push(name, value)
}

function isTooLong(text: string): boolean {
  return text.length * 3 > MAX_STATEMENT_TEXT_BYTES && Buffer.byteLength(text) > MAX_STATEMENT_TEXT_BYTES
}
