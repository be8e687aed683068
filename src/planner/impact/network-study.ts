import type { Obstacle } from './traffic.ts'

/** The path in use: the fastest one. */
export interface PathFacts {
  /** Gateways and branches in order, the consumer's end first. */
  readonly path: readonly string[]
  readonly lines: readonly string[]
  /** Number of lines. */
  readonly hops: number
  /** One way, in milliseconds; absent when a line's latency is not known. */
  readonly latencyMs?: number
}

/** A service that an entity may use and can reach. */
export interface ReachedService extends PathFacts {
  readonly entity: string
  readonly service: string
}

/** A service that an entity may use and cannot reach. */
export interface UnreachedService {
  readonly entity: string
  readonly service: string
  readonly obstacle: Obstacle
}

/** A demand on its path, or what is in its way. */
export type RoutedDemand = { readonly from: string; readonly to: string } & (
  PathFacts | { readonly obstacle: Obstacle }
)

/** A line or branch that is the only connection between others. */
export interface CutPoint {
  readonly id: string
  /** Pairs of other branches that would be parted. */
  readonly branchPairs: number
}

/** What is lost, or too full, when one thing fails. */
export interface FailureEffect {
  readonly kind: 'branch' | 'line' | 'group'
  readonly id: string
  /** Services that can no longer be reached. */
  readonly lost: readonly { readonly entity: string; readonly service: string }[]
  /** Demands without a path. */
  readonly lostDemands: readonly { readonly from: string; readonly to: string }[]
  /** Lines that would have to carry more than they can, and do not when all is up. */
  readonly overloaded: readonly { readonly line: string; readonly utilisation: number }[]
  /** Pairs of other branches that would be parted; absent for groups. */
  readonly branchPairs?: number
}

/** The busier direction of a line. Without a capacity the utilisation is not known. */
export interface LineUse {
  readonly line: string
  readonly mbps: number
  readonly capacityMbps?: number
  /** 1 is full. */
  readonly utilisation?: number
}

/** What one state of a network looks like. */
export interface NetworkStudy {
  readonly reached: readonly ReachedService[]
  readonly unreached: readonly UnreachedService[]
  readonly demands: readonly RoutedDemand[]
  readonly singlePoints: { readonly lines: readonly CutPoint[]; readonly branches: readonly CutPoint[] }
  /** Number of parts of the network whose branches do not reach each other; 1 when it is whole. */
  readonly parts: number
  /** Failures that take something away or fill a line; the others do no harm. */
  readonly failures: readonly FailureEffect[]
  /** How many failures were looked at. */
  readonly examined: number
  readonly lines: readonly LineUse[]
  /** Sum of the known prices, dirhams a month. */
  readonly monthlyCostAed: number
  /** Lines whose price is not known. */
  readonly unpricedLines: number
}
