import { verifyAcceptance } from '../../agreements/acceptance.ts'
import type { ChangeOf } from '../change.ts'
import type { AgreementRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Proof } from './judgement.ts'
import { memberVerifier, needSignatures } from './signers.ts'
import { activeMember, isNewer, notNewer } from './standing.ts'

// Shared by all agreements about which nobody changed anything: at a hundred thousand of them it shows.
const NOBODY: readonly never[] = Object.freeze([])

/**
 * An agreement comes into force by the acceptances of both its parties; the registry only publishes it. Whether
 * it grants anything is not here to be seen: the content does that, and this entry names its hash.
 */
export function judgeEffect(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'agreement_effective'>,
): Judgement {
  const { agreement, parties, validFrom, validUntil, time } = change
  for (const party of parties) {
    const standing = activeMember(state, party)
    if (!standing.ok) return standing
  }
  if (validFrom >= validUntil) return refuse('bad_time', 'validUntil is not after validFrom')
  // Once known, for ever known: acceptances never work a second time, so a revoked agreement stays revoked.
  if (state.agreement(agreement) !== undefined) {
    return refuse('already_exists', 'the agreement has been in force before')
  }
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  const acceptances = acceptanceProofs(state, change)
  return allow([...signed.proofs, ...acceptances], (index) =>
    state.putAgreement({
      agreement,
      parties,
      validFrom,
      validUntil,
      status: 'effective',
      suspendedBy: NOBODY,
      standing: NOBODY,
      effectiveAt: time,
      history: [index],
      changedAt: time,
      index,
    }),
  )
}

/** The proofs of the entry `asOf`, which was judged before. */
export function effectProofs(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'agreement_effective'>,
  asOf: number,
): readonly Proof[] {
  const signed = needSignatures(state, entry, [{ as: 'registry' }], asOf)
  return signed.ok ? [...signed.proofs, ...acceptanceProofs(state, change, asOf)] : [() => signed]
}

/** Suspension, its end, and revocation: by one party, each for itself. */
export function judgeAgreementStanding(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'agreement_suspended' | 'agreement_resumed' | 'agreement_revoked'>,
): Judgement {
  const { agreement, party, time, kind, reason } = change
  const record = state.agreement(agreement)
  if (record === undefined) return refuse('unknown_subject', 'no such agreement is in force')
  if (!record.parties.includes(party)) return refuse('not_a_party', `${party} is not a party`)
  if (record.status === 'revoked') return refuse('wrong_state', 'the agreement is revoked, which is final')
  const last = record.standing.find((side) => side.party === party)
  if (!isNewer(time, last?.changedAt)) return notNewer('the agreement by this party')
  const isSuspended = record.suspendedBy.includes(party)
  if (kind === 'agreement_suspended' && isSuspended) {
    return refuse('wrong_state', `${party} has suspended it already`)
  }
  if (kind === 'agreement_resumed') {
    if (!isSuspended) return refuse('wrong_state', `${party} has not suspended it`)
    const standing = activeMember(state, party)
    if (!standing.ok) return standing
  }
  const signed = needSignatures(state, entry, [{ as: 'member', member: party }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => state.putAgreement(changed(record, change, index, reason)))
}

function changed(
  record: AgreementRecord,
  change: ChangeOf<'agreement_suspended' | 'agreement_resumed' | 'agreement_revoked'>,
  index: number,
  reason: string,
): AgreementRecord {
  const { party, kind, time } = change
  const others = record.suspendedBy.filter((other) => other !== party)
  const suspendedBy = kind === 'agreement_suspended' ? [...others, party] : others
  const open = suspendedBy.length === 0 ? 'effective' : 'suspended'
  return {
    ...record,
    status: kind === 'agreement_revoked' ? 'revoked' : open,
    suspendedBy,
    standing: [...record.standing.filter((side) => side.party !== party), { party, changedAt: time }],
    reason,
    history: [...record.history, index],
    changedAt: time > record.changedAt ? time : record.changedAt,
    index,
  }
}

function acceptanceProofs(
  state: DirectoryState,
  change: ChangeOf<'agreement_effective'>,
  asOf?: number,
): Proof[] {
  return change.parties.map((member, place) => {
    const acceptance = change.acceptances[place] ?? ''
    return () => {
      try {
        verifyAcceptance(acceptance, {
          agreement: change.agreement,
          member,
          resolveKey: (kid) => memberVerifier(state, member, kid, asOf)?.(),
        })
        return undefined
      } catch {
        return refuse('bad_acceptance', `${member} has not accepted it with an active seal key`)
      }
    }
  })
}
