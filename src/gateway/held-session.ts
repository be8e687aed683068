import { formatTime } from '../protocol/clock.ts'
import type { Session } from '../transport/session.ts'
import type { EstablishedSession } from './peer-sessions.ts'
import type { TransitRule } from './transit-rule.ts'

/** A session to a peer, as others see it. */
export interface HeldSession {
  readonly gateway: string
  /** Branches from us to the peer; empty: a direct session. */
  readonly path: readonly string[]
  /** Who opened it: we, or the peer. */
  readonly role: 'initiator' | 'acceptor'
  /** Whether our requests leave over it, or it waits for that, or it takes nothing new and lets the rest finish. */
  readonly use: 'in_use' | 'spare' | 'ending'
  readonly since: string
  /** Smoothed round-trip time to the peer in milliseconds; absent until measured. */
  readonly rttMs?: number
  /** Exchanges under way in it. */
  readonly streams: number
  /** Exchanges since it began: what we asked, and what the peer asked. */
  readonly sent: number
  readonly served: number
  /** Bytes of the session since it began, without TLS. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** The rule it was opened under. */
  readonly transit: TransitRule
}

/** A session and how it came to be held. */
export interface UsedSession {
  readonly established: EstablishedSession
  readonly role: 'initiator' | 'acceptor'
  readonly sinceMs: number
  readonly transit: TransitRule
}

/**
 * Describes the sessions to one gateway, in the order in which they are used.
 *
 * @param current - the one over which a request would leave now
 */
export function describeHeld(
  gateway: string,
  list: readonly UsedSession[],
  current: EstablishedSession | undefined,
): HeldSession[] {
  return list.map((used) => {
    const { session, path } = used.established
    const use = used.established === current ? 'in_use' : session.open ? 'spare' : 'ending'
    const { role, sinceMs, transit } = used
    // Whoever opened the session named its path, beginning at its own branch.
    const fromUs = role === 'initiator' ? path : path.toReversed()
    return { gateway, path: fromUs, role, use, since: formatTime(sinceMs), transit, ...countsOf(session) }
  })
}

function countsOf(
  session: Session,
): Pick<HeldSession, 'rttMs' | 'streams' | 'sent' | 'served' | 'bytesIn' | 'bytesOut'> {
  const counts = session.statistics()
  return {
    ...(counts.rttMs === undefined ? {} : { rttMs: Math.round(counts.rttMs * 1_000) / 1_000 }),
    streams: counts.streams,
    sent: counts.ownStreamsOpened,
    served: counts.peerStreamsOpened,
    bytesIn: counts.bytesRead,
    bytesOut: counts.bytesWritten,
  }
}
