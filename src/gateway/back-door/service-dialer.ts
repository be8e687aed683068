import { hash } from 'node:crypto'
import { connect, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { readSha256 } from '../front-door/client-rules.ts'
import { BackendAuthority } from './authority-file.ts'
import type { ServiceTarget } from './back-door-request.ts'
import { backendFailure } from './backend-failure.ts'
import type { ServiceAddress } from './service-address.ts'

/** Takes the bytes a socket receives; they are borrowed and must be copied to be kept. */
export type ReceiveBytes = (bytes: Buffer) => void

/** Told once that the connection stands, or why it does not. */
export type Dialled = (error: WuslaError | undefined) => void

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

/** Opens connections to one backend. */
export class ServiceDialer {
  readonly #address: ServiceAddress
  readonly #timeoutMs: number
  readonly #pinned: string | undefined
  readonly #authority: BackendAuthority | undefined
  /** One for all connections: what a read brings is dealt with before the next. */
  readonly #readBuffer: Buffer

  /** @throws WuslaError `config_invalid` */
  constructor(target: ServiceTarget, address: ServiceAddress, readBuffer: Buffer) {
    const { caFile, pinnedSha256 } = target.tls ?? {}
    this.#address = address
    this.#timeoutMs = target.connectTimeoutMs ?? 5_000
    this.#pinned = pinnedSha256 === undefined ? undefined : readSha256(pinnedSha256).toString('hex')
    this.#authority = caFile === undefined ? undefined : new BackendAuthority(caFile)
    this.#readBuffer = readBuffer
  }

  /**
   * Opens a connection. With TLS nothing is sent before the other end has shown the right certificate.
   *
   * @throws WuslaError `backend_authority_unreadable`; nothing was opened then
   */
  dial(receive: ReceiveBytes, dialled: Dialled): Socket {
    const socket = this.#address.isSecure ? this.#openSecure(receive) : this.#open(receive)
    const timer = setTimeout(() => socket.destroy(timedOut()), this.#timeoutMs)
    const ready = this.#address.isSecure ? 'secureConnect' : 'connect'
    const onFailure = (error?: Error | boolean): void => {
      clearTimeout(timer)
      socket.off('close', onFailure)
      dialled(backendFailure(error instanceof Error ? error : undefined, false))
    }
    socket.once('error', onFailure)
    socket.once('close', onFailure)
    socket.once(ready, () => {
      clearTimeout(timer)
      const error = this.#address.isSecure ? this.#wrongCertificate(socket as TLSSocket) : undefined
      if (error !== undefined) {
        socket.destroy(error)
        return
      }
      socket.off('error', onFailure)
      socket.off('close', onFailure)
      dialled(undefined)
    })
    return socket
  }

  #open(receive: ReceiveBytes): Socket {
    const { host, port } = this.#address
    const buffer = this.#readBuffer
    const socket = connect({
      ...SOCKET_OPTIONS,
      host,
      port,
      onread: {
        buffer,
        callback: (length) => {
          receive(buffer.subarray(0, length))
          return true
        },
      },
    })
    // Without this nobody would hear the backend hang up.
    socket.resume()
    return socket
  }

  #openSecure(receive: ReceiveBytes): Socket {
    const { host, port } = this.#address
    const ca = this.#authority?.pem()
    const socket = connectTls({
      ...SOCKET_OPTIONS,
      host,
      port,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: this.#pinned === undefined,
      ...(isIP(host) === 0 ? { servername: host } : undefined),
      ...(ca === undefined ? undefined : { ca }),
    })
    socket.setNoDelay(true)
    socket.on('data', receive)
    return socket
  }

  #wrongCertificate(socket: TLSSocket): WuslaError | undefined {
    if (this.#pinned === undefined) return undefined
    const shown = socket.getPeerX509Certificate()
    if (shown !== undefined && hash('sha256', shown.raw, 'hex') === this.#pinned) return undefined
    return new WuslaError('backend_unreachable', {
      message: 'The backend shows another certificate than the pinned one.',
      details: { reason: 'certificate_not_pinned', sent: false },
    })
  }
}

function timedOut(): WuslaError {
  return new WuslaError('backend_unreachable', { details: { reason: 'connect_timeout', sent: false } })
}
