import type { ChangeOf } from '../change.ts'
import type { MemberRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Refusal } from './judgement.ts'
import { needSignatures } from './signers.ts'
import { isNewer, notNewer } from './standing.ts'

/** Admission: by the registry, visible to all. It gives a member a name and the right to a first key. */
export function judgeAdmission(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'member_admitted'>,
): Judgement {
  const { member, name, time } = change
  if (state.members.has(member)) return refuse('already_exists', `${member} is admitted already`)
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    state.members.set(member, {
      member,
      name,
      status: 'active',
      awaitsFirstKey: true,
      admittedAt: time,
      changedAt: time,
      index,
    })
    state.remember(member, index)
  })
}

/** Suspension, its end, and re-admission: by the registry. */
export function judgeStanding(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'member_suspended' | 'member_resumed' | 'member_readmitted'>,
): Judgement {
  const { member, time, reason } = change
  const record = state.members.get(member)
  if (record === undefined) return refuse('unknown_member', `${member} is not admitted`)
  if (!isNewer(time, record.changedAt)) return notNewer(member)
  const wrong = wrongState(record, change.kind)
  if (wrong !== undefined) return wrong
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const readmitted = change.kind === 'member_readmitted'
    if (readmitted) voidKeys(state, member, { time, index, reason: 'the member was readmitted' })
    state.members.set(member, {
      ...record,
      status: change.kind === 'member_suspended' ? 'suspended' : 'active',
      awaitsFirstKey: readmitted || record.awaitsFirstKey,
      reason,
      changedAt: time,
      index,
    })
    state.remember(member, index)
  })
}

function wrongState(record: MemberRecord, kind: string): Refusal | undefined {
  if (kind === 'member_suspended' && record.status === 'suspended') {
    return refuse('wrong_state', `${record.member} is suspended already`)
  }
  if (kind === 'member_resumed' && record.status === 'active') {
    return refuse('wrong_state', `${record.member} is not suspended`)
  }
  return undefined
}

// All gateways go with their keys: which of them is still in the right hands is just what nobody knows.
function voidKeys(
  state: DirectoryState,
  member: string,
  end: { time: string; index: number; reason: string },
): void {
  for (const gateway of state.activeGatewaysOf(member)) {
    for (const keyId of [...gateway.sealKeys, ...gateway.tlsKeys]) state.endKey(keyId, end)
    state.putGateway({
      ...gateway,
      sealKeys: [],
      tlsKeys: [],
      status: 'retired',
      changedAt: end.time,
      index: end.index,
    })
  }
}
