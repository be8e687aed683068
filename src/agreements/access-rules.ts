import { parseTime } from '../protocol/clock.ts'
import { memberOf } from '../protocol/identifier.ts'
import { compileOperation } from '../protocol/path-glob.ts'
import type { Operation } from '../protocol/path-glob.ts'
import { consumerOf, isServiceAgreement, providerOf } from './agreement.ts'
import type { Agreement, Grant, GrantKind, ServiceAgreement } from './agreement.ts'
import { BoundedPairs } from './bounded-pairs.ts'
import { compileHours, type GrantHours } from './grant-hours.ts'

/** What the directory says of an agreement. Time is not a status: validity is judged at each decision. */
export type AgreementStatus = 'effective' | 'suspended' | 'revoked'

/** An agreement with its content and its standing. */
export interface RecordedAgreement {
  readonly hash: string
  readonly content: Agreement
  readonly status: AgreementStatus
  /** Parties that suspended it and have not resumed. */
  readonly suspendedBy?: readonly string[]
  /** Instant from which another agreement of the same parties has its place. Default: none has. */
  readonly supersededFrom?: string
  /** Hash of that agreement. */
  readonly supersededBy?: string
}

/** What the directory says of a service. */
export interface PublishedService {
  readonly kind: GrantKind
  /** Present: these operations are granted to every member by the provider alone. */
  readonly open?: { readonly operations: readonly Operation[] }
  /** A withdrawn service counts as unknown. Default: `published`. */
  readonly status?: 'published' | 'withdrawn'
}

/** An agreement that counts for nothing here until its signed document was verified. */
export interface NotVerified {
  readonly hash: string
  readonly parties: readonly string[]
  /** How far the verification came: a step of it, `fetch`, or `pending`. */
  readonly step: string
  /** Why it did not go on. */
  readonly failure: string
}

/** What access rules are made from. The look-ups must answer the same as long as the rules are in use. */
export interface AccessSource {
  readonly agreements: Iterable<RecordedAgreement>
  /** Agreements of which only the standing in the directory is known here. They allow nothing. */
  readonly withoutContent?: Iterable<{ readonly hash: string; readonly parties: readonly string[] }>
  /** Agreements whose signed document was not verified here yet, or did not stand up to it. They allow nothing. */
  readonly notVerified?: Iterable<NotVerified>
  /** Absent: every service is taken to exist, and none to be open. */
  readonly serviceOf?: (service: string) => PublishedService | undefined
  /** Absent: every client is taken to exist. */
  readonly isKnownClient?: (client: string) => boolean
  /** Absent: no member is suspended from the network. */
  readonly isSuspended?: (member: string) => boolean
}

/** A grant as the decision uses it. */
export interface CompiledGrant {
  /** Hash of the agreement, or `open`. */
  readonly agreement: string
  readonly grant: Grant
  /** Its place in the agreement, from 0. */
  readonly index: number
  readonly validFromMs: number
  /** End of validity, or the moment in which another agreement takes its place if that is earlier. */
  readonly validUntilMs: number
  readonly endsBy: 'validity' | 'succession'
  readonly status: AgreementStatus
  /** Absent: at any time. */
  readonly hours: GrantHours | undefined
  /** Codes of which a call must name one. Absent: none is asked for. */
  readonly purposes: ReadonlySet<string> | undefined
  readonly clients: ReadonlySet<string> | undefined
  readonly matches: (method: string, path: string) => boolean
}

/** An agreement as `explain` uses it. */
export interface CompiledAgreement {
  readonly record: RecordedAgreement
  readonly grants: readonly CompiledGrant[]
}

/** Everything that one client may do with one service, as far as the client and the service decide it. */
interface Pair {
  readonly grants: readonly CompiledGrant[]
  readonly byOperation: BoundedPairs<readonly CompiledGrant[]>
}

/** At these sizes a memory starts anew: its keys come from callers. */
const MAX_PAIRS = 20_000
const MAX_OPERATIONS_PER_PAIR = 512
const MAX_REMEMBERED_PATH = 256

const NOTHING: readonly never[] = Object.freeze([])

/**
 * Access rules, compiled for look-up. They remember what they worked out, so make new ones whenever an agreement, a
 * service, a client or a member changes; making them costs little, since patterns are compiled when first needed.
 */
export interface AccessRules {
  readonly source: AccessSource
  /** Grants whose client, service, method and path fit: agreements first, the latest validity first, then open. */
  grantsFor(client: string, service: string, method: string, path: string): readonly CompiledGrant[]
  /** All grants whose client and service fit, whatever their standing, in the same order. */
  grantsOf(client: string, service: string): readonly CompiledGrant[]
  /** All agreements in which these two have these roles, the latest validity first. */
  agreementsBetween(consumer: string, provider: string): readonly CompiledAgreement[]
  /** Whether the clock alone ends some agreement after `afterMs` and not after `untilMs`. */
  endsWithin(afterMs: number, untilMs: number): boolean
}

/** Compiles agreements and open services into rules for {@link decide}. */
export function compileGrants(source: AccessSource): AccessRules {
  const byParties = new Map<string, CompiledAgreement[]>()
  const byConsumerAndService = new Map<string, CompiledGrant[]>()
  const ends: number[] = []
  for (const record of source.agreements) {
    const { content } = record
    // Hosting a branch and being a member open no service.
    if (!isServiceAgreement(content)) continue
    const agreement = compileAgreement(record, content)
    const consumer = consumerOf(content)
    listIn(byParties, `${consumer} ${providerOf(content)}`).push(agreement)
    ends.push(lifeOf(record).untilMs)
    for (const grant of agreement.grants)
      listIn(byConsumerAndService, `${consumer} ${grant.grant.service}`).push(grant)
  }
  const pairs = new BoundedPairs<Pair>(MAX_PAIRS)
  const pairOf = (client: string, service: string): Pair => {
    const known = pairs.get(client, service)
    if (known !== undefined) return known
    const granted = byConsumerAndService.get(`${memberOf(client)} ${service}`) ?? NOTHING
    const grants = grantsOfPair(source, client, service, granted)
    const pair: Pair = { grants, byOperation: new BoundedPairs(MAX_OPERATIONS_PER_PAIR) }
    pairs.set(client, service, pair)
    return pair
  }
  return Object.freeze({
    source,
    grantsFor(client: string, service: string, method: string, path: string) {
      return grantsOfOperation(pairOf(client, service), method, path)
    },
    grantsOf(client: string, service: string) {
      return pairOf(client, service).grants
    },
    agreementsBetween(consumer: string, provider: string) {
      const agreements = byParties.get(`${consumer} ${provider}`) ?? NOTHING
      return agreements.toSorted((a, b) => latestFirst(a.grants[0], b.grants[0]))
    },
    endsWithin(afterMs: number, untilMs: number) {
      return ends.some((endMs) => endMs > afterMs && endMs <= untilMs)
    },
  })
}

/** The service, unless it is unknown or withdrawn. Undefined also when nothing can be looked up. */
export function publishedService(source: AccessSource, service: string): PublishedService | undefined {
  const found = source.serviceOf?.(service)
  return found?.status === 'withdrawn' ? undefined : found
}

/** What makes a service open, in the form of a grant. */
export function openGrant(source: AccessSource, service: string): CompiledGrant | undefined {
  const published = publishedService(source, service)
  if (published?.open === undefined) return undefined
  const { kind, open } = published
  const grant = { service, operations: open.operations, kinds: [kind], dataClass: 'open' } as const
  const always = { fromMs: -Infinity, untilMs: Infinity, endsBy: 'validity', status: 'effective' } as const
  return compileGrant('open', grant, 0, always)
}

function grantsOfPair(
  source: AccessSource,
  client: string,
  service: string,
  granted: readonly CompiledGrant[],
): readonly CompiledGrant[] {
  if (source.isKnownClient?.(client) === false) return NOTHING
  if (source.serviceOf !== undefined && publishedService(source, service) === undefined) return NOTHING
  if (source.isSuspended?.(memberOf(client)) === true || source.isSuspended?.(memberOf(service)) === true)
    return NOTHING
  const own = granted.filter(({ clients }) => clients === undefined || clients.has(client)).sort(latestFirst)
  const open = openGrant(source, service)
  return open === undefined ? own : [...own, open]
}

function grantsOfOperation(pair: Pair, method: string, path: string): readonly CompiledGrant[] {
  const known = pair.byOperation.get(method, path)
  if (known !== undefined) return known
  const grants = pair.grants.filter((grant) => grant.matches(method, path))
  if (path.length > MAX_REMEMBERED_PATH) return grants
  pair.byOperation.set(method, path, grants)
  return grants
}

function compileAgreement(record: RecordedAgreement, content: ServiceAgreement): CompiledAgreement {
  const life = lifeOf(record)
  return {
    record,
    grants: content.grants.map((grant, index) => compileGrant(record.hash, grant, index, life)),
  }
}

/** When an agreement lives, and what ends it. */
interface Life {
  readonly fromMs: number
  readonly untilMs: number
  readonly endsBy: 'validity' | 'succession'
  readonly status: AgreementStatus
}

function lifeOf({ content, status, supersededFrom }: RecordedAgreement): Life {
  const untilMs = parseTime(content.validUntil)
  const nextMs = supersededFrom === undefined ? Infinity : parseTime(supersededFrom)
  const end =
    nextMs < untilMs
      ? ({ untilMs: nextMs, endsBy: 'succession' } as const)
      : ({ untilMs, endsBy: 'validity' } as const)
  return { fromMs: parseTime(content.validFrom), ...end, status }
}

function compileGrant(agreement: string, grant: Grant, index: number, life: Life): CompiledGrant {
  let operations: readonly ((method: string, path: string) => boolean)[] | undefined
  return {
    agreement,
    grant,
    index,
    validFromMs: life.fromMs,
    validUntilMs: life.untilMs,
    endsBy: life.endsBy,
    status: life.status,
    purposes: purposeCodes(grant),
    hours: grant.hours === undefined ? undefined : compileHours(grant.hours),
    clients: grant.clients === undefined ? undefined : new Set(grant.clients),
    matches: (method, path) => {
      operations ??= grant.operations.map(compileOperation)
      return operations.some((matches) => matches(method, path))
    },
  }
}

/** Whether a call with this purpose, or none, names what the grant asks for. */
export function namesPurpose({ purposes }: CompiledGrant, purpose: string | undefined): boolean {
  return purposes === undefined || (purpose !== undefined && purposes.has(purpose))
}

/** Words say what people agreed; codes are what a machine can ask for. */
function purposeCodes({ purpose }: Grant): ReadonlySet<string> | undefined {
  return purpose === undefined || 'en' in purpose ? undefined : new Set(purpose)
}

// The same order at both ends: a consumer and a provider that hold the same agreements choose the same one.
function latestFirst(a: CompiledGrant | undefined, b: CompiledGrant | undefined): number {
  if (a === undefined || b === undefined) return 0
  return b.validFromMs - a.validFromMs || (a.agreement < b.agreement ? -1 : Number(a.agreement > b.agreement))
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const fresh: T[] = []
  lists.set(key, fresh)
  return fresh
}
