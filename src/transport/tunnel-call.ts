import { once } from 'node:events'
import type { Socket } from 'node:net'
import { WuslaError } from '../protocol/wusla-error.ts'
import { dialSocket } from './dial-socket.ts'
import { parseLinkAddress } from './link-address.ts'
import { encodePreamble, READY_BYTE, TUNNEL_PORT_MS } from './tunnel-preamble.ts'

interface TunnelCallOptions {
  /** `host:port` of the branch's tunnel port. */
  readonly address: string
  readonly ticket: string
  /** Whether to wait until the branch says that both ends are joined: true for the side that asked. */
  readonly awaitReady: boolean
  /** For all of it, in milliseconds; never more than {@link TUNNEL_PORT_MS}. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Calls a tunnel port with a ticket. The socket that comes back is paused and carries the inner session from its next
 * byte; it belongs to the caller.
 *
 * @throws WuslaError `branch_unreachable` when nobody answers in time, `gateway_unreachable` when the branch closes
 * before the other end came, `stream_cancelled` when the signal fired
 */
export async function callTunnel(options: TunnelCallOptions): Promise<Socket> {
  const address = parseLinkAddress(options.address)
  if (address === undefined) throw unreachable('the tunnel address is not host:port')
  const timeout = AbortSignal.timeout(Math.ceil(Math.min(options.timeoutMs, TUNNEL_PORT_MS)))
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  let socket: Socket | undefined
  try {
    socket = await dialSocket(address, signal)
    socket.write(encodePreamble(options.ticket))
    if (options.awaitReady) await readReady(socket, signal)
    return socket
  } catch (cause) {
    socket?.destroy()
    if (cause instanceof WuslaError) throw cause
    if (options.signal?.aborted === true) throw new WuslaError('stream_cancelled', { cause })
    throw unreachable('the tunnel port did not answer', cause)
  }
}

/** Takes exactly one byte: what follows it belongs to the inner session. */
async function readReady(socket: Socket, signal: AbortSignal): Promise<void> {
  await once(socket, 'readable', { signal })
  const first = socket.read(1) as Buffer | null
  if (first === null) {
    const message = 'The branch closed the tunnel before both ends were joined.'
    throw new WuslaError('gateway_unreachable', { message })
  }
  if (first[0] !== READY_BYTE) throw unreachable('the tunnel port does not speak this protocol')
}

function unreachable(why: string, cause?: unknown): WuslaError {
  return new WuslaError('branch_unreachable', { message: `No tunnel through the branch: ${why}.`, cause })
}
