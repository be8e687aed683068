import type { ChangeOf } from '../change.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow } from './judgement.ts'
import type { Judgement } from './judgement.ts'
import { needSignatures } from './signers.ts'
import { isNewer, notNewer } from './standing.ts'

/**
 * What signatures under agreements have to be: by the registry. The roots are compared and handed on, never read
 * here: two readers of certificates may differ, and equal logs give equal directories.
 */
export function judgePolicy(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'signing_policy_set'>,
): Judgement {
  const { time, level, qualifiedPolicies, roots, answerWithinDays, testAuthorities } = change
  if (!isNewer(time, state.policy?.changedAt)) return notNewer('the signing policy')
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const tests = testAuthorities === undefined ? {} : { testAuthorities }
    const facts = { level, qualifiedPolicies, roots, answerWithinDays, ...tests }
    state.policies.push({ ...facts, changedAt: time, index })
  })
}
