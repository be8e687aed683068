import type { AccessControl } from './access-control.ts'
import type { DataClass } from '../agreements/data-class.ts'
import { renderReason, type Explanation } from '../agreements/decision.ts'
import { type Bilingual, renderStep, type StepCode } from '../agreements/step-texts.ts'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import { memberOf } from '../protocol/identifier.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { limitSteps } from './explain-limits.ts'
import { type FailedAttempt, triedOf } from './failed-attempt.ts'
import type { EstablishedSession, PeerSessions } from './peer-sessions.ts'
import type { GrantLimits } from './quotas/grant-limits.ts'
import type { TransitRule } from './transit-rule.ts'

/** The call that somebody asks about; identifiers in canonical form. */
export interface AskedCall {
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  /** Purpose code that it would name. */
  readonly purpose?: string | undefined
  /** The highest class of data that our mapped port or service lets through. */
  readonly maxDataClass?: DataClass | undefined
}

/** One step of the way, in its order, and what is so there. */
export interface ExplainedStep {
  readonly step: 'client' | 'agreement' | 'service' | 'limit' | 'gateway' | 'path'
  readonly ok: boolean
  readonly text: Bilingual
  /** The rest stands with a step that fails: the code a caller would read, and who can change it how. */
  readonly code?: string
  readonly reason?: string
  readonly remedy?: Bilingual
  /** Members that can change it; empty: the operator of the network. */
  readonly changedBy?: readonly string[]
  readonly tried?: readonly FailedAttempt[]
}

/** The answer to "may A call B, and if not, why not and who can change it". */
export interface ExplainedCall {
  /** True when the call would arrive: every step holds. */
  readonly allowed: boolean
  /** Hash of the agreement, or `open`; also when a later step fails. */
  readonly agreement?: string
  /** The first step that fails, with its words; absent when the call is allowed. */
  readonly failedStep?: ExplainedStep['step']
  readonly code?: string
  readonly reason?: string
  readonly text: Bilingual
  readonly remedy?: Bilingual
  readonly changedBy?: readonly string[]
  /** Steps that could be judged; one that hangs on an earlier failure is left out. */
  readonly steps: readonly ExplainedStep[]
  /** Every agreement that was looked at. */
  readonly looked: Explanation['looked']
}

export interface ExplainDeps {
  readonly gateway: string
  readonly member: string
  readonly directory: Directory
  readonly access: AccessControl
  readonly limits: GrantLimits
  readonly sessions: PeerSessions
  readonly isRegistered: (client: string) => boolean
  readonly clock: Clock
  /** How long a gateway that is asked for a session may take, in milliseconds. */
  readonly patienceMs: number
}

type Details = Readonly<Record<string, string>>

/**
 * Walks the way of a call as far as this gateway sees it: client, agreement, service, limits, gateway, path. Where everything
 * before holds and no session is open, one is opened: only that shows whether the call would arrive.
 *
 * @throws WuslaError `forbidden` when this gateway's member is neither consumer nor provider of a call under an
 * agreement: it holds none of theirs; `invalid_path`
 */
export async function explainCall(deps: ExplainDeps, asked: AskedCall): Promise<ExplainedCall> {
  const consumer = memberOf(asked.client)
  const provider = memberOf(asked.service)
  const { client, service, method, path } = asked
  const details: Details = { client, service, method, path, consumer, provider, gateway: deps.gateway }
  const { decision, looked } = deps.access.explain(asked)
  assertParty(deps, [consumer, provider], decision)
  const limits = decision.allowed ? await limitSteps(deps.limits, decision, details) : []
  const rules = [clientStep(deps, asked, details), ...ruleSteps(deps, decision, details), ...limits]
  const other = consumer === deps.member ? provider : consumer
  const isClear = decision.allowed && rules.every(({ ok }) => ok)
  const transit = decision.allowed ? (decision.grant.transit ?? {}) : {}
  const way = isClear ? await waySteps(deps, other, transit, details) : standingSteps(deps, other, details)
  const steps = [...rules, ...way]
  const failed = steps.find(({ ok }) => !ok)
  const agreement = decision.allowed ? { agreement: decision.agreement } : {}
  if (failed === undefined) {
    return { allowed: true, ...agreement, text: renderStep('works', {}).text, steps, looked }
  }
  const { step, ok: _, tried: __, ...why } = failed
  return { allowed: false, ...agreement, failedStep: step, ...why, steps, looked }
}

/** A stranger's gateway knows nothing of what two others agreed: "no agreement" would be a guess. */
function assertParty(
  { member }: ExplainDeps,
  parties: readonly string[],
  decision: Explanation['decision'],
): void {
  if (parties.includes(member) || (decision.allowed && decision.agreement === 'open')) return
  throw new WuslaError('forbidden', {
    message: 'This gateway holds the agreements of its own member only.',
    details: { member, ask: parties },
  })
}

function clientStep(deps: ExplainDeps, { client }: AskedCall, details: Details): ExplainedStep {
  const consumer = memberOf(client)
  if (consumer === deps.member) {
    if (deps.isRegistered(client)) return holds('client', 'client_registered', details)
    return fails('client', 'client_not_registered', 'unknown_client', details, [consumer])
  }
  // Which of its systems may enter is settled at the consumer's own door; the provider takes the consumer's word.
  if (deps.directory.member(consumer) !== undefined) return holds('client', 'client_known', details)
  return refused('client', 'unknown_client', 'unknown_client', details, [consumer])
}

/** What the terms and the directory say. A service that is not there leaves no agreement to judge. */
function ruleSteps(
  { directory }: ExplainDeps,
  decision: Explanation['decision'],
  details: Details,
): ExplainedStep[] {
  const { service = '', provider = '' } = details
  const published =
    directory.service(service) === undefined
      ? refused('service', 'unknown_service', 'unknown_service', details, [provider])
      : holds('service', 'service_published', details)
  if (decision.allowed) {
    const code = decision.agreement === 'open' ? 'open_allows' : 'agreement_allows'
    return [holds('agreement', code, { ...details, agreement: decision.agreement }), published]
  }
  // Who is not known was told with the client or the service itself.
  if (decision.code !== 'access_denied') return [published]
  const { code, reason, changedBy } = decision
  return [refused('agreement', reason, code, decision.details, changedBy), published]
}

/** What the directory alone shows of the far end. */
function standingSteps({ directory, member }: ExplainDeps, other: string, details: Details): ExplainedStep[] {
  const gateways = directory.gatewaysOf(other).map(({ gateway }) => gateway)
  const named = { ...details, member: other, gateways: gateways.join(', ') }
  if (other === member || gateways.length > 0) return [holds('gateway', 'gateway_enrolled', named)]
  return [fails('gateway', 'gateway_missing', 'no_path', named, [other])]
}

async function waySteps(
  deps: ExplainDeps,
  other: string,
  transit: TransitRule,
  details: Details,
): Promise<ExplainedStep[]> {
  const standing = standingSteps(deps, other, details)
  if (standing.some(({ ok }) => !ok)) return standing
  const gateways = deps.directory.gatewaysOf(other).map(({ gateway }) => gateway)
  const named = { ...details, member: other, gateways: gateways.join(', ') }
  if (other === deps.member) return [...standing, holds('path', 'path_own', named)]
  const reached = await reach(deps, other, transit)
  if (reached !== 'silent' && 'session' in reached) {
    const path = reached.path.join(' → ')
    return [...standing, holds('path', 'path_open', { ...named, path })]
  }
  return unreached(standing, reached, { ...named, ...transitDetail(transit) }, deps)
}

/** A gateway that no branch has is not at home; anything else is a matter of the way there. */
function unreached(
  standing: ExplainedStep[],
  reached: readonly FailedAttempt[] | 'silent',
  named: Details,
  { member, patienceMs }: ExplainDeps,
): ExplainedStep[] {
  const other = named['member'] ?? ''
  if (reached === 'silent') {
    const seconds = String(Math.round(patienceMs / 1_000))
    return [...standing, fails('path', 'path_silent', 'no_path', { ...named, seconds }, [other])]
  }
  const isAway = reached.every(({ code }) => code === 'gateway_unreachable' || code === 'unknown_gateway')
  if (isAway) return [{ ...fails('gateway', 'gateway_away', 'no_path', named, [other]), tried: reached }]
  if (reached.every(({ via }) => via === '-'))
    return [...standing, { ...fails('path', 'path_no_branch', 'no_path', named, [member]), tried: reached }]
  const tried = reached.map(({ via, code }) => `${via}: ${code}`).join(', ')
  if (named['transit'] !== undefined) {
    const { consumer = '', provider = '' } = named
    const step = fails('path', 'path_forbidden', 'no_path', { ...named, tried }, [consumer, provider])
    return [...standing, { ...step, tried: reached }]
  }
  return [
    ...standing,
    { ...fails('path', 'path_failed', 'no_path', { ...named, tried }, []), tried: reached },
  ]
}

/** The constraint as it is written in the grant: the same in every language. */
function transitDetail(transit: TransitRule): { readonly transit?: string } {
  const parts = (['avoid', 'only', 'onlyClasses'] as const).flatMap((part) =>
    transit[part] === undefined ? [] : [`${part}: ${transit[part].join(', ')}`],
  )
  return parts.length === 0 ? {} : { transit: parts.join('; ') }
}

/** One round of attempts, within our patience; a dial that takes longer goes on for whoever calls next. */
async function reach(
  { sessions, clock, patienceMs }: ExplainDeps,
  member: string,
  transit: TransitRule,
): Promise<EstablishedSession | readonly FailedAttempt[] | 'silent'> {
  const patience = Promise.withResolvers<'silent'>()
  const timer = setTimeout(() => patience.resolve('silent'), patienceMs)
  const oneRound = clock.nowMs()
  const answered = new AbortController()
  const acquired = sessions
    .acquire({ member }, transit, oneRound, answered.signal)
    .catch((cause: unknown) => {
      const tried = isWuslaError(cause) ? triedOf(cause) : undefined
      if (tried === undefined) throw cause
      return tried
    })
  try {
    return await Promise.race([acquired, patience.promise])
  } finally {
    clearTimeout(timer)
    answered.abort()
    // Late: this answer was given without it, and whoever calls next meets the same failure and is told.
    acquired.catch(() => undefined)
  }
}

function holds(step: ExplainedStep['step'], code: StepCode, details: Details): ExplainedStep {
  return { step, ok: true, text: renderStep(code, details).text }
}

function fails(
  step: ExplainedStep['step'],
  reason: StepCode,
  code: string,
  details: Details,
  changedBy: readonly string[],
): ExplainedStep {
  return { step, ok: false, code, reason, ...renderStep(reason, details), changedBy }
}

function refused(
  step: ExplainedStep['step'],
  reason: Parameters<typeof renderReason>[0],
  code: string,
  details: Details,
  changedBy: readonly string[],
): ExplainedStep {
  const en = renderReason(reason, details, 'en')
  const ar = renderReason(reason, details, 'ar')
  return {
    step,
    ok: false,
    code,
    reason,
    text: { en: en.reason, ar: ar.reason },
    remedy: { en: en.remedy, ar: ar.remedy },
    changedBy,
  }
}
