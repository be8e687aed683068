import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { LinkAddress } from './link-address.ts'

/** Detects a peer that vanished without a word, in milliseconds of silence on the line. */
const KEEP_ALIVE_MS = 15_000

/**
 * A TCP connection for a session. The socket belongs to the caller; a failure of it ends nothing until somebody listens.
 * Rejects with the error of the connection, or the reason of the signal, and holds nothing then.
 */
export async function dialSocket(address: LinkAddress, signal: AbortSignal): Promise<Socket> {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
  const socket = connect({ ...address, ...options })
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal })
    return socket
  } catch (cause) {
    socket.destroy()
    throw cause
  }
}
