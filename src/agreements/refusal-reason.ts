import { formatTime } from '../protocol/clock.ts'
import { memberOf } from '../protocol/identifier.ts'
import { namesPurpose, publishedService } from './access-rules.ts'
import type { AccessRules, AgreementStatus, CompiledAgreement, CompiledGrant } from './access-rules.ts'
import type { AccessQuery, ClassCeiling } from './decision.ts'
import type { ReasonCode, ReasonDetails } from './decision-texts.ts'
import { DATA_CLASSES } from './document/model/words.ts'

/** What one agreement, or the openness of a service, says to a call. */
export interface LookedAt {
  /** Hash of the agreement, or `open`. */
  readonly agreement: string
  readonly verdict: 'allows' | ReasonCode
  /** True when a grant covers the call, whatever the standing of the agreement, the hours and the purpose. */
  readonly fits: boolean
  /** What the verdict's words name of the terms. */
  readonly facts: ReasonDetails
  readonly status: AgreementStatus
  /** Parties that suspended it. */
  readonly suspendedBy: readonly string[]
  readonly validFromMs: number
  readonly validUntilMs: number
  /** Its grants in their order: how far each one carries. */
  readonly grants: readonly { readonly service: string; readonly verdict: GrantVerdict }[]
}

/** How far a grant carries, whatever the standing of its agreement. */
export type GrantVerdict =
  | 'fits'
  | 'purpose_required'
  | 'purpose_not_granted'
  | 'outside_hours'
  | 'operation_not_granted'
  | 'kind_not_granted'
  | 'client_not_granted'
  | 'service_not_granted'

/** Why a call is refused, before it is put into words. */
export interface FoundReason {
  readonly reason: ReasonCode
  readonly agreement?: string
  readonly details: ReasonDetails
  readonly changedBy: readonly string[]
}

/** The nearer a grant comes, the earlier it stands. */
const GRANT_VERDICTS: readonly GrantVerdict[] = [
  'fits',
  'purpose_required',
  'purpose_not_granted',
  'outside_hours',
  'operation_not_granted',
  'kind_not_granted',
  'client_not_granted',
  'service_not_granted',
]

/** Which of several obstacles tells the caller most: the one that is easiest to take away. */
const IF_IT_FITS: readonly ReasonCode[] = [
  'purpose_required',
  'purpose_not_granted',
  'outside_hours',
  'suspended',
  'not_yet_valid',
  'superseded',
  'expired',
  'revoked',
]

/** Nothing brings such an agreement back. */
const OVER: ReadonlySet<ReasonCode> = new Set(['superseded', 'expired', 'revoked'])

/** What a grant says to a call that it covers. */
const COVERING: ReadonlySet<GrantVerdict | undefined> = new Set([
  'fits',
  'purpose_required',
  'purpose_not_granted',
  'outside_hours',
])

/** Looks at all agreements between the two members, and at the open service, without regard to who is known. */
export function lookAtAgreements(
  rules: AccessRules,
  query: AccessQuery,
  open: CompiledGrant | undefined,
): readonly LookedAt[] {
  const agreements = rules.agreementsBetween(memberOf(query.client), memberOf(query.service))
  const looked = agreements.map((agreement) => lookAt(agreement, query))
  return open === undefined ? looked : [...looked, lookAtGrants([open], [], query, open)]
}

/** Why a call that a grant allows is not let through here: its data are of a higher class. */
export function classTooHigh(
  query: AccessQuery,
  { agreement, grant }: CompiledGrant,
  { highest, setBy }: ClassCeiling,
): FoundReason {
  const [granted, upTo] = [DATA_CLASSES[grant.dataClass], DATA_CLASSES[highest]]
  const words = { classEn: granted.en, classAr: granted.ar, highestEn: upTo.en, highestAr: upTo.ar }
  const details = detailsOf(query, { agreement, setBy, ...words })
  return { reason: 'data_class_too_high', agreement, details, changedBy: [setBy] }
}

/** Finds the reason for a call that {@link decide} does not allow. */
export function findReason(
  rules: AccessRules,
  query: AccessQuery,
  open: CompiledGrant | undefined,
): FoundReason {
  const parties = partiesOf(query)
  const both = [parties.consumer, parties.provider]
  const standing = findStanding(rules, query)
  if (standing !== undefined) return standing
  const looked = lookAtAgreements(rules, query, open)
  const relied = query.agreement
  const relevant = relied === undefined ? looked : looked.filter(({ agreement }) => agreement === relied)
  const best = mostHelpful(relevant)
  if (best !== undefined) return fromAgreement(best, query)
  const missing = withoutContent(rules, query)
  if (missing !== undefined) {
    const details = detailsOf(query, { agreement: missing })
    return { reason: 'content_missing', agreement: missing, details, changedBy: both }
  }
  const unverified = notVerified(rules, query)
  if (unverified !== undefined) return unverified
  if (relied === 'open')
    return { reason: 'not_open', details: detailsOf(query), changedBy: [parties.provider] }
  if (relied !== undefined) {
    return {
      reason: 'unknown_agreement',
      agreement: relied,
      details: detailsOf(query, { agreement: relied }),
      changedBy: both,
    }
  }
  return { reason: 'no_agreement', details: detailsOf(query), changedBy: both }
}

// Who is known and in good standing comes before every agreement.
function findStanding(rules: AccessRules, query: AccessQuery): FoundReason | undefined {
  const { source } = rules
  const { consumer, provider } = partiesOf(query)
  if (source.isKnownClient?.(query.client) === false) {
    return { reason: 'unknown_client', details: detailsOf(query), changedBy: [consumer] }
  }
  if (source.serviceOf !== undefined && publishedService(source, query.service) === undefined) {
    return { reason: 'unknown_service', details: detailsOf(query), changedBy: [provider] }
  }
  const suspended = [consumer, provider].find((member) => source.isSuspended?.(member) === true)
  if (suspended === undefined) return undefined
  return { reason: 'member_suspended', details: detailsOf(query, { suspended }), changedBy: [] }
}

function fromAgreement(looked: LookedAt, query: AccessQuery): FoundReason {
  const { consumer, provider } = partiesOf(query)
  const { agreement, verdict, facts, suspendedBy, validFromMs, validUntilMs } = looked
  const reason = verdict === 'allows' ? 'no_agreement' : verdict
  const both = [consumer, provider]
  const suspending = reason === 'suspended' && suspendedBy.length > 0 ? suspendedBy : both
  const changedBy = reason === 'purpose_required' ? [consumer] : suspending
  const details = {
    agreement,
    ...(agreement === 'open'
      ? {}
      : { validFrom: formatTime(validFromMs), validUntil: formatTime(validUntilMs) }),
    ...(reason === 'suspended' ? { suspendedBy: changedBy.join(', ') } : {}),
    ...facts,
  }
  return { reason, agreement, details: detailsOf(query, details), changedBy }
}

function lookAt({ record, grants }: CompiledAgreement, query: AccessQuery): LookedAt {
  const [first] = grants
  // The rules for content demand at least one grant.
  if (first === undefined) throw new RangeError('an agreement without grants')
  const looked = lookAtGrants(grants, record.suspendedBy ?? [], query, first)
  const { supersededBy } = record
  if (looked.verdict !== 'superseded' || supersededBy === undefined) return looked
  return { ...looked, facts: { ...looked.facts, supersededBy } }
}

function lookAtGrants(
  grants: readonly CompiledGrant[],
  suspendedBy: readonly string[],
  query: AccessQuery,
  compiled: CompiledGrant,
): LookedAt {
  const { agreement, status, validFromMs, validUntilMs } = compiled
  const verdicts = grants.map((grant) => ({
    service: grant.grant.service,
    verdict: lookAtGrant(grant, query),
  }))
  const nearest = GRANT_VERDICTS.find((verdict) => verdicts.some((grant) => grant.verdict === verdict))
  const fits = COVERING.has(nearest)
  const standing = standingAt(compiled, query.nowMs)
  const isOver = standing !== undefined && OVER.has(standing)
  const ofGrants = nearest === undefined || nearest === 'fits' ? 'allows' : nearest
  const verdict = fits || isOver ? (standing ?? ofGrants) : ofGrants
  const found = grants[verdicts.findIndex((grant) => grant.verdict === verdict)]
  const facts = found === undefined ? {} : factsOf(found, verdict, query)
  return { agreement, verdict, fits, facts, status, suspendedBy, validFromMs, validUntilMs, grants: verdicts }
}

function lookAtGrant(compiled: CompiledGrant, query: AccessQuery): GrantVerdict {
  const { grant, clients, matches, hours } = compiled
  if (grant.service !== query.service) return 'service_not_granted'
  if (clients !== undefined && !clients.has(query.client)) return 'client_not_granted'
  if (!grant.kinds.includes(query.kind ?? 'api')) return 'kind_not_granted'
  if (!matches(query.method, query.path)) return 'operation_not_granted'
  if (hours?.holdAt(query.takenMs ?? query.nowMs) === false) return 'outside_hours'
  if (namesPurpose(compiled, query.purpose)) return 'fits'
  return query.purpose === undefined ? 'purpose_required' : 'purpose_not_granted'
}

/** What the words for a verdict name of the terms of its grant. */
function factsOf(
  { hours, purposes }: CompiledGrant,
  verdict: LookedAt['verdict'],
  query: AccessQuery,
): ReasonDetails {
  if (verdict === 'outside_hours') return hours?.factsAt(query.nowMs) ?? {}
  const granted = { purposes: [...(purposes ?? [])].join(', ') }
  if (verdict === 'purpose_required') return granted
  if (verdict === 'purpose_not_granted') return { ...granted, purpose: query.purpose ?? '' }
  return {}
}

// What is final comes first: resuming an agreement that has expired would help nobody.
function standingAt(
  { status, validFromMs, validUntilMs, endsBy }: CompiledGrant,
  nowMs: number,
): ReasonCode | undefined {
  if (status === 'revoked') return 'revoked'
  if (nowMs >= validUntilMs) return endsBy === 'succession' ? 'superseded' : 'expired'
  if (status === 'suspended') return 'suspended'
  return nowMs < validFromMs ? 'not_yet_valid' : undefined
}

// First agreements that cover the call but are not in force, then those in force that cover something near it, and
// last those that are over and never covered it.
function mostHelpful(looked: readonly LookedAt[]): LookedAt | undefined {
  const fitting = looked.filter(({ fits }) => fits)
  const others = looked.filter(({ fits }) => !fits)
  return (
    firstWith(fitting, IF_IT_FITS) ??
    firstWith(others, GRANT_VERDICTS) ??
    firstWith(others, ['superseded', 'expired', 'revoked'])
  )
}

function firstWith(looked: readonly LookedAt[], verdicts: readonly string[]): LookedAt | undefined {
  for (const wanted of verdicts) {
    const found = looked.find(({ verdict }) => verdict === wanted)
    if (found !== undefined) return found
  }
  return undefined
}

function withoutContent(rules: AccessRules, query: AccessQuery): string | undefined {
  const { consumer, provider } = partiesOf(query)
  for (const { hash, parties } of rules.source.withoutContent ?? []) {
    const isBetween = parties.includes(consumer) && parties.includes(provider)
    if (isBetween && (query.agreement ?? hash) === hash) return hash
  }
  return undefined
}

function notVerified(rules: AccessRules, query: AccessQuery): FoundReason | undefined {
  const { consumer, provider } = partiesOf(query)
  for (const { hash, parties, step, failure } of rules.source.notVerified ?? []) {
    const isBetween = parties.includes(consumer) && parties.includes(provider)
    if (!isBetween || (query.agreement ?? hash) !== hash) continue
    const details = detailsOf(query, { agreement: hash, step, failure })
    return { reason: 'not_verified', agreement: hash, details, changedBy: [consumer, provider] }
  }
  return undefined
}

function partiesOf(query: AccessQuery): { readonly consumer: string; readonly provider: string } {
  return { consumer: memberOf(query.client), provider: memberOf(query.service) }
}

function detailsOf(query: AccessQuery, more: ReasonDetails = {}): ReasonDetails {
  const { client, service, method, path, kind = 'api' } = query
  return { client, service, method, path, kind, ...partiesOf(query), ...more }
}
