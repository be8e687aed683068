import type { Clock } from '../protocol/clock.ts'
import { formatTime } from '../protocol/clock.ts'
import type { ConnectedGateways } from './control/connected-gateways.ts'
import type { BranchLines } from './lines/branch-lines.ts'
import type { StandingLineAlarm } from './lines/line-alarms.ts'
import type { MemberUse } from './lines/line-meter.ts'
import { type LineStatus, readLineStatus, roundedUse } from './lines/line-status.ts'
import type { Mesh } from './mesh/mesh.ts'
import type { OpenTunnels } from './tunnels/open-tunnels.ts'
import type { ReadBuffers } from './tunnels/read-buffers.ts'
import type { Tickets } from './tunnels/tickets.ts'
import type { TunnelListener } from './tunnels/tunnel-listener.ts'

/** What a branch knows of itself now. Times are RFC 3339, counts are since its start. */
export interface BranchStatus {
  readonly branch: string
  readonly time: string
  readonly since: string
  readonly state: 'up' | 'draining'
  /** Links to neighbour branches; `rttMs` is smoothed and absent until measured. */
  readonly links: readonly {
    readonly branch: string
    readonly state: 'up' | 'down'
    readonly since: string
    readonly rttMs?: number
    readonly dialledHere?: boolean
  }[]
  readonly gateways: readonly { readonly id: string; readonly since: string; readonly address: string }[]
  /** All branches that are heard of, with the links that both ends report. */
  readonly mesh: readonly {
    readonly branch: string
    readonly gateways: number
    readonly links: readonly { readonly to: string; readonly rttMs: number }[]
  }[]
  readonly tunnels: {
    readonly open: number
    readonly opened: number
    readonly tickets: number
    readonly halfOpen: number
    readonly largeBuffers: number
  }
  /** What passes between this branch and each neighbour, gateway or branch, and over which registered lines. */
  readonly lines: readonly LineStatus[]
  /** Tunnel bytes between pairs of gateways; `bytesForward` runs from the one that opened. */
  readonly pairs: readonly {
    readonly from: string
    readonly target: string
    readonly bytesForward: number
    readonly bytesBack: number
  }[]
  /** What members sent each other through this branch in the last minutes, in Mbit/s; the busiest first. */
  readonly memberPairs: readonly MemberUse[]
  /** The alarms that stand. */
  readonly alarms: readonly (Omit<StandingLineAlarm, 'sinceMs'> & { readonly since: string })[]
}

interface StatusParts {
  readonly branch: string
  readonly sinceMs: number
  readonly clock: Clock
  readonly isDraining: () => boolean
  readonly gateways: ConnectedGateways
  readonly mesh: Mesh
  readonly tunnels: OpenTunnels
  readonly tickets: Tickets
  readonly buffers: ReadBuffers
  readonly listener: TunnelListener
  readonly lines: BranchLines
}

/** Puts the status together; costs time in proportion to what is connected, so do not ask in a loop. */
export function readBranchStatus(parts: StatusParts): BranchStatus {
  const counts = parts.tunnels.counts()
  return {
    branch: parts.branch,
    time: formatTime(parts.clock.nowMs()),
    since: formatTime(parts.sinceMs),
    state: parts.isDraining() ? 'draining' : 'up',
    links: parts.mesh.neighbours().map(({ id, link, downSinceMs }) => {
      if (link === undefined) return { branch: id, state: 'down' as const, since: formatTime(downSinceMs) }
      const { rttMs } = link.channel
      return {
        branch: id,
        state: 'up' as const,
        since: formatTime(link.since),
        dialledHere: link.dialledHere,
        ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 1_000) / 1_000 }),
      }
    }),
    gateways: parts.gateways
      .list()
      .map(({ id, since, address }) => ({ id, since: formatTime(since), address })),
    mesh: parts.mesh.state.branches(),
    tunnels: {
      open: parts.tunnels.size,
      opened: parts.tunnels.opened,
      tickets: parts.tickets.pending,
      halfOpen: parts.listener.halfOpen,
      largeBuffers: parts.buffers.lent,
    },
    lines: readLineStatus(counts.lines, parts.lines.registered(), parts.lines.meter.lines()),
    pairs: [...counts.pairs].map(([pair, count]) => {
      const [from = '', target = ''] = pair.split(' ')
      return { from, target, bytesForward: count.out, bytesBack: count.in }
    }),
    alarms: parts.lines.alarms
      .list()
      .map(({ sinceMs, ...alarm }) => ({ ...alarm, since: formatTime(sinceMs) })),
    memberPairs: parts.lines.meter.members().map((use) => ({ ...use, ...roundedUse(use) })),
  }
}
