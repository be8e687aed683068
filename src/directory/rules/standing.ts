import type { MemberRecord } from '../directory-record.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { refuse } from './judgement.ts'
import type { Refusal } from './judgement.ts'

/** The member as it stands, or why it may not act. Protective acts do not ask: a suspended member may revoke. */
export function activeMember(
  state: DirectoryState,
  member: string,
): { ok: true; record: MemberRecord } | Refusal {
  const record = state.members.get(member)
  if (record === undefined) return refuse('unknown_member', `${member} is not admitted`)
  if (record.status === 'suspended') return refuse('member_suspended', `${member} is suspended`)
  return { ok: true, record }
}

/**
 * Whether a change is newer than the newest one about the same subject. This is what makes each change work once:
 * a registry that enters an old one again, signed as it was, finds it refused by every follower.
 */
export function isNewer(time: string, changedAt: string | undefined): boolean {
  return changedAt === undefined || time > changedAt
}

export function notNewer(subject: string): Refusal {
  return refuse('not_newer', `the newest change about ${subject} has the same or a later time`)
}
