import type { ChangeOf } from '../change.ts'
import type { GatewayRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { memberOrRegistry } from './gateway-rules.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Refusal } from './judgement.ts'
import { needSignatures } from './signers.ts'
import { activeMember, isNewer, notNewer } from './standing.ts'

/**
 * A gateway says where it can be dialled directly: by the member alone. The registry can neither send traffic to
 * another address nor bring an old one back.
 */
export function judgeDirectAnnouncement(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'gateway_direct_announced'>,
): Judgement {
  const { member, time, address } = change
  const standing = activeMember(state, member)
  if (!standing.ok) return standing
  const own = ownGateway(state, change)
  if (!own.ok) return own
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    state.putGateway({ ...own.record, direct: { address, changedAt: time, index } })
  })
}

/** It is dialled directly no more: a protective act, so by the member, suspended or not, or by the registry. */
export function judgeDirectWithdrawal(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'gateway_direct_withdrawn'>,
): Judgement {
  const { gateway, member, time } = change
  if (!state.members.has(member)) return refuse('unknown_member', `${member} is not admitted`)
  const own = ownGateway(state, change)
  if (!own.ok) return own
  if (own.record.direct?.address === undefined)
    return refuse('wrong_state', `${gateway} has announced no address`)
  const signed = needSignatures(state, entry, [memberOrRegistry(entry, member)])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    state.putGateway({ ...own.record, direct: { changedAt: time, index } })
  })
}

/** The gateway, if it is this member's and the change is newer than its enrolment and its last word of this kind. */
function ownGateway(
  state: DirectoryState,
  { gateway, member, time }: ChangeOf<'gateway_direct_announced' | 'gateway_direct_withdrawn'>,
): { readonly ok: true; readonly record: GatewayRecord } | Refusal {
  const record = state.gateways.get(gateway)
  if (record?.status !== 'active') return refuse('unknown_subject', `${gateway} is not enrolled`)
  if (record.member !== member) return refuse('wrong_member', `${gateway} is not a gateway of ${member}`)
  // Held against the enrolment too: an announcement of before a retirement must not come back with the gateway.
  const isNew = isNewer(time, record.changedAt) && isNewer(time, record.direct?.changedAt)
  return isNew ? { ok: true, record } : notNewer(`the direct address of ${gateway}`)
}
