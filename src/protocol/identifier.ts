import { MAX_NETWORK_LENGTH, MAX_SEGMENT_BYTES } from './limits.ts'
import { decodeSegment, encodeSegment } from './identifier-segment.ts'
import { WuslaError } from './wusla-error.ts'

export { decodeSegment, encodeSegment } from './identifier-segment.ts'

/** What an identifier may name. A client is a member or a system; a gateway is X-Road's security server. */
export type IdentifierKind = 'member' | 'system' | 'service' | 'gateway' | 'branch' | 'client' | 'network'

/** `AE-DU/SEMI/DEWA`. Parts are decoded; `text` is the canonical text form, the one to compare and to sign. */
export interface MemberId {
  readonly kind: 'member'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
}

/** `AE-DU/SEMI/DEWA/BILLING` */
export interface SystemId {
  readonly kind: 'system'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
  readonly systemCode: string
}

/** `AE-DU/SEMI/DEWA/BILLING/bills` */
export interface ServiceId {
  readonly kind: 'service'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
  readonly systemCode: string
  readonly serviceCode: string
}

/** `AE-DU/SEMI/DEWA/gw-1` */
export interface GatewayId {
  readonly kind: 'gateway'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
  readonly gatewayCode: string
}

/** `AE-DU/branch/MORO` */
export interface BranchId {
  readonly kind: 'branch'
  readonly text: string
  readonly network: string
  readonly branchCode: string
}

/** Who calls: a member (three segments) or one of its systems (four). */
export type ClientId = MemberId | SystemId

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

function checkedParts(kind: IdentifierKind, text: string, least: number, most: number): string[] {
  const segments = text.split('/', most + 1)
  if (segments.length < least || segments.length > most) refuse(kind, 'wrong number of segments')
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
  const [network = '', memberClass = '', memberCode = ''] = checkedParts('member', text, 3, 3)
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
  const [network = '', memberClass = '', memberCode = '', systemCode = ''] = checkedParts(
    'system',
    text,
    4,
    4,
  )
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
  const parts = checkedParts('service', text, 5, 5)
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
  const [network = '', memberClass = '', memberCode = '', gatewayCode = ''] = checkedParts(
    'gateway',
    text,
    4,
    4,
  )
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
  const [network = '', , branchCode = ''] = checkedParts('branch', text, 3, 3)
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

const PARSERS: Readonly<
  Record<Exclude<IdentifierKind, 'network'>, (text: string) => { readonly text: string }>
> = {
  member: parseMember,
  system: parseSystem,
  service: parseService,
  gateway: parseGateway,
  branch: parseBranch,
  client: parseClient,
}

/**
 * Whether a text is an identifier of this kind **in canonical form**: escapes only where needed, hex digits in
 * upper case. Only this form is signed, stored and compared.
 */
export function isIdentifier(kind: IdentifierKind, text: string): boolean {
  if (kind === 'network') return isNetworkName(text)
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
export function canonicalIdentifier(kind: Exclude<IdentifierKind, 'network'>, text: string): string {
  return PARSERS[kind](text).text
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
