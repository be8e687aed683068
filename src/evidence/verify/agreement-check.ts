import { memberOf } from '../../protocol/identifier.ts'
import type { AnswerStatement, RequestStatement } from '../../protocol/statement.ts'
import type { EvidenceFacts } from '../verify-result.ts'
import type { AgreementView, NetworkView } from './network-view.ts'
import { need } from './refusal.ts'

type AgreementFacts = EvidenceFacts['agreement']

/**
 * What the directory part says about the agreement that the request names. That it was suspended or past its
 * time does not undo what was exchanged, so it is a fact and not a refusal: a directory may reach a gateway late.
 */
export function judgeAgreement(
  view: NetworkView,
  request: RequestStatement,
  answer: AnswerStatement | undefined,
): AgreementFacts {
  const { agreement: hash, client, service, time } = request
  if (hash === 'open') return { hash, standing: 'open' }
  const agreement = view.agreements.get(hash)
  if (agreement === undefined) {
    // Who asks under an agreement that is none gets a refusal, and the refusal must be provable too.
    need(answer?.error !== undefined, 'agreement_missing')
    return { hash, standing: 'unknown' }
  }
  const { parties } = agreement
  need(parties.includes(memberOf(client)) && parties.includes(memberOf(service)), 'other_parties')
  return { hash, standing: standingAt(agreement, time) }
}

/** How an agreement stood at a time, of what the view holds of it. */
export function standingAt(
  agreement: AgreementView,
  time: string,
): Exclude<AgreementFacts['standing'], 'open' | 'unknown'> {
  const past = agreement.standings.filter((standing) => standing.time <= time)
  if (past.some(({ act }) => act === 'revoked')) return 'revoked'
  if (time < agreement.validFrom) return 'not_yet_valid'
  if (time >= agreement.validUntil) return 'expired'
  if (agreement.superseded !== undefined && time >= agreement.superseded.from) return 'superseded'
  const isSuspendedBy = (party: string): boolean =>
    past.findLast((standing) => standing.party === party)?.act === 'suspended'
  return agreement.parties.some(isSuspendedBy) ? 'suspended' : 'effective'
}
