/** What actors answer when they are asked how they are, as far as `wusla status` reads it. Its shape is checked where it is read. */

/** An alarm that stands. */
export interface StandingAlarm {
  readonly alarm: string
  readonly since: string
  readonly detail?: string
  readonly text?: { readonly en: string; readonly ar: string }
}

/** `GET /v1/status` of a registry. */
export interface RegistryStatus {
  readonly network: string
  readonly since: string
  readonly log: {
    readonly size: number
    readonly lastChange?: { readonly kind: string; readonly time: string; readonly subject: string }
  }
  readonly witnesses: readonly {
    readonly branch: string
    readonly isCurrent: boolean
    readonly failingSince?: string
    readonly detail?: string
  }[]
}

/** What a branch counts and measures to one neighbour. `out` is from the branch. */
export interface NeighbourLine {
  readonly neighbour: string
  readonly usedMbps?: { readonly out: number; readonly in: number }
  readonly capacityMbps?: number
  readonly utilisation?: { readonly out: number; readonly in: number }
  readonly lines?: readonly { readonly line: string }[]
}

/** `GET /status` of a branch. */
export interface BranchStatus {
  readonly branch: string
  readonly since: string
  readonly state: string
  readonly links: readonly {
    readonly branch: string
    readonly state: string
    readonly since?: string
    readonly rttMs?: number
  }[]
  readonly gateways: readonly { readonly id: string; readonly since: string }[]
  readonly tunnels: { readonly open: number }
  readonly lines: readonly NeighbourLine[]
  readonly alarms?: readonly StandingAlarm[]
}

/** A session of a gateway. */
export interface SessionStatus {
  readonly gateway: string
  readonly path: readonly string[]
  readonly role: string
  readonly use: string
  readonly since: string
  readonly rttMs?: number
  readonly streams: number
  readonly sent: number
  readonly served: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** `GET /v1/status` of a gateway. */
export interface GatewayStatus {
  readonly gateway: string
  readonly since: string
  readonly alarms: readonly StandingAlarm[]
  readonly directory: { readonly size: number; readonly staleMs: number }
  readonly evidence: { readonly healthy: boolean }
  readonly branches: readonly {
    readonly branch: string
    readonly state: string
    readonly since: string
    readonly rttMs?: number
    readonly reason?: string
  }[]
  readonly sessions: readonly SessionStatus[]
  readonly running: number
}

/** One actor that was asked: what it answered, or why it did not. */
export interface Reading<T> {
  /** Its identifier, or its address while that is not known. */
  readonly id: string
  readonly url: string
  readonly status?: T
  readonly failure?: ReadFailure
}

/** Why an actor did not answer: a code of the error table, and how the connection failed. */
export interface ReadFailure {
  readonly code: string
  readonly reason:
    'connection_refused' | 'no_answer_in_time' | 'unknown_host' | 'not_allowed' | 'not_understood' | 'failed'
  readonly message: string
}

/** Everything that was asked, at one time. */
export interface NetworkReading {
  /** RFC 3339. */
  readonly time: string
  readonly registry?: Reading<RegistryStatus>
  readonly branches: readonly Reading<BranchStatus>[]
  readonly gateways: readonly Reading<GatewayStatus>[]
}
