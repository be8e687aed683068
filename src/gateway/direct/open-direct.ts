import { WuslaError } from '../../protocol/wusla-error.ts'
import { formatLinkAddress, parseLinkAddress } from '../../transport/link-address.ts'
import { secureAcceptor } from '../../transport/session-tls.ts'
import type { GatewayConfig } from '../gateway-config.ts'
import { establishSession, type PeerSessionDeps } from '../open-peer-session.ts'
import type { OwnChanges } from '../own-changes.ts'
import type { PeerSessions } from '../peer-sessions.ts'
import { announceAddress } from './announce-address.ts'
import { dialDirect } from './dial-direct.ts'
import { DirectListener } from './direct-listener.ts'
import { DirectPaths } from './direct-paths.ts'

/** How long a stranger's handshake may take, in milliseconds. */
const HANDSHAKE_MS = 5_000

/** The direct sessions that this gateway dials, by the rule of its configuration. */
export function openDirectPaths(
  deps: PeerSessionDeps,
  { directDial = 'lines', directDialLocal = false }: GatewayConfig,
  sessions: () => PeerSessions,
): DirectPaths {
  const { gateway, directory, onEvent } = deps
  return new DirectPaths({
    gateway,
    directory,
    rule: { dial: directDial, local: directDialLocal },
    dial: async (peer, address, signal) => await dialDirect(deps, peer, address, signal),
    sessions,
    onEvent,
    random: Math.random,
    elapsedMs: () => performance.now(),
  })
}

/**
 * Takes direct sessions of others and tells the directory where, if the configuration says so; else sees to it that
 * the directory names no address of this gateway.
 *
 * @returns how to stop
 * @throws WuslaError `config_invalid` when it cannot listen there
 */
export async function openDirectListener(
  deps: PeerSessionDeps & { readonly ownChanges: OwnChanges; readonly member: string },
  { directListen, directAnnounce }: GatewayConfig,
  sessions: PeerSessions,
): Promise<() => void> {
  const { gateway, directory, onEvent } = deps
  const listen = directListen === undefined ? undefined : parseLinkAddress(directListen)
  if (listen === undefined) return announceAddress({ ...deps, address: undefined })
  const listener = await DirectListener.open({
    listen,
    secure: async (socket) => {
      const identity = deps.identity()
      const secured = await secureAcceptor(socket, { identity, directory, timeoutMs: HANDSHAKE_MS })
      const { id } = secured.peer
      // Our own key is bound too. That it is a gateway at all is checked before there is a session.
      if (id !== gateway) return secured
      secured.socket.destroy()
      throw new WuslaError('wrong_peer', { details: { peer: id } })
    },
    establish: async (secured) => await establishSession(deps, secured, 'acceptor', []),
    adopt: (peer, established) => sessions.adopt(peer, established, 'acceptor'),
    onEvent,
  })
  // A port of 0 is known only now.
  const announced = directAnnounce ?? listener.address
  const stop = announceAddress({ ...deps, address: formatAnnounced(announced) })
  onEvent({ kind: 'direct_listening', address: listener.address, announced })
  return () => {
    stop()
    listener.close()
  }
}

/** As the directory has it, so that the two can be compared. */
function formatAnnounced(address: string): string {
  const parsed = parseLinkAddress(address)
  return parsed === undefined ? address : formatLinkAddress(parsed)
}
