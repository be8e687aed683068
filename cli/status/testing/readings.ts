import type { BranchStatus, GatewayStatus, NetworkReading, Reading, SessionStatus } from '../actor-status.ts'

export const [CORE, MORO] = ['AE-DU/branch/CORE', 'AE-DU/branch/MORO']
export const [RTA, DEWA] = ['AE-DU/GOV/RTA/gw-1', 'AE-DU/SEMI/DEWA/gw-1']
export const EARLIER = '2026-11-29T02:50:00.000Z'
export const LATER = '2026-11-29T02:59:00.000Z'
export const NOW = '2026-11-29T03:00:00.000Z'

/** A branch that is linked to the other one and to both gateways. */
export function branch(id: string, changes: Partial<BranchStatus> = {}): BranchStatus {
  const other = id === CORE ? MORO : CORE
  return {
    branch: id,
    since: EARLIER,
    state: 'up',
    links: [{ branch: other, state: 'up', since: EARLIER, rttMs: 1.25 }],
    gateways: [RTA, DEWA].map((gateway) => ({ id: gateway, since: EARLIER })),
    tunnels: { open: 1 },
    lines: [],
    ...changes,
  }
}

export function session(path: readonly string[], changes: Partial<SessionStatus> = {}): SessionStatus {
  return {
    gateway: DEWA,
    path,
    role: 'initiator',
    use: 'in_use',
    since: EARLIER,
    rttMs: 2.5,
    streams: 1,
    sent: 1_234,
    served: 0,
    bytesIn: 1_500_000,
    bytesOut: 20_000,
    ...changes,
  }
}

/** A gateway with links to both branches and no session. */
export function gateway(id: string, changes: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    gateway: id,
    since: EARLIER,
    alarms: [],
    directory: { size: 26, staleMs: 10 },
    evidence: { healthy: true },
    branches: [CORE, MORO].map((each) => ({ branch: each, state: 'up', since: EARLIER, rttMs: 1 })),
    sessions: [],
    running: 0,
    ...changes,
  }
}

export function answered<T>(id: string, status: T): Reading<T> {
  return { id, url: `http://${id}`, status }
}

export function silent<T>(id: string): Reading<T> {
  const failure = { code: 'actor_unreachable', reason: 'connection_refused', message: 'no' } as const
  return { id, url: 'http://127.0.0.1:7615', failure }
}

/** Two branches and two gateways in which nothing is wrong, as far as nothing else is said. */
export function network(changes: Partial<NetworkReading> = {}): NetworkReading {
  return {
    time: NOW,
    branches: [answered(CORE, branch(CORE)), answered(MORO, branch(MORO))],
    gateways: [answered(RTA, gateway(RTA)), answered(DEWA, gateway(DEWA))],
    ...changes,
  }
}
