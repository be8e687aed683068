import { createServer, STATUS_CODES } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ByteGauge } from './body-stream.ts'
import { CallerFacts } from './caller-facts.ts'
import type { IncomingCall } from './incoming-call.ts'
import { NodeCall } from './node-call.ts'
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
  readonly limits: ServerLimits
  readonly gauge: ByteGauge
  /** A request is there. Must not throw. */
  readonly onCall: (call: IncomingCall) => void
  /** Bytes that are no request; `reason` is the parser's code. Gives the body of the answer, JSON. */
  readonly onMalformed: (reason: string) => Buffer
}

/** A client that sends more requests ahead than this on one connection is cut off. */
const MAX_PIPELINED = 256

/** Requests waiting their turn on one connection above which it is not read any further. */
const PIPELINED_PAUSE = 8

/** What belongs to one connection. */
interface Connection {
  readonly facts: CallerFacts
  current: NodeCall | undefined
  readonly waiting: NodeCall[]
}

/**
 * A port that speaks HTTP/1.1. This file and `node-call.ts` are the only ones that know whose parser reads the bytes:
 * here the runtime's own (llhttp, strict), which refuses whatever two servers could read differently:
 * `Content-Length` beside `Transfer-Encoding`, repeated lengths, bare CR or LF, folded lines, blanks before a colon.
 */
export class HttpListener {
  readonly #server: Server
  readonly #options: ListenerOptions
  readonly #connections = new Map<Socket, Connection>()
  #isClosing = false

  private constructor(server: Server, options: ListenerOptions) {
    this.#server = server
    this.#options = options
    server.on('connection', (socket: Socket) => options.tls === undefined && this.#meet(socket))
    server.on('secureConnection', (socket: Socket) => this.#meet(socket))
    server.on('request', (request, response) => this.#take(request, response, false))
    server.on('checkContinue', (request, response) => this.#take(request, response, true))
    server.on('clientError', (error, socket) => this.#refuse(error, socket))
    server.on('timeout', (socket: Socket) => this.#judgeSilence(socket))
  }

  /** Opens the port. Rejects with the error of the operating system if it is taken. */
  static async open(options: ListenerOptions): Promise<HttpListener> {
    const { limits, tls } = options
    const settings: ServerOptions = {
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      requireHostHeader: true,
      insecureHTTPParser: false,
      maxHeaderSize: limits.maxHeadBytes,
      headersTimeout: limits.headTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      // A body may take as long as it likes, as long as it moves: see `stallTimeoutMs`.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.headTimeoutMs / 4)),
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: () => false,
    }
    const server =
      tls === undefined
        ? createServer(settings)
        : createSecureServer({
            ...settings,
            ...tls,
            minVersion: 'TLSv1.2',
            ALPNProtocols: ['http/1.1'],
            requestCert: true,
            rejectUnauthorized: false,
            handshakeTimeout: 10_000,
          })
    server.maxConnections = limits.maxConnections
    server.maxHeadersCount = 256
    server.timeout = limits.stallTimeoutMs
    const listener = new HttpListener(server, options)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, () => {
        server.off('error', reject)
        resolve()
      })
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
    for (const socket of this.#connections.keys()) bytes += socket.writableLength
    return bytes
  }

  /** Shows new connections a new certificate. */
  setCredentials(tls: ServerCredentials): void {
    if ('setSecureContext' in this.#server) (this.#server as SecureServer).setSecureContext(tls)
  }

  /** Takes no new connections; requests under way get `graceMs` milliseconds to come to their end. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const [socket, { current }] of this.#connections) if (current === undefined) socket.destroy()
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs)
    await closed
    clearTimeout(timer)
  }

  #meet(socket: Socket): void {
    this.#connections.set(socket, { facts: new CallerFacts(socket), current: undefined, waiting: [] })
    socket.on('close', () => this.#connections.delete(socket))
  }

  #take(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { socket } = request
    const connection = this.#connections.get(socket)
    if (connection === undefined || request.httpVersionMajor !== 1) {
      // The parser still knows HTTP/0.9, where nothing says who calls.
      this.#options.onMalformed('version')
      socket.destroy()
      return
    }
    const call = new NodeCall(request, response, {
      facts: connection.facts,
      isSecure: this.#options.tls !== undefined,
      expectsContinue,
      gauge: this.#options.gauge,
      isClosing: () => this.#isClosing,
      onDone: (isLast) => this.#next(socket, connection, isLast),
    })
    if (connection.current === undefined) {
      connection.current = call
      this.#options.onCall(call)
      return
    }
    // One at a time: the effects of pipelined requests must come in their order (RFC 9112, 9.3.2).
    connection.waiting.push(call)
    if (connection.waiting.length > MAX_PIPELINED) socket.destroy()
    else if (connection.waiting.length > PIPELINED_PAUSE) socket.pause()
  }

  #next(socket: Socket, connection: Connection, isLast: boolean): void {
    // What stands behind the last request may be the tail of an attack on it: it is not served.
    if (isLast) connection.waiting.length = 0
    const next = connection.waiting.shift()
    connection.current = next
    if (connection.waiting.length === PIPELINED_PAUSE) socket.resume()
    if (next !== undefined) this.#options.onCall(next)
  }

  /** Nothing moved for the stall time. Waiting for our answer is no fault of the client; everything else is. */
  #judgeSilence(socket: Socket): void {
    const current = this.#connections.get(socket)?.current
    const isWaitingForUs = current !== undefined && !current.isWanting && socket.writableLength === 0
    if (isWaitingForUs) socket.setTimeout(this.#options.limits.stallTimeoutMs)
    else socket.destroy()
  }

  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const status =
      STATUS_OF_ERROR.get(error.code ?? '') ?? (error.code?.startsWith('HPE_') === true ? 400 : 0)
    const current = this.#connections.get(socket as Socket)?.current
    const isUnanswered = current === undefined || current.isUnanswered
    if (status === 0 || !socket.writable || !isUnanswered) {
      socket.destroy()
      return
    }
    const body = this.#options.onMalformed(error.code ?? '')
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/json\r\n` +
        `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body.toString('latin1')}`,
      'latin1',
    )
  }
}

type SecureServer = Server & { setSecureContext(options: ServerCredentials): void }

const STATUS_OF_ERROR: ReadonlyMap<string, number> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
])
