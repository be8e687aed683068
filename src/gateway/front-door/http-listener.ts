import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createSecureServer } from 'node:tls'
import type { Server as SecureServer } from 'node:tls'
import type { ByteGauge } from './body-stream.ts'
import type { CallAnswer, IncomingCall } from './incoming-call.ts'
import type { Llhttp } from './llhttp.ts'
import { ServerConnection } from './server-connection.ts'
import type { ConnectionHost } from './server-connection.ts'
import type { ServerLimits } from './server-limits.ts'

/** Certificate and key shown to the information systems, PEM. */
export interface ServerCredentials {
  readonly key: string | Buffer
  readonly cert: string | Buffer
}

export interface ListenerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Present: HTTPS. Client certificates are asked for and may be left out. */
  readonly tls?: ServerCredentials
  readonly llhttp: Llhttp
  readonly limits: ServerLimits
  readonly gauge: ByteGauge
  /** A request is there. Must not throw. */
  readonly onCall: (call: IncomingCall) => void
  /** Bytes that are no request; `reason` is the parser's code. Gives the body of the answer, JSON. */
  readonly onMalformed: (reason: string) => Buffer
}

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

const HANDSHAKE_TIMEOUT_MS = 10_000

/** How long a client that is inside may take for its last request, in milliseconds. */
const LAST_REQUEST_MS = 1_000
const LEAVE_LOOK_MS = 10

/** What bytes that are no request are answered with; any other reason is 400. */
const STATUS_OF_REASON: ReadonlyMap<string, number> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_FRAMING_OVERFLOW', 413],
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_INVALID_VERSION', 505],
])

/**
 * A port that speaks HTTP/1.1. The bytes are read by llhttp in strict mode, which refuses whatever two servers could
 * read differently: `Content-Length` beside `Transfer-Encoding`, repeated lengths, bare CR or LF, folded lines, blanks
 * before a colon.
 */
export class HttpListener implements ConnectionHost {
  readonly llhttp: Llhttp
  readonly limits: ServerLimits
  readonly gauge: ByteGauge
  readonly isSecure: boolean
  readonly onCall: (call: IncomingCall) => void
  readonly #server: Server | SecureServer
  readonly #onMalformed: (reason: string) => Buffer
  readonly #connections = new Set<ServerConnection>()
  readonly #clock: NodeJS.Timeout
  isClosing = false
  nowMs: number
  readonly #tickMs: number
  #second = 0
  #date = ''

  private constructor(server: Server | SecureServer, options: ListenerOptions) {
    this.#server = server
    this.llhttp = options.llhttp
    this.limits = options.limits
    this.gauge = options.gauge
    this.onCall = options.onCall
    this.#onMalformed = options.onMalformed
    this.isSecure = options.tls !== undefined
    server.maxConnections = options.limits.maxConnections
    server.on(this.isSecure ? 'secureConnection' : 'connection', (socket: Socket) => this.#meet(socket))
    const { headTimeoutMs, idleTimeoutMs, stallTimeoutMs } = options.limits
    // Fine enough for the shortest time-out, coarse enough to cost nothing.
    this.#tickMs = Math.max(10, Math.min(1_000, headTimeoutMs / 4, idleTimeoutMs / 4, stallTimeoutMs / 4))
    this.nowMs = performance.now() + this.#tickMs
    this.#clock = setInterval(() => this.#tick(), this.#tickMs)
    this.#clock.unref()
  }

  /** Opens the port. Rejects with the error of the operating system if it is taken. */
  static async open(options: ListenerOptions): Promise<HttpListener> {
    const { tls } = options
    const server =
      tls === undefined
        ? createServer(SOCKET_OPTIONS)
        : createSecureServer({
            ...SOCKET_OPTIONS,
            key: tls.key,
            cert: tls.cert,
            minVersion: 'TLSv1.2',
            ALPNProtocols: ['http/1.1'],
            requestCert: true,
            // Rules name certificates one by one: who signed them is of no interest.
            rejectUnauthorized: false,
            handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
          })
    const listener = new HttpListener(server, options)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, () => {
        server.off('error', reject)
        resolve()
      })
    }).catch((error: unknown) => {
      clearInterval(listener.#clock)
      throw error
    })
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Bytes that wait in the connections because clients are slow to take them. */
  get unsentBytes(): number {
    let bytes = 0
    for (const { socket } of this.#connections) bytes += socket.writableLength
    return bytes
  }

  /** Shows new connections a new certificate. */
  setCredentials(tls: ServerCredentials): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext({ key: tls.key, cert: tls.cert })
  }

  /**
   * Takes its leave of its clients: for `noticeMs` milliseconds, or until none is connected, everything goes on, but each
   * answer ends its connection, so that nobody is about to send a request when it is gone. Then nobody new is let in,
   * and those who are inside come to their end.
   *
   * @param atOnce - there is no time left for any of that
   */
  async leave(noticeMs: number, graceMs: number, atOnce: AbortSignal): Promise<void> {
    this.isClosing = true
    await this.#untilFew(() => this.#connections.size === 0, noticeMs, atOnce)
    // Connections that the system has made already are taken in before the port is gone: they would be reset.
    await new Promise((resolve) => setImmediate(resolve))
    void this.#stopListening()
    const isDone = (): boolean => [...this.#connections].every(({ isBusy }) => isBusy)
    await this.#untilFew(isDone, Math.min(noticeMs, LAST_REQUEST_MS), atOnce)
    await this.close(atOnce.aborted ? 0 : graceMs)
  }

  /** Takes no new connections; requests under way get `graceMs` milliseconds to come to their end. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true
    const closed = this.#stopListening()
    for (const connection of this.#connections) if (!connection.isBusy) connection.socket.destroy()
    const cut = (): void => {
      for (const connection of this.#connections) connection.reset()
    }
    const timer = setTimeout(cut, graceMs)
    await closed
    clearTimeout(timer)
    clearInterval(this.#clock)
  }

  date(): string {
    const now = Date.now()
    const second = Math.trunc(now / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#date = new Date(now).toUTCString()
    }
    return this.#date
  }

  refuse(reason: string): CallAnswer {
    const lines = 'content-type: application/json\r\n'
    return { status: STATUS_OF_REASON.get(reason) ?? 400, lines, body: this.#onMalformed(reason) }
  }

  #stopListening(): Promise<void> {
    return new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #untilFew(isSo: () => boolean, withinMs: number, atOnce: AbortSignal): Promise<void> {
    const until = performance.now() + withinMs
    while (!isSo() && performance.now() < until && !atOnce.aborted)
      await new Promise((resolve) => setTimeout(resolve, LEAVE_LOOK_MS))
  }

  #meet(socket: Socket): void {
    const connection = new ServerConnection(socket, this)
    this.#connections.add(connection)
    socket.on('close', () => this.#connections.delete(connection))
  }

  #tick(): void {
    const nowMs = performance.now()
    // Deadlines are never early: until the next tick this is ahead of the clock.
    this.nowMs = nowMs + this.#tickMs
    for (const connection of this.#connections) connection.tick(nowMs)
  }
}
