import type { UsedSession } from './held-session.ts'
import type { EstablishedSession } from './peer-session.ts'
import type { TransitRule } from './transit-rule.ts'

/** A session opened from here whose path a branch is about to leave. */
export interface LeavingSession {
  readonly gateway: string
  readonly path: readonly string[]
  /** The rule it was opened under. */
  readonly transit: TransitRule
  /** Whether another session to the same gateway serves in its place. */
  readonly isReplaced: boolean
  /** Lets it end in order: no new exchanges, those under way take the time they need. */
  readonly finish: () => void
}

/**
 * The sessions of one peer that were opened from here and that a branch is about to leave.
 *
 * @param keeps - whether a session may serve in place of one that was opened under this rule
 */
export function leavingOf(
  gateway: string,
  all: readonly UsedSession[],
  isLeaving: (established: EstablishedSession) => boolean,
  keeps: (established: EstablishedSession, transit: TransitRule) => boolean,
): LeavingSession[] {
  return all
    .filter(({ role, established }) => {
      return role === 'initiator' && established.session.open && isLeaving(established)
    })
    .map(({ established: { session, path }, transit }) => {
      const isReplaced = all.some(({ established: other }) => {
        return other.session.open && !isLeaving(other) && keeps(other, transit)
      })
      return { gateway, path, transit, isReplaced, finish: () => void session.close(Infinity) }
    })
}
