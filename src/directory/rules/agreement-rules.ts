import { verifyAcceptance } from '../../agreements/acceptance.ts'
import type { AcceptedWords } from '../../agreements/acceptance.ts'
import type { ChangeOf } from '../change.ts'
import type { AgreementRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Proof, Refusal } from './judgement.ts'
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
  const wrong = documentProblem(state, change) ?? successionProblem(state, change)
  if (wrong !== undefined) return wrong
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  const acceptances = acceptanceProofs(state, change)
  return allow([...signed.proofs, ...acceptances], (index) => {
    const { document, signedUnder, supersedes } = change
    const signing = document === undefined || signedUnder === undefined ? {} : { document, signedUnder }
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
      ...signing,
      ...(supersedes === undefined ? {} : { supersedes }),
      changedAt: time,
      index,
    })
    if (supersedes !== undefined) endByNext(state, supersedes, change, index)
  })
}

/** Once a signing policy stands, an agreement takes effect with the document that officials signed, or not at all. */
function documentProblem(
  state: DirectoryState,
  { parties, signedUnder }: ChangeOf<'agreement_effective'>,
): Refusal | undefined {
  if (signedUnder === undefined) {
    if (state.policy === undefined) return undefined
    return refuse('document_missing', 'a signing policy stands, and no document is named')
  }
  const stranger = parties.find((party, place) =>
    signedUnder[place]?.some((mandate) => state.mandates.get(mandate)?.member !== party),
  )
  return stranger === undefined
    ? undefined
    : refuse('unknown_mandate', `${stranger} has not granted a mandate it was signed under`)
}

function successionProblem(
  state: DirectoryState,
  { parties, supersedes }: ChangeOf<'agreement_effective'>,
): Refusal | undefined {
  if (supersedes === undefined) return undefined
  const record = state.agreement(supersedes)
  if (record === undefined) return refuse('unknown_subject', 'it supersedes an agreement that is not there')
  if (!parties.every((party) => record.parties.includes(party))) {
    return refuse('not_a_party', 'it supersedes an agreement of others')
  }
  if (record.status === 'revoked') return refuse('wrong_state', 'it supersedes an agreement that was revoked')
  if (record.superseded === undefined) return undefined
  return refuse('wrong_state', 'it supersedes an agreement that another one took the place of')
}

function endByNext(
  state: DirectoryState,
  supersedes: string,
  { agreement, validFrom, time }: ChangeOf<'agreement_effective'>,
  index: number,
): void {
  const record = state.agreement(supersedes)
  // The rule before this one saw it.
  if (record === undefined) throw new RangeError('the superseded agreement is gone')
  state.putAgreement({
    ...record,
    superseded: { by: agreement, from: validFrom },
    history: [...record.history, index],
    changedAt: time > record.changedAt ? time : record.changedAt,
    index,
  })
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

/**
 * The acceptances of both parties and, if the change names a document, that each seals the mandates of its party and at
 * least one of them this very document: the last one to sign saw it whole.
 */
function acceptanceProofs(
  state: DirectoryState,
  change: ChangeOf<'agreement_effective'>,
  asOf?: number,
): Proof[] {
  const words: AcceptedWords[] = []
  const each = change.parties.map((member, place) => {
    const acceptance = change.acceptances[place] ?? ''
    return () => {
      try {
        const accepted = verifyAcceptance(acceptance, {
          agreement: change.agreement,
          member,
          resolveKey: (kid) => memberVerifier(state, member, kid, asOf)?.(),
        })
        words.push(accepted)
        return mandateProblem(accepted, change.signedUnder?.[place])
      } catch {
        return refuse('bad_acceptance', `${member} has not accepted it with an active seal key`)
      }
    }
  })
  const { document } = change
  if (document === undefined) return each
  return [
    ...each,
    () =>
      words.some((accepted) => accepted.document === document)
        ? undefined
        : refuse('bad_acceptance', 'no party has sealed the document'),
  ]
}

function mandateProblem(
  { member, mandates = [] }: AcceptedWords,
  signedUnder: readonly string[] | undefined,
): Refusal | undefined {
  if (signedUnder === undefined) return undefined
  const isSame =
    mandates.length === signedUnder.length && signedUnder.every((id, place) => id === mandates[place])
  return isSame ? undefined : refuse('bad_acceptance', `${member} has sealed other mandates, or none`)
}
