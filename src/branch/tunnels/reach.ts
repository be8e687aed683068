import type { ErrorCode } from '../../protocol/error-codes.ts'
import { parseLinkAddress } from '../../transport/link-address.ts'
import { encodePreamble, READY_BYTE, TUNNEL_PORT_MS } from '../../transport/tunnel-preamble.ts'
import type { ConnectedGateway } from '../control/connected-gateways.ts'
import type { Neighbour } from '../mesh/neighbour.ts'
import type { TunnelSide } from './open-tunnels.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { Tickets } from './tickets.ts'
import { dialEnd } from './tunnel-end.ts'

/** Why a place could not be reached: where on the path, and between which branches if it was a link. */
export interface Unreached {
  readonly code: string
  readonly at: string
  readonly reason: string
}

/** The far side of a tunnel, or why there is none. */
export type Reached =
  { readonly ok: true; readonly side: TunnelSide } | { readonly ok: false; readonly failure: Unreached }

/** What is asked of every branch on a path. */
export interface PathStep {
  readonly from: string
  readonly target: string
  readonly path: readonly string[]
  /** Place of this branch in `path`. */
  readonly hop: number
  /** How long to wait for the far side, in milliseconds. */
  readonly waitMs: number
}

interface ReachDeps {
  readonly branch: string
  readonly tickets: Tickets
  readonly buffers: ReadBuffers
  /** Fires when the branch closes. */
  readonly signal: AbortSignal
}

/** Last branch of the path: asks the gateway to dial back and waits until it has. */
export async function meetGateway(
  gateway: ConnectedGateway | undefined,
  step: PathStep,
  deps: ReachDeps,
): Promise<Reached> {
  const failed = (code: ErrorCode, reason: string): Reached => ({
    ok: false,
    failure: { code, at: deps.branch, reason },
  })
  if (gateway === undefined)
    return failed('gateway_unreachable', 'the gateway is not connected to this branch')
  const ticket = deps.tickets.issue(gateway.id, step.waitMs)
  if (ticket === undefined)
    return failed('too_many_requests', 'too many tunnels to this gateway are being opened')
  gateway.gone.addEventListener('abort', ticket.revoke, { once: true })
  gateway.channel.send({ t: 'incoming', ticket: ticket.text, from: step.from, path: step.path })
  const arrival = await ticket.arrival
  gateway.gone.removeEventListener('abort', ticket.revoke)
  if (arrival === undefined) return failed('gateway_unreachable', 'the gateway did not dial back')
  return { ok: true, side: { ...arrival, neighbour: gateway.id } }
}

/** Any branch before the last: asks the next one to reach on, then dials its tunnel port with the ticket it gave. */
export async function reachNext(
  neighbour: Neighbour | undefined,
  step: PathStep,
  deps: ReachDeps,
): Promise<Reached> {
  const startedAt = performance.now()
  const failed = (code: string, at: string, reason: string): Reached => ({
    ok: false,
    failure: { code, at, reason },
  })
  const next = step.path[step.hop + 1] ?? ''
  const link = neighbour?.link
  if (neighbour === undefined || link === undefined) {
    return failed('branch_unreachable', deps.branch, `the link to ${next} is down`)
  }
  const { from, target, path, waitMs } = step
  // The next branch gets a little less time than we have, so that its own reason arrives before our patience ends.
  const theirMs = Math.ceil(waitMs * 0.9)
  const answer = await neighbour.ask({ from, target, path, hop: step.hop + 1, waitMs: theirMs }, waitMs)
  if (answer === undefined) return failed('branch_unreachable', deps.branch, `${next} did not answer`)
  if (answer.t === 'refused') {
    // A place further on is believed; without one the neighbour refused for itself, and it is our link to avoid.
    const place = answer.tried?.[0]
    const isFurther = place !== undefined && place.path.length > 0 && path.indexOf(place.at) > step.hop
    return failed(answer.code, isFurther ? place.at : deps.branch, answer.detail)
  }
  const leftMs = Math.max(1, waitMs - (performance.now() - startedAt))
  const side = await dialNext(link.tunnelAddress, answer.ticket, leftMs, deps)
  return side === undefined
    ? failed('branch_unreachable', deps.branch, `the tunnel port of ${next} did not take the ticket`)
    : { ok: true, side: { ...side, neighbour: neighbour.id } }
}

/** Dials, shows the ticket, and waits for the byte that says the rest of the path stands. */
async function dialNext(
  address: string,
  ticket: string,
  waitMs: number,
  { buffers, signal }: ReachDeps,
): Promise<Omit<TunnelSide, 'neighbour'> | undefined> {
  const parsed = parseLinkAddress(address)
  if (parsed === undefined || signal.aborted) return undefined
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
  const end = dialEnd(parsed, buffers)
  const giveUp = (): void => resolve(undefined)
  const timer = setTimeout(giveUp, Math.min(waitMs, TUNNEL_PORT_MS))
  signal.addEventListener('abort', giveUp, { once: true })
  end.socket.once('connect', () => end.socket.write(encodePreamble(ticket)))
  end.read({
    onChunk: (chunk) => {
      end.pause()
      resolve(chunk[0] === READY_BYTE ? Buffer.from(chunk.subarray(1)) : undefined)
      return true
    },
    onEnd: giveUp,
    onClose: giveUp,
  })
  const early = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', giveUp)
  if (early !== undefined) return { end, early }
  end.destroy()
  return undefined
}
