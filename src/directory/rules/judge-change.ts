import type { Anchor } from '../../trust/anchor.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { effectProofs, judgeAgreementStanding, judgeEffect } from './agreement-rules.ts'
import {
  judgeBranchLeave,
  judgeBranchRetirement,
  judgeClass,
  judgeCommission,
  judgeLine,
  judgeLineRemoval,
} from './branch-rules.ts'
import { judgeDirectAnnouncement, judgeDirectWithdrawal } from './direct-rules.ts'
import { judgeEnrolment, judgeKeyBinding, judgeKeyRevocation, judgeRetirement } from './gateway-rules.ts'
import { refuse } from './judgement.ts'
import type { Judgement, Proof } from './judgement.ts'
import { judgeMandateEnd, judgeMandateGrant } from './mandate-rules.ts'
import { judgeAdmission, judgeStanding } from './member-rules.ts'
import { judgeFounding } from './network-rules.ts'
import { judgePolicy } from './policy-rules.ts'
import { judgePublication, judgeSystem, judgeWithdrawal, publicationProofs } from './service-rules.ts'

/** What the rules of `docs/spec/directory.md`, section 4, say about a well-formed change in this state. */
export function judgeChange(
  state: DirectoryState,
  entry: SignedEntry,
  anchor: Anchor,
  index: number,
): Judgement {
  const { change } = entry
  if (change.kind === 'network_founded') return judgeFounding(state, entry, change, { anchor, index })
  if (state.network === undefined) return refuse('not_founded', 'the first entry does not found the network')
  switch (change.kind) {
    case 'member_admitted':
      return judgeAdmission(state, entry, change)
    case 'member_suspended':
    case 'member_resumed':
    case 'member_readmitted':
      return judgeStanding(state, entry, change)
    case 'gateway_enrolled':
      return judgeEnrolment(state, entry, change)
    case 'key_bound':
      return judgeKeyBinding(state, entry, change)
    case 'key_revoked':
      return judgeKeyRevocation(state, entry, change)
    case 'gateway_retired':
      return judgeRetirement(state, entry, change)
    case 'gateway_direct_announced':
      return judgeDirectAnnouncement(state, entry, change)
    case 'gateway_direct_withdrawn':
      return judgeDirectWithdrawal(state, entry, change)
    case 'system_registered':
      return judgeSystem(state, entry, change)
    case 'service_published':
      return judgePublication(state, entry, change)
    case 'service_withdrawn':
      return judgeWithdrawal(state, entry, change)
    case 'branch_commissioned':
      return judgeCommission(state, entry, change)
    case 'branch_classed':
      return judgeClass(state, entry, change)
    case 'branch_leaving':
      return judgeBranchLeave(state, entry, change)
    case 'branch_retired':
      return judgeBranchRetirement(state, entry, change)
    case 'line_registered':
      return judgeLine(state, entry, change)
    case 'line_removed':
      return judgeLineRemoval(state, entry, change)
    case 'agreement_effective':
      return judgeEffect(state, entry, change)
    case 'agreement_suspended':
    case 'agreement_resumed':
    case 'agreement_revoked':
      return judgeAgreementStanding(state, entry, change)
    case 'signing_policy_set':
      return judgePolicy(state, entry, change)
    case 'mandate_granted':
      return judgeMandateGrant(state, entry, change)
    case 'mandate_ended':
      return judgeMandateEnd(state, entry, change)
  }
}

/**
 * Whether the proofs of this change may be made up for when its record is first read: no rule builds on the
 * record without reading it, and there is nothing in its place that would come back if the proofs failed.
 */
export function mayDefer(state: DirectoryState, entry: SignedEntry): boolean {
  const { change } = entry
  // One that supersedes another changes a record beside its own: taking it back would have to bring that back.
  if (change.kind === 'agreement_effective') return change.supersedes === undefined
  return change.kind === 'service_published' && state.peekService(change.service) === undefined
}

/** The proofs that {@link mayDefer} put off, judged as of the entry's own place in the log. */
export function deferredProofs(state: DirectoryState, entry: SignedEntry, index: number): readonly Proof[] {
  const { change } = entry
  if (change.kind === 'agreement_effective') return effectProofs(state, entry, change, index)
  if (change.kind === 'service_published') return publicationProofs(state, entry, change, index)
  return []
}
