import type { StoredToken } from '../admin-api/api-tokens.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { LinkTimes } from '../transport/link-dialer.ts'
import type { TlsIdentity } from '../transport/link-identity.ts'
import type { BranchDirectory } from './branch-directory.ts'
import type { BranchEvent } from './branch-event.ts'
import type { BranchStatus } from './branch-status.ts'
import type { BranchWitness, LogMirror } from './http/branch-http.ts'

/** What a branch is given. */
export interface BranchDeps {
  readonly directory: BranchDirectory
  readonly identity: TlsIdentity
  readonly clock: Clock
  readonly onEvent: EventSink<BranchEvent>
  /** Serves the directory's log to gateways; without it `/log/` is not found. */
  readonly mirror?: LogMirror
  readonly witness?: BranchWitness
  /** API tokens of this moment; their bearers may read the status through a proxy. Default: none. */
  readonly tokens?: () => readonly StoredToken[]
  /** Pauses of links to other branches. */
  readonly linkTimes?: LinkTimes
  /** 0 ≤ x < 1, for jitter. Default: Math.random. */
  readonly random?: () => number
}

/** A running branch. */
export interface BranchHandle {
  /** `host:port` where gateways and branches dial in. */
  readonly controlAddress: string
  /** `host:port` that is announced for tunnels. */
  readonly tunnelAddress: string
  readonly httpUrl: string
  status(): BranchStatus
  /** Shows a renewed certificate from now on and dials the other branches anew. Tunnels stay. */
  renewIdentity(identity: TlsIdentity): void
  /** Takes no new tunnels and tells everybody; what runs goes on until `close`. */
  drain(): void
  /**
   * Drains, and resolves when no tunnel is left, when `leaveGraceMs` is over, or at once when the signal fires; how many
   * tunnels were left.
   */
  leave(atOnce?: AbortSignal): Promise<number>
  /** Ends everything and leaves nothing open. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
