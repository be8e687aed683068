import { canonicalIdentifier } from './identifier.ts'
import { decodeSegment } from './identifier-segment.ts'
import { WuslaError } from './wusla-error.ts'

/** Where a call through the X-Road door goes. */
export interface XroadTarget {
  /** Canonical service identifier. */
  readonly service: string
  /** Raw service path exactly as sent, its leading `/` included; empty when there was none. */
  readonly path: string
}

const SERVICE_SEGMENTS = 5

/**
 * Reads `/r1/{network}/{class}/{member}/{system}/{service}[/path]`. All five segments are needed; each is decoded
 * on its own, and what follows stays as it was sent.
 *
 * @param rawPath - the request target without its query
 * @throws WuslaError `invalid_request_uri`
 */
export function parseXroadPath(rawPath: string): XroadTarget {
  if (!rawPath.startsWith('/r1/')) throw new WuslaError('invalid_request_uri')
  const start = '/r1/'.length
  let end = start - 1
  for (let i = 0; i < SERVICE_SEGMENTS; i += 1) {
    if (end === rawPath.length) throw new WuslaError('invalid_request_uri')
    const slash = rawPath.indexOf('/', end + 1)
    end = slash === -1 ? rawPath.length : slash
  }
  try {
    return { service: canonicalIdentifier('service', rawPath.slice(start, end)), path: rawPath.slice(end) }
  } catch (cause) {
    throw new WuslaError('invalid_request_uri', { cause })
  }
}

/** A party on whose behalf a call is made: `[class/]code`. */
export interface RepresentedParty {
  readonly memberClass?: string
  readonly memberCode: string
}

/**
 * Reads the header `X-Road-Represented-Party`.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseRepresentedParty(text: string): RepresentedParty {
  const segments = text.split('/', 3).map(decodeSegment)
  const [first, second] = segments
  if (segments.length > 2 || segments.includes('') || first === undefined) {
    throw new WuslaError('invalid_identifier', { message: 'Invalid RepresentedParty Id' })
  }
  return second === undefined ? { memberCode: first } : { memberClass: first, memberCode: second }
}
