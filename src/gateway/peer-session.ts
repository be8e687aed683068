import type { Session } from '../transport/session.ts'
import type { TransitRule } from './transit-rule.ts'

/** What a new session wants of its path. */
export interface PathWish extends TransitRule {
  /** Preferred: as little as possible in common with this path. */
  readonly apartFrom?: readonly string[]
}

/** Whose gateway is wanted: any of a member's, or exactly one. */
export interface SessionTarget {
  readonly member: string
  readonly gateway?: string | undefined
}

/** An established session to one gateway and how it got there. */
export interface EstablishedSession {
  readonly session: Session
  /** Branches from us to the peer; empty: a direct session. */
  readonly path: readonly string[]
  /** Key id of the TLS key that the peer showed. */
  readonly peerTlsKey: string
}

/** Opens a session to a gateway over one branch link. Rejects with a WuslaError. */
export interface SessionDialer {
  /** Branches with a live link, best first. */
  readonly branches: () => readonly string[]
  /** The same in the order in which a way to one gateway is tried. Never rejects. Default: as `branches`. */
  readonly ranked?: (gateway: string, wish: PathWish) => Promise<readonly string[]>
  readonly dial: (
    gateway: string,
    branch: string,
    wish: PathWish,
    signal: AbortSignal,
  ) => Promise<EstablishedSession>
}
