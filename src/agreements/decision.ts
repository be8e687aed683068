import { namesPurpose, openGrant } from './access-rules.ts'
import type { AccessRules } from './access-rules.ts'
import type { Grant, GrantKind } from './agreement.ts'
import { type DataClass, isWithinClass } from './data-class.ts'
import { renderReason } from './decision-texts.ts'
import type { ReasonCode, ReasonDetails } from './decision-texts.ts'
import { classTooHigh, findReason, lookAtAgreements } from './refusal-reason.ts'
import type { FoundReason, LookedAt } from './refusal-reason.ts'

export { compileGrants } from './access-rules.ts'
export type {
  AccessRules,
  AccessSource,
  AgreementStatus,
  PublishedService,
  RecordedAgreement,
} from './access-rules.ts'
export { renderReason } from './decision-texts.ts'
export { grantedOperations } from './granted-operations.ts'
export type { ReasonCode, ReasonDetails } from './decision-texts.ts'
export type { LookedAt } from './refusal-reason.ts'

/** One call that somebody wants to make. Identifiers are in canonical text form. */
export interface AccessQuery {
  /** A system, or a member calling in its own name. */
  readonly client: string
  readonly service: string
  /** Upper case. The right to GET is no right to HEAD. */
  readonly method: string
  /** Normalised by `normaliseServicePath`; empty or starting with a slash. */
  readonly path: string
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /**
   * When the consumer's gateway took the exchange: hours are judged by it, so that what has begun is not cut and may be
   * sent again. Milliseconds since 1970. Default: `nowMs`.
   */
  readonly takenMs?: number
  /** Purpose code that the caller names. */
  readonly purpose?: string
  /** How the service is used. Default: `api`. */
  readonly kind?: GrantKind
  /**
   * Hash of the agreement that the consumer relies on, or `open`: then nothing else can allow the call. The
   * provider's gateway sets it from the request statement, so that both sides act under the same terms.
   */
  readonly agreement?: string
  /** The highest class of data that this gateway lets through here, and the member that says so. Default: any. */
  readonly ceiling?: ClassCeiling
}

/** The highest class of data that a service or a mapped port of a member lets through. */
export interface ClassCeiling {
  readonly highest: DataClass
  readonly setBy: string
}

/** The call is allowed under this agreement and grant. */
export interface Allowed {
  readonly allowed: true
  /** Hash of the agreement, or `open`. */
  readonly agreement: string
  /** The terms: limits, transit, retention. For an open service a grant without terms. */
  readonly grant: Grant
  /** Place of the grant in the agreement, from 0. */
  readonly grantIndex: number
  /** End of validity, milliseconds since 1970; `Infinity` for an open service. */
  readonly validUntilMs: number
}

/** The call is refused. */
export interface Refused {
  readonly allowed: false
  readonly code: 'access_denied' | 'unknown_client' | 'unknown_service'
  readonly reason: ReasonCode
  /** The agreement that came closest to allowing it, or `open`. */
  readonly agreement?: string
  /** Facts for {@link renderReason}. */
  readonly details: ReasonDetails
  /** In English: what is so. */
  readonly text: string
  /** In English: what can be done, and by whom. */
  readonly remedy: string
  /** Members that can change it; empty when only the operator of the network can. */
  readonly changedBy: readonly string[]
}

/** Whether a call is allowed, and by what, or why not. */
export type Decision = Allowed | Refused

/** A decision with everything that was looked at on the way. */
export interface Explanation {
  readonly decision: Decision
  /** Every agreement between the two members, and the open service if it is one. */
  readonly looked: readonly LookedAt[]
}

/**
 * Decides one call: pure, no clock, no I/O. When several grants allow it, the one of the agreement whose
 * validity began last is chosen, then the smaller hash; an agreement comes before an open service.
 */
export function decide(rules: AccessRules, query: AccessQuery): Decision {
  const { client, service, method, path, nowMs, takenMs = nowMs, kind = 'api', agreement, purpose } = query
  const { ceiling } = query
  for (const candidate of rules.grantsFor(client, service, method, path)) {
    if (candidate.status !== 'effective') continue
    if (nowMs < candidate.validFromMs || nowMs >= candidate.validUntilMs) continue
    if (!candidate.grant.kinds.includes(kind)) continue
    if (agreement !== undefined && agreement !== candidate.agreement) continue
    if (candidate.hours?.holdAt(takenMs) === false || !namesPurpose(candidate, purpose)) continue
    // Judged after the choice: what one gateway lets through must not make the two choose different grants.
    if (ceiling !== undefined && !isWithinClass(candidate.grant.dataClass, ceiling.highest))
      return refused(classTooHigh(query, candidate, ceiling))
    return {
      allowed: true,
      agreement: candidate.agreement,
      grant: candidate.grant,
      grantIndex: candidate.index,
      validUntilMs: candidate.validUntilMs,
    }
  }
  return refuse(rules, query)
}

/** Decides, and shows every agreement that was looked at with the reason why it did or did not allow the call. */
export function explainDecision(rules: AccessRules, query: AccessQuery): Explanation {
  return {
    decision: decide(rules, query),
    looked: lookAtAgreements(rules, query, openGrant(rules.source, query.service)),
  }
}

function refuse(rules: AccessRules, query: AccessQuery): Refused {
  const open = openGrant(rules.source, query.service)
  return refused(findReason(rules, query, open))
}

function refused({ reason, agreement, details, changedBy }: FoundReason): Refused {
  const isUnknown = reason === 'unknown_client' || reason === 'unknown_service'
  const words = renderReason(reason, details, 'en')
  return {
    allowed: false,
    code: isUnknown ? reason : 'access_denied',
    reason,
    ...(agreement === undefined ? {} : { agreement }),
    details,
    text: words.reason,
    remedy: words.remedy,
    changedBy,
  }
}
