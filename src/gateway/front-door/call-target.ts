import { canonicalIdentifier, systemOf } from '../../protocol/identifier.ts'
import { MAX_PATH_BYTES, MAX_QUERY_BYTES } from '../../protocol/limits.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { parseXroadPath } from '../../protocol/xroad-request.ts'
import type { BoundedCache } from './bounded-cache.ts'

/** The metaservices of a provider's system; they stand where a service code stands. */
export type SystemMetaservice = 'listMethods' | 'allowedMethods' | 'getOpenAPI'

/** The metaservices of the gateway itself; they stand at the root and need no `X-Road-Client`. */
export type GatewayMetaservice = 'listClients' | 'asic' | 'verificationconf'

/** What a request target names. */
export type CallTarget =
  | {
      readonly kind: 'service'
      readonly service: string
      readonly path: string
      readonly query: string | undefined
    }
  | {
      readonly kind: 'system'
      readonly name: SystemMetaservice
      /** Canonical identifier of the provider's system. */
      readonly system: string
      /** Canonical identifier of the metaservice, as if it were a service. */
      readonly service: string
      readonly query: string | undefined
    }
  | { readonly kind: 'gateway'; readonly name: GatewayMetaservice; readonly query: string | undefined }

const SYSTEM_METASERVICES: ReadonlySet<string> = new Set<SystemMetaservice>([
  'listMethods',
  'allowedMethods',
  'getOpenAPI',
])

const GATEWAY_METASERVICES: ReadonlyMap<string, GatewayMetaservice> = new Map([
  ['/listClients', 'listClients'],
  ['/asic', 'asic'],
  ['/verificationconf', 'verificationconf'],
])

/** Path and query of a target; an absolute one (`http://host/path`, RFC 9112, 3.2.2) loses its front. */
export function splitTarget(target: string): { readonly path: string; readonly query: string | undefined } {
  let local = target
  if (!target.startsWith('/')) {
    const absolute = /^https?:\/\/[^/?#]*/i.exec(target)
    if (absolute === null) throw new WuslaError('invalid_request_uri')
    local = target.slice(absolute[0].length)
    if (!local.startsWith('/')) local = `/${local}`
  }
  // What the parser lets through but no statement may hold: a fragment, or bytes that are not visible ASCII.
  if (!/^[!"$-~]*$/.test(local)) throw new WuslaError('invalid_request_uri')
  const mark = local.indexOf('?')
  const path = mark === -1 ? local : local.slice(0, mark)
  const query = mark === -1 ? undefined : local.slice(mark + 1)
  if (path.length > MAX_PATH_BYTES + MAX_IDENTIFIER_BYTES || (query?.length ?? 0) > MAX_QUERY_BYTES) {
    throw new WuslaError('request_too_large', { message: 'The path or the query is too long.' })
  }
  return { path, query }
}

/** `/r1/` and five segments of 255 bytes, each byte escaped. */
const MAX_IDENTIFIER_BYTES = 5 * (3 * 255 + 1) + 3

/**
 * Reads the target of a request at the X-Road door.
 *
 * @param services - remembers the canonical form of service identifiers
 * @throws WuslaError `invalid_request_uri`, `request_too_large`, `not_found`
 */
export function readTarget(target: string, method: string, services: BoundedCache<string>): CallTarget {
  const { path, query } = splitTarget(target)
  const front = serviceFront(path)
  if (front === undefined) return readOtherTarget(path, query, method)
  const service = services.get(path.slice('/r1/'.length, front), canonicalService)
  const servicePath = path.slice(front)
  if (servicePath.length > MAX_PATH_BYTES) throw new WuslaError('request_too_large')
  const code = service.slice(service.lastIndexOf('/') + 1)
  if (SYSTEM_METASERVICES.has(code) && method === 'GET' && servicePath === '') {
    return { kind: 'system', name: code as SystemMetaservice, system: systemOf(service), service, query }
  }
  return { kind: 'service', service, path: servicePath, query }
}

function canonicalService(text: string): string {
  try {
    return canonicalIdentifier('service', text)
  } catch (cause) {
    throw new WuslaError('invalid_request_uri', { cause })
  }
}

/** Where the service path begins: behind five segments. Undefined if the path has not that form. */
function serviceFront(path: string): number | undefined {
  if (!path.startsWith('/r1/')) return undefined
  let end = '/r1'.length
  for (let i = 0; i < 5; i += 1) {
    if (end === path.length) return undefined
    const slash = path.indexOf('/', end + 1)
    end = slash === -1 ? path.length : slash
  }
  return end
}

function readOtherTarget(path: string, query: string | undefined, method: string): CallTarget {
  const name = GATEWAY_METASERVICES.get(path)
  if (name !== undefined && method === 'GET') return { kind: 'gateway', name, query }
  // `/r1/…` that is too short, and `/r2/…`: the words X-Road has for it.
  if (/^\/r\d(?:\/|$)/.test(path)) parseXroadPath(path)
  throw new WuslaError('not_found', { message: 'This gateway offers nothing under that path.' })
}
