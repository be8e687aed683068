import type { Socket } from 'node:net'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { dialSocket } from '../../transport/dial-socket.ts'
import { formatLinkAddress, type LinkAddress } from '../../transport/link-address.ts'
import { secureInitiator } from '../../transport/session-tls.ts'
import { establishSession, type PeerSessionDeps } from '../open-peer-session.ts'
import type { EstablishedSession } from '../peer-sessions.ts'

/** How long a connection may take, in milliseconds: two lost packets. */
const CONNECT_MS = 2_000
/** How long the handshake may take after that, in milliseconds. */
const HANDSHAKE_MS = 5_000

/**
 * Opens a session to a gateway at the address it announced, with no branch in between.
 *
 * @throws WuslaError `gateway_unreachable` when nobody answers there in time; `wrong_peer`, `unknown_key` or
 * `invalid_certificate` when it is somebody else; `session_closed`, `stream_cancelled`
 */
export async function dialDirect(
  deps: PeerSessionDeps,
  gateway: string,
  address: LinkAddress,
  signal: AbortSignal,
): Promise<EstablishedSession> {
  const socket = await connectTo(address, signal)
  const secured = await secureInitiator(socket, {
    identity: deps.identity(),
    directory: deps.directory,
    expectPeer: gateway,
    timeoutMs: HANDSHAKE_MS,
    signal,
  })
  return await establishSession(deps, secured, 'initiator', [])
}

async function connectTo(address: LinkAddress, signal: AbortSignal): Promise<Socket> {
  try {
    return await dialSocket(address, AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]))
  } catch (cause) {
    if (signal.aborted) throw new WuslaError('stream_cancelled', { cause })
    const message = `Nobody answered at its direct address ${formatLinkAddress(address)}.`
    throw new WuslaError('gateway_unreachable', { message, cause })
  }
}
