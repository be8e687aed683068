import type { SessionStatus } from './actor-status.ts'

/** One link of a way between branches, as the entry branch weighed it. */
export interface WayLeg {
  readonly from: string
  readonly to: string
  readonly lines: readonly string[]
  readonly rttMs: number
  readonly usedMbps?: number
  readonly capacityMbps?: number
  readonly monthlyCostAed?: number
  readonly riskGroups: readonly string[]
}

/** One way to a gateway and what it is now. */
export interface Way {
  readonly path: readonly string[]
  readonly use: 'in_use' | 'spare' | 'next' | 'next_spare' | 'possible' | 'forbidden'
  readonly costMs: number
  readonly reason: string
  readonly legs: readonly WayLeg[]
}

/** How one gateway is reached. */
export interface PeerPaths {
  readonly gateway: string
  readonly sessions: readonly (SessionStatus & { readonly allowed: boolean })[]
  readonly ways: readonly Way[]
  readonly unanswered: readonly { readonly branch: string; readonly code: string; readonly detail: string }[]
}

/** What a gateway's admin API answers to `GET /v1/paths`, as far as people read it. */
export interface PathAnswer {
  readonly from: string
  readonly to: string
  readonly service?: string
  readonly terms?: {
    readonly avoid?: readonly string[]
    readonly only?: readonly string[]
    readonly onlyClasses?: readonly string[]
    readonly agreements: readonly string[]
  }
  readonly links: readonly {
    readonly branch: string
    readonly state: string
    readonly since: string
    readonly rttMs?: number
    readonly reason?: string
  }[]
  readonly gateways: readonly PeerPaths[]
}

/** Whether requests go, or would go, through to at least one of the gateways. */
export function isReached({ gateways }: PathAnswer): boolean {
  return gateways.some(
    ({ sessions, ways }) =>
      sessions.some(({ use, allowed }) => allowed && use !== 'ending') ||
      ways.some(({ use }) => use === 'next'),
  )
}
