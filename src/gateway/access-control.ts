import {
  type AccessQuery,
  type AccessRules,
  type Allowed,
  compileGrants,
  decide,
  type Decision,
  explainDecision,
  type Explanation,
  grantedOperations,
  type ReasonCode,
  type RecordedAgreement,
} from '../agreements/decision.ts'
import type { DataClass } from '../agreements/data-class.ts'
import type { AgreementRecord } from '../directory/directory-record.ts'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import { isIdentifier, memberOf } from '../protocol/identifier.ts'
import type { Operation } from '../protocol/path-glob.ts'
import { normaliseServicePath } from '../protocol/service-path.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { LimitedGrant } from './quotas/limited-grant.ts'
import type { TransitRule } from './transit-rule.ts'
import type { VerifiedAgreements } from './verified-agreements.ts'

/** An operation that is allowed, and by what. */
export interface AllowedAccess {
  /** Content hash of the agreement, or `open`. */
  readonly agreement: string
  /** Class of the data, as the grant says. */
  readonly dataClass: DataClass
  readonly transit: TransitRule
  /** Set when the grant has limits: the call is still to be admitted by them. */
  readonly limited: LimitedGrant | undefined
  /** Whether the answer counts as delivered only when the consumer's gateway acknowledges it. */
  readonly isAcknowledged: boolean
}

/** One operation that somebody wants to call. */
export interface WantedOperation {
  readonly client: string
  readonly service: string
  readonly method: string
  /** Raw service path, as sent. */
  readonly path: string
  /** The agreement the consumer relies on; absent while that is still to be found. */
  readonly agreement?: string
  /** Purpose code that the caller names. */
  readonly purpose?: string | undefined
  /** The highest class of data that our service or mapped port lets through. Default: any. */
  readonly maxDataClass?: DataClass | undefined
  /** When the consumer's gateway took it, in milliseconds since 1970: hours are judged by that. Default: now. */
  readonly takenMs?: number
}

interface AccessControlOptions {
  readonly member: string
  readonly directory: Directory
  readonly agreements: AgreementStore
  /** Whether a signed agreement was verified here. Default: there are only agreements accepted by seal. */
  readonly verified?: Pick<VerifiedAgreements, 'failureOf'>
  readonly clock: Clock
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const NO_TRANSIT_RULE: TransitRule = Object.freeze({})

/**
 * The access rules of this gateway: compiled from the agreements whose content is here and which the directory says
 * are in force, and from the open services of the network. Both sides of an exchange ask it, each for itself.
 */
export class AccessControl {
  readonly #options: AccessControlOptions
  #rules: AccessRules | undefined
  /** Directory version from which the rules were compiled. */
  #version = -1

  constructor(options: AccessControlOptions) {
    this.#options = options
  }

  /** Marks the rules as out of date; they are compiled again before the next decision. */
  invalidate(): void {
    this.#rules = undefined
  }

  /**
   * Allows an operation, or says why not.
   *
   * @throws WuslaError `access_denied`, `unknown_service`, `unknown_client` with reason and remedy; `invalid_path`.
   */
  authorise(wanted: WantedOperation): AllowedAccess {
    const decision = this.decide(wanted)
    if (!decision.allowed) {
      const { client, service } = wanted
      const { reason, text, remedy, changedBy } = decision
      // Of a term the caller can do something about at once, so it reads what it is.
      const message = isTerm(reason) ? { message: text } : {}
      throw new WuslaError(decision.code, {
        ...message,
        details: { reason, remedy, changedBy, client, service },
      })
    }
    const { agreement, grant } = decision
    const { dataClass, transit = NO_TRANSIT_RULE, acknowledgementRequired = false } = grant
    const limited = limitedGrant(decision)
    return { agreement, dataClass, transit, limited, isAcknowledged: acknowledgementRequired }
  }

  /** @throws WuslaError `invalid_path` */
  decide(wanted: WantedOperation): Decision {
    return decide(this.#currentRules(), this.#queryOf(wanted))
  }

  /** What this client may call of a service now, as its grants name it; empty: nothing. */
  operationsFor(client: string, service: string): Operation[] {
    return grantedOperations(this.#currentRules(), { client, service, nowMs: this.#options.clock.nowMs() })
  }

  /** The decision with every agreement that was looked at. @throws WuslaError `invalid_path` */
  explain(wanted: WantedOperation): Explanation {
    return explainDecision(this.#currentRules(), this.#queryOf(wanted))
  }

  /** Whether the clock alone ends some agreement after `afterMs` and not after `untilMs`. */
  endsWithin(afterMs: number, untilMs: number): boolean {
    return this.#currentRules().endsWithin(afterMs, untilMs)
  }

  #queryOf(wanted: WantedOperation): AccessQuery {
    const path = normaliseServicePath(wanted.path)
    if (!path.ok) throw new WuslaError('invalid_path', { details: { reason: path.reason } })
    const { client, service, method, agreement, purpose, takenMs, maxDataClass } = wanted
    const query: Writable<AccessQuery> = {
      client,
      service,
      method,
      path: path.path,
      nowMs: this.#options.clock.nowMs(),
    }
    if (agreement !== undefined) query.agreement = agreement
    if (purpose !== undefined) query.purpose = purpose
    if (takenMs !== undefined) query.takenMs = takenMs
    if (maxDataClass !== undefined) query.ceiling = { highest: maxDataClass, setBy: this.#options.member }
    return query
  }

  #currentRules(): AccessRules {
    const { directory } = this.#options
    if (this.#rules === undefined || this.#version !== directory.version) {
      this.#version = directory.version
      this.#rules = this.#compile()
    }
    return this.#rules
  }

  #compile(): AccessRules {
    const { directory, agreements, member, verified } = this.#options
    const records = directory.agreementsOf(member)
    const successions = successionsIn(records, agreements)
    // What has ended is known to have ended, whoever signed it.
    const failures = records.map((each) =>
      each.status === 'revoked' ? undefined : verified?.failureOf(each),
    )
    return compileGrants({
      agreements: records.flatMap((record, at) => {
        const { agreement, status, suspendedBy } = record
        const content = agreements.get(agreement)
        if (content === undefined || failures[at] !== undefined) return []
        const succession = successions.get(agreement) ?? succeededBy(record, agreements)
        return [{ hash: agreement, content, status, suspendedBy, ...succession }]
      }),
      notVerified: records.flatMap(({ agreement, parties }, at) => {
        const failure = failures[at]
        return failure === undefined
          ? []
          : [{ hash: agreement, parties, step: failure.step, failure: failure.failure }]
      }),
      withoutContent: records
        .filter(({ agreement }) => agreements.get(agreement) === undefined)
        .map(({ agreement, parties }) => ({ hash: agreement, parties })),
      serviceOf: (service) => directory.service(service),
      isKnownClient: (client) => isKnownClient(directory, client),
      isSuspended: (id) => directory.member(id)?.status === 'suspended',
    })
  }
}

/** The limits of the grant that allows a call; undefined when it has none. */
export function limitedGrant({
  agreement,
  grant: { limits },
  grantIndex,
}: Allowed): LimitedGrant | undefined {
  return limits === undefined ? undefined : { agreement, grant: grantIndex, limits }
}

type Succession = Pick<RecordedAgreement, 'supersededFrom' | 'supersededBy'>

/**
 * What took the place of which agreement, by the contents that are here: both parties' own word. Of several the one that
 * begins first.
 */
function successionsIn(
  records: readonly AgreementRecord[],
  agreements: AgreementStore,
): ReadonlyMap<string, Succession> {
  const partiesOf = new Map(records.map(({ agreement, parties }) => [agreement, parties]))
  const successions = new Map<string, Succession>()
  for (const { agreement, parties } of records) {
    const { supersedes, validFrom = '' } = agreements.get(agreement) ?? {}
    if (supersedes === undefined) continue
    const before = partiesOf.get(supersedes)
    if (before === undefined || !parties.every((party) => before.includes(party))) continue
    const known = successions.get(supersedes)?.supersededFrom
    if (known !== undefined && known <= validFrom) continue
    successions.set(supersedes, { supersededFrom: validFrom, supersededBy: agreement })
  }
  return successions
}

/** What the directory says counts only where the content of the newer agreement is not here to say otherwise. */
function succeededBy({ superseded }: AgreementRecord, agreements: AgreementStore): Succession {
  if (superseded === undefined || agreements.get(superseded.by) !== undefined) return {}
  return { supersededFrom: superseded.from, supersededBy: superseded.by }
}

function isTerm(reason: ReasonCode): boolean {
  return (
    reason === 'data_class_too_high' ||
    reason === 'outside_hours' ||
    reason === 'purpose_required' ||
    reason === 'purpose_not_granted'
  )
}

/** A member may call in its own name; a system must be registered by its member. */
function isKnownClient(directory: Directory, client: string): boolean {
  if (isIdentifier('member', client)) return directory.member(client) !== undefined
  return directory.system(client) !== undefined || directory.member(memberOf(client)) !== undefined
}
