import { type Allowed, renderReason } from '../agreements/decision.ts'
import { renderStep } from '../agreements/step-texts.ts'
import { memberOf } from '../protocol/identifier.ts'
import { limitedGrant } from './access-control.ts'
import type { ExplainedStep } from './explain-call.ts'
import type { GrantLimits } from './quotas/grant-limits.ts'
import type { LimitUsage } from './quotas/limited-grant.ts'

/** What the limits of the grant that allows a call say now, by this gateway's count; none when it has none. */
export async function limitSteps(
  limits: GrantLimits,
  allowed: Allowed,
  details: Readonly<Record<string, string>>,
): Promise<ExplainedStep[]> {
  const limited = limitedGrant(allowed)
  if (limited === undefined) return []
  const usage = await limits.usage(limited)
  return usage.map((each) => limitStep(each, { ...details, agreement: allowed.agreement }))
}

/** A rate passes within the second, so only a day that is used up stands in the way. */
function limitStep(
  { limit, max, used, resetsAt }: LimitUsage,
  details: Readonly<Record<string, string>>,
): ExplainedStep {
  const facts = { ...details, limit, max: String(max), used: String(used) }
  if (resetsAt === undefined) return { step: 'limit', ok: true, ...renderStep('limit_rate', facts) }
  const day = { ...facts, resetsAt }
  if (used < max) return { step: 'limit', ok: true, ...renderStep('limit_day', day) }
  const en = renderReason('quota_exceeded', day, 'en')
  const ar = renderReason('quota_exceeded', day, 'ar')
  return {
    step: 'limit',
    ok: false,
    code: 'limit_exceeded',
    reason: 'quota_exceeded',
    text: { en: en.reason, ar: ar.reason },
    remedy: { en: en.remedy, ar: ar.remedy },
    changedBy: [memberOf(details['client'] ?? ''), memberOf(details['service'] ?? '')],
  }
}
