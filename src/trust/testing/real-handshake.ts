import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { peerTlsOptions } from '../tls-context.ts'
import type { TlsCredentials } from '../tls-context.ts'
import { readSocketIdentity } from '../tls-identity.ts'

/** What one end concludes about the other: `<kind> <id> <key id> <validUntilMs>`, or why it refused. */
export type Conclusion = string

/** A server with these credentials on a free port of the loopback address. */
export async function listen(
  credentials: TlsCredentials,
): Promise<{ tls: ReturnType<typeof createServer>; port: number }> {
  const tls = createServer(peerTlsOptions(credentials))
  tls.listen(0, '127.0.0.1')
  await once(tls, 'listening')
  const address = tls.address()
  assert.ok(address !== null && typeof address === 'object')
  return { tls, port: address.port }
}

/** Makes one real connection and reports what each end concludes: an identity, or the reason of the refusal. */
export async function handshake(ends: { server: TlsCredentials; client: TlsCredentials }): Promise<{
  seenByServer: Conclusion
  seenByClient: Conclusion
  protocol: string | null
}> {
  const server = await listen(ends.server)
  const seenByServer = Promise.withResolvers<Conclusion>()
  server.tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // Node declares an Error here and sets a text.
    const reason = socket.authorizationError as unknown
    seenByServer.resolve(typeof reason === 'string' ? reason : `${error.code}`)
  })
  server.tls.on('secureConnection', (socket) => {
    socket.on('error', () => undefined)
    seenByServer.resolve(conclude(socket))
    socket.end()
  })
  const socket = connect({ port: server.port, ...peerTlsOptions(ends.client) })
  const seenByClient = await new Promise<Conclusion>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`))
    socket.on('secureConnect', () => resolve(conclude(socket)))
  })
  const protocol = socket.getProtocol()
  socket.resume()
  const fromServer = await seenByServer.promise
  server.tls.close()
  await once(server.tls, 'close')
  return { seenByServer: fromServer, seenByClient, protocol }
}

function conclude(socket: TLSSocket): Conclusion {
  try {
    const { kind, id, tlsKeyId, validUntilMs } = readSocketIdentity(socket, 'AE-DU')
    return `${kind} ${id} ${tlsKeyId} ${validUntilMs}`
  } catch (error) {
    return isWuslaError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}
