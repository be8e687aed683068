import type {
  BranchId,
  ClientId,
  GatewayId,
  IdentifierKind,
  MemberId,
  ServiceId,
  SystemId,
} from './identifier-kind.ts'
import { MAX_NETWORK_LENGTH, MAX_SEGMENT_BYTES } from './limits.ts'
import { decodeSegment, encodeSegment } from './identifier-segment.ts'
import { WuslaError } from './wusla-error.ts'

export { decodeSegment, encodeSegment } from './identifier-segment.ts'

export type {
  BranchId,
  ClientId,
  GatewayId,
  IdentifierKind,
  MemberId,
  ServiceId,
  SystemId,
} from './identifier-kind.ts'

const NETWORK = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** The member class that names branches; no member may have it, in any case of its letters. */
const BRANCH_CLASS = 'branch'

/**
 * Controls, line separators, zero-width and bidirectional marks: they let two different identifiers look the
 * same on a screen, or break a log line in two.
 */
// eslint-disable-next-line no-control-regex -- these are the characters to refuse
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/

function refuse(kind: IdentifierKind, why: string): never {
  throw new WuslaError('invalid_identifier', {
    message: `Not a ${kind} identifier: ${why}`,
    details: { kind },
  })
}

function checkedPart(kind: IdentifierKind, segment: string): string {
  const part = decodeSegment(segment)
  if (part === '' || part === '.' || part === '..') refuse(kind, 'a segment is empty or only dots')
  if (Buffer.byteLength(part) > MAX_SEGMENT_BYTES) refuse(kind, 'a segment is too long')
  if (UNSEEN.test(part)) refuse(kind, 'a segment holds a character that cannot be seen')
  if (part.normalize('NFC') !== part) refuse(kind, 'a segment is not in normalisation form C')
  return part
}

function checkedParts(kind: IdentifierKind, text: string, count: number): string[] {
  const segments = text.split('/', count + 1)
  if (segments.length !== count) refuse(kind, 'wrong number of segments')
  const parts = segments.map((segment) => checkedPart(kind, segment))
  if (!isNetworkName(parts[0])) refuse(kind, 'the network name')
  const isBranchClass = parts[1]?.toLowerCase() === BRANCH_CLASS
  if (kind === 'branch' ? parts[1] !== BRANCH_CLASS : isBranchClass) refuse(kind, 'the member class')
  return parts
}

function isNetworkName(text: string | undefined): boolean {
  return text !== undefined && text.length <= MAX_NETWORK_LENGTH && NETWORK.test(text)
}

function joined(...parts: readonly string[]): string {
  return parts.map(encodeSegment).join('/')
}

/**
 * Reads `network/class/code`.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseMember(text: string): MemberId {
  const [network = '', memberClass = '', memberCode = ''] = checkedParts('member', text, 3)
  return Object.freeze({
    kind: 'member',
    text: joined(network, memberClass, memberCode),
    network,
    memberClass,
    memberCode,
  })
}

/**
 * Reads `network/class/code/system`.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseSystem(text: string): SystemId {
  const parts = checkedParts('system', text, 4)
  const [network = '', memberClass = '', memberCode = '', systemCode = ''] = parts
  return Object.freeze({
    kind: 'system',
    text: joined(network, memberClass, memberCode, systemCode),
    network,
    memberClass,
    memberCode,
    systemCode,
  })
}

/**
 * Reads `network/class/code/system/service`.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseService(text: string): ServiceId {
  const parts = checkedParts('service', text, 5)
  const [network = '', memberClass = '', memberCode = '', systemCode = '', serviceCode = ''] = parts
  return Object.freeze({
    kind: 'service',
    text: joined(network, memberClass, memberCode, systemCode, serviceCode),
    network,
    memberClass,
    memberCode,
    systemCode,
    serviceCode,
  })
}

/**
 * Reads `network/class/code/gateway`, which X-Road calls a security server.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseGateway(text: string): GatewayId {
  const parts = checkedParts('gateway', text, 4)
  const [network = '', memberClass = '', memberCode = '', gatewayCode = ''] = parts
  return Object.freeze({
    kind: 'gateway',
    text: joined(network, memberClass, memberCode, gatewayCode),
    network,
    memberClass,
    memberCode,
    gatewayCode,
  })
}

/**
 * Reads `network/branch/code`.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseBranch(text: string): BranchId {
  const [network = '', , branchCode = ''] = checkedParts('branch', text, 3)
  return Object.freeze({
    kind: 'branch',
    text: joined(network, BRANCH_CLASS, branchCode),
    network,
    branchCode,
  })
}

/**
 * Reads a caller: a member (three segments) or a system (four).
 *
 * @throws WuslaError `invalid_identifier`
 */
export function parseClient(text: string): ClientId {
  return text.split('/', 4).length === 3 ? parseMember(text) : parseSystem(text)
}

type ObjectKind = Exclude<IdentifierKind, 'network'>

const PARSERS: Readonly<Record<ObjectKind, (text: string) => { readonly text: string }>> = Object.freeze({
  member: parseMember,
  system: parseSystem,
  service: parseService,
  gateway: parseGateway,
  branch: parseBranch,
  client: parseClient,
})

/** Identifiers without escapes and dots-only segments: the usual case, decided without taking them apart. */
function plainIdentifier(least: number, most: number): RegExp {
  const segment = "\\/(?!\\.{1,2}(?:\\/|$))[A-Za-z0-9\\-._~!$&'()*+,;=:@]{1,255}"
  return new RegExp(
    `^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(?!\\/[Bb][Rr][Aa][Nn][Cc][Hh]\\/)(?:${segment}){${least},${most}}$`,
  )
}

const PLAIN_IDENTIFIERS: Readonly<Record<ObjectKind, RegExp>> = Object.freeze({
  member: plainIdentifier(2, 2),
  system: plainIdentifier(3, 3),
  service: plainIdentifier(4, 4),
  gateway: plainIdentifier(3, 3),
  branch: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\/branch\/[A-Za-z0-9_-]{1,255}$/,
  client: plainIdentifier(2, 3),
})

/**
 * Whether a text is an identifier of this kind **in canonical form**: escapes only where needed, hex digits in
 * upper case. Only this form is signed, stored and compared.
 */
export function isIdentifier(kind: IdentifierKind, text: string): boolean {
  if (kind === 'network') return isNetworkName(text)
  if (PLAIN_IDENTIFIERS[kind].test(text)) return true
  try {
    return PARSERS[kind](text).text === text
  } catch {
    return false
  }
}

/**
 * The canonical text of an identifier as a caller wrote it: what front doors use, where any spelling is welcome.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function canonicalIdentifier(kind: ObjectKind, text: string): string {
  return PLAIN_IDENTIFIERS[kind].test(text) ? text : PARSERS[kind](text).text
}

/** Text form of a member from its decoded parts. */
export function formatMember(id: Pick<MemberId, 'network' | 'memberClass' | 'memberCode'>): string {
  return parseMember(joined(id.network, id.memberClass, id.memberCode)).text
}

/** Text form of a system from its decoded parts. */
export function formatSystem(id: Omit<SystemId, 'kind' | 'text'>): string {
  return parseSystem(joined(id.network, id.memberClass, id.memberCode, id.systemCode)).text
}

/** Text form of a service from its decoded parts. */
export function formatService(id: Omit<ServiceId, 'kind' | 'text'>): string {
  return parseService(joined(id.network, id.memberClass, id.memberCode, id.systemCode, id.serviceCode)).text
}

/** Text form of a gateway from its decoded parts. */
export function formatGateway(id: Omit<GatewayId, 'kind' | 'text'>): string {
  return parseGateway(joined(id.network, id.memberClass, id.memberCode, id.gatewayCode)).text
}

/** Text form of a branch from its decoded parts. */
export function formatBranch(id: Omit<BranchId, 'kind' | 'text'>): string {
  return parseBranch(joined(id.network, BRANCH_CLASS, id.branchCode)).text
}

function firstSegments(id: string, count: number): string {
  let end = -1
  for (let i = 0; i < count; i += 1) {
    end = id.indexOf('/', end + 1)
    if (end === -1) return id
  }
  return id.slice(0, end)
}

/** The member behind a canonical member, system, service, gateway or client identifier: its first three segments. */
export function memberOf(id: string): string {
  return firstSegments(id, 3)
}

/** The system behind a canonical service identifier: its first four segments. */
export function systemOf(service: string): string {
  return firstSegments(service, 4)
}

/** The network of any canonical identifier: its first segment. */
export function networkOf(id: string): string {
  return firstSegments(id, 1)
}
