import type { Socket } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { WuslaError } from '../protocol/wusla-error.ts'
import { peerTlsOptions } from '../trust/tls-context.ts'
import {
  type LinkDirectory,
  networkOfIdentity,
  serverTlsOptions,
  type TlsIdentity,
  type VerifiedPeer,
  verifyLinkPeer,
} from './link-identity.ts'

/** The application protocol of the session between two gateways (ALPN). */
export const SESSION_ALPN = 'wusla/1'

/** Label of the exported key material that ties a session to its TLS connection (RFC 8446, 7.5). */
export const EXPORTER_LABEL = 'EXPORTER-wusla-session-v1'

interface SecureOptions {
  readonly identity: TlsIdentity
  readonly directory: Pick<LinkDirectory, 'tlsKeyOwner'>
  /** For the whole handshake, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** An end-to-end connection whose other end is known. */
export interface SecuredSocket {
  readonly socket: TLSSocket
  readonly peer: VerifiedPeer
  /** 32 bytes that only the two ends of this very connection can know. */
  readonly exporter: Buffer
}

/**
 * Becomes the TLS client on a tunnel. Takes over `raw`, also when it fails. `raw` must not be half-open.
 *
 * @throws WuslaError `invalid_certificate` (handshake or chain), `wrong_peer` (somebody else answered), `unknown_key`
 * (the directory does not bind the key to that gateway), `session_closed` (gone or too slow), `stream_cancelled`
 */
export async function secureInitiator(
  raw: Socket,
  options: SecureOptions & { readonly expectPeer: string },
): Promise<SecuredSocket> {
  const { identity } = options
  const socket = connect({
    socket: raw,
    ...peerTlsOptions(identity),
    ALPNProtocols: [SESSION_ALPN],
  })
  return finish(raw, options, (onSecure) => {
    socket.once('secureConnect', () => onSecure(socket))
    socket.on('error', (error) => onSecure(error))
    socket.once('close', () => onSecure(new WuslaError('session_closed')))
  })
}

/**
 * Becomes the TLS server on a tunnel that another gateway opened. Takes over `raw`, also when it fails.
 * `expectPeer`, when given, is who the branch said is calling.
 *
 * @throws WuslaError as {@link secureInitiator}
 */
export async function secureAcceptor(
  raw: Socket,
  options: SecureOptions & { readonly expectPeer?: string },
): Promise<SecuredSocket> {
  const { identity } = options
  // A server that never listens: it runs the handshake, verifies the client's chain and refuses it if that fails.
  const server = createServer({
    ...serverTlsOptions(identity, SESSION_ALPN),
    handshakeTimeout: options.timeoutMs ?? 10_000,
  })
  return finish(raw, options, (onSecure) => {
    server.once('secureConnection', onSecure)
    server.once('tlsClientError', (error, socket) => {
      // A chain that does not verify closes the socket; only this field tells that from a peer that hung up.
      const isRefused = Boolean(socket.authorizationError)
      onSecure(isRefused ? new WuslaError('invalid_certificate', { cause: error }) : error)
    })
    // After the server's own word, which comes in the same turn and knows the reason.
    raw.once('close', () => setImmediate(onSecure, new WuslaError('session_closed')))
    server.emit('connection', raw)
  })
}

async function finish(
  raw: Socket,
  options: SecureOptions & { readonly expectPeer?: string },
  start: (onSecure: (result: TLSSocket | Error) => void) => void,
): Promise<SecuredSocket> {
  const { promise, resolve } = Promise.withResolvers<TLSSocket | Error>()
  const timer = setTimeout(() => resolve(new WuslaError('session_closed')), options.timeoutMs ?? 10_000)
  const onAbort = (): void => resolve(new WuslaError('stream_cancelled'))
  options.signal?.addEventListener('abort', onAbort, { once: true })
  raw.on('error', resolve)
  start(resolve)
  const result = await promise
  clearTimeout(timer)
  options.signal?.removeEventListener('abort', onAbort)
  const secured = result instanceof Error ? asWuslaError(result) : check(result, options)
  if (secured instanceof WuslaError) {
    raw.destroy()
    throw secured
  }
  return secured
}

function asWuslaError(error: Error): WuslaError {
  if (error instanceof WuslaError) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNRESET' || code === 'EPIPE') return new WuslaError('session_closed', { cause: error })
  return new WuslaError('invalid_certificate', { cause: error })
}

function check(
  socket: TLSSocket,
  options: SecureOptions & { readonly expectPeer?: string },
): SecuredSocket | WuslaError {
  const verified = verifyLinkPeer(socket, networkOfIdentity(options.identity), options.directory)
  if (!verified.ok) {
    const code = verified.problem === 'key_not_bound' ? 'unknown_key' : 'invalid_certificate'
    return new WuslaError(code, { details: { problem: verified.problem } })
  }
  const { peer } = verified
  if (options.expectPeer !== undefined && peer.id !== options.expectPeer) {
    return new WuslaError('wrong_peer', { details: { expected: options.expectPeer, found: peer.id } })
  }
  if (socket.alpnProtocol !== SESSION_ALPN)
    return new WuslaError('invalid_certificate', { details: { problem: 'alpn' } })
  socket.setNoDelay(true)
  const exporter = socket.exportKeyingMaterial(32, EXPORTER_LABEL, Buffer.alloc(0))
  return { socket, peer, exporter }
}
