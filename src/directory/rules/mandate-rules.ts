import { isWithinClass } from '../../agreements/data-class.ts'
import type { ChangeOf } from '../change.ts'
import type { MandateRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { mandateChain } from '../state/mandate-chain.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Refusal } from './judgement.ts'
import { needSignatures } from './signers.ts'
import { activeMember, isNewer, notNewer } from './standing.ts'

/** A mandate, one delegated from it, and so on: so many at most, so that judging one stays cheap. */
const MAX_DEPTH = 4

/**
 * An official may sign for a member: by the member alone. The registry can neither appoint anybody nor bring back a
 * mandate that has ended, and a part that is handed on is never more than what it is a part of.
 */
export function judgeMandateGrant(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'mandate_granted'>,
): Judgement {
  const { type: _type, kind: _kind, network: _network, time, ...terms } = change
  const { member, mandate, validFrom, validUntil, delegatedFrom } = terms
  const standing = activeMember(state, member)
  if (!standing.ok) return standing
  if (validFrom >= validUntil) return refuse('bad_time', 'validUntil is not after validFrom')
  if (state.mandates.has(mandate)) return refuse('already_exists', 'this mandate was granted before')
  const wrong = delegatedFrom === undefined ? undefined : delegationProblem(state, change, delegatedFrom)
  if (wrong !== undefined) return wrong
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) =>
    state.putMandate({ ...terms, grantedAt: time, history: [index], changedAt: time, index }),
  )
}

/** The end of a mandate: a protective act, so by the member, suspended or not. */
export function judgeMandateEnd(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'mandate_ended'>,
): Judgement {
  const { member, mandate, reason, time } = change
  if (!state.members.has(member)) return refuse('unknown_member', `${member} is not admitted`)
  const record = state.mandates.get(mandate)
  if (record === undefined) return refuse('unknown_mandate', 'no such mandate was granted')
  if (record.member !== member) return refuse('wrong_member', `the mandate is not one of ${member}`)
  if (record.endedAt !== undefined) return refuse('wrong_state', 'the mandate has ended, which is final')
  if (!isNewer(time, record.changedAt)) return notNewer('the mandate')
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const history = [...record.history, index]
    state.putMandate({ ...record, endedAt: time, endReason: reason, history, changedAt: time, index })
  })
}

function delegationProblem(
  state: DirectoryState,
  change: ChangeOf<'mandate_granted'>,
  delegatedFrom: string,
): Refusal | undefined {
  const chain = mandateChain(state, delegatedFrom)
  const [parent] = chain
  if (parent === undefined)
    return refuse('unknown_mandate', 'it is delegated from a mandate that is not there')
  if (parent.member !== change.member) return refuse('wrong_member', 'it is delegated from another member')
  if (chain.some(({ endedAt }) => endedAt !== undefined)) {
    return refuse('wrong_state', 'the mandate it is delegated from has ended')
  }
  if (parent.delegable !== true) return refuse('wrong_state', 'that mandate may not be delegated')
  if (chain.length >= MAX_DEPTH) return refuse('wider_mandate', `mandates are at most ${MAX_DEPTH} deep`)
  const wider = widerIn(change, parent)
  return wider === undefined
    ? undefined
    : refuse('wider_mandate', `${wider} is wider than in what it is part of`)
}

/** The first term in which the part would be more than the whole. */
function widerIn(part: ChangeOf<'mandate_granted'>, whole: MandateRecord): string | undefined {
  if (!part.kinds.every((kind) => whole.kinds.includes(kind))) return 'kinds'
  if (!isWithinClass(part.dataClassUpTo, whole.dataClassUpTo)) return 'dataClassUpTo'
  const { ceilingAed: ceiling = Infinity } = whole
  if ((part.ceilingAed ?? Infinity) > ceiling) return 'ceilingAed'
  if (part.validFrom < whole.validFrom || part.validUntil > whole.validUntil) return 'its validity'
  return whole.fourEyes === true && part.fourEyes !== true ? 'fourEyes' : undefined
}
