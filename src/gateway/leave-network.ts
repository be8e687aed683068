import type { EventSink } from '../protocol/event.ts'
import type { BranchLinks } from './branch-links.ts'
import type { DirectPaths } from './direct/direct-paths.ts'
import type { FrontDoor } from './front-door/front-door.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { Acknowledgements } from './outbound/acknowledgements.ts'
import type { PeerSessions } from './peer-sessions.ts'
import type { Readiness } from './readiness.ts'
import type { SessionMoves } from './session-moves.ts'
import type { SpareSessions } from './spare-sessions.ts'

/** How long acknowledgements of what was delivered may take when a node leaves, in milliseconds. */
const ACKNOWLEDGE_MS = 5_000

interface LeaveDeps {
  readonly config: GatewayConfig
  readonly readiness: Pick<Readiness, 'leave'>
  readonly frontDoor: Pick<FrontDoor, 'leave'>
  readonly acknowledgements: Pick<Acknowledgements, 'settle'>
  readonly spares: Pick<SpareSessions, 'close'>
  readonly moves: Pick<SessionMoves, 'close'>
  readonly direct: Pick<DirectPaths, 'close'>
  /** Stops taking direct sessions. */
  readonly closeDoor: () => void
  readonly links: Pick<BranchLinks, 'close'>
  readonly sessions: Pick<PeerSessions, 'leave' | 'list'>
  readonly onEvent: EventSink<GatewayEvent>
}

/**
 * How a node takes its leave so that nobody notices: first its callers, who need its sessions, then its peers. Nothing is
 * refused on the way: who comes before having heard is served. This file holds the order of the steps and nothing else.
 *
 * @param atOnce - there is no time left: what has not finished is cut
 */
export async function leaveNetwork(deps: LeaveDeps, atOnce: AbortSignal): Promise<void> {
  const { config, sessions, onEvent } = deps
  const { gateway, leaveNoticeMs = 2_000, leaveGraceMs = 30_000 } = config
  onEvent({ kind: 'gateway_leaving', gateway })
  deps.readiness.leave()
  await deps.frontDoor.leave(leaveNoticeMs, leaveGraceMs, atOnce)
  // What the callers were just given, its providers wait to hear of.
  await deps.acknowledgements.settle(Math.min(leaveGraceMs, ACKNOWLEDGE_MS), atOnce)
  // Neither a branch nor a direct address leads here any more: who looks for this member finds another node. Tunnels that stand go on.
  deps.spares.close()
  deps.moves.close()
  deps.direct.close()
  deps.closeDoor()
  deps.links.close()
  if (!atOnce.aborted) await Promise.race([sessions.leave(leaveGraceMs), aborted(atOnce)])
  const exchangesCut = sessions.list().reduce((sum, { streams }) => sum + streams, 0)
  onEvent({ kind: 'gateway_left', gateway, exchangesCut })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
