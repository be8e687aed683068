import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { formatLinkAddress, type LinkAddress } from '../../transport/link-address.ts'
import type { SecuredSocket } from '../../transport/session-tls.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { EstablishedSession } from '../peer-sessions.ts'
import { HANDSHAKE_LIMITS, HandshakeBounds, type HandshakeLimits, remoteOf } from './handshake-bounds.ts'

interface DirectListenerOptions {
  readonly listen: LinkAddress
  /** Runs the handshake: resolves only for an active gateway of the network. Takes over the socket. */
  readonly secure: (socket: Socket) => Promise<SecuredSocket>
  /** Makes a session of it. Takes over the socket. */
  readonly establish: (secured: SecuredSocket) => Promise<EstablishedSession>
  readonly adopt: (peer: string, established: EstablishedSession) => void
  readonly onEvent: EventSink<GatewayEvent>
  readonly limits?: HandshakeLimits
  /** Most sessions that one gateway may hold here. Default 8. */
  readonly sessionsPerPeer?: number
  /** How often it tells how many were turned away, in milliseconds. Default 60,000. */
  readonly tellMs?: number
}

/**
 * The port on which other gateways dial this one without a branch. It is open to whoever reaches it, so until TLS and
 * the directory have said who a peer is, it holds no more than a socket, a handshake and a timer, and of these only so
 * many; and no stranger makes it write a line.
 */
export class DirectListener {
  readonly #options: DirectListenerOptions
  readonly #server: Server
  readonly #bounds: HandshakeBounds
  /** Handshakes under way and from where, the oldest first. */
  readonly #strangers = new Map<Socket, string>()
  readonly #perPeer = new Map<string, number>()
  readonly #turnedAway = new Map<string, number>()
  readonly #teller: NodeJS.Timeout

  private constructor(options: DirectListenerOptions) {
    this.#options = options
    this.#bounds = new HandshakeBounds(options.limits ?? HANDSHAKE_LIMITS, performance.now())
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 },
      (socket) => {
        this.#onConnection(socket)
      },
    )
    this.#teller = setInterval(() => this.#tell(), options.tellMs ?? 60_000)
    this.#teller.unref()
  }

  /** @throws WuslaError `config_invalid` when it cannot listen there */
  static async open(options: DirectListenerOptions): Promise<DirectListener> {
    const listener = new DirectListener(options)
    try {
      listener.#server.listen(options.listen)
      await once(listener.#server, 'listening')
    } catch (cause) {
      clearInterval(listener.#teller)
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it failed'
      const problems = [`/directListen: cannot listen there (${why})`]
      throw new WuslaError('config_invalid', { details: { problems }, cause })
    }
    // A connection that could not be taken, for want of descriptors: the next one may be.
    listener.#server.on('error', () => listener.#count('not_accepted'))
    return listener
  }

  /** Where it listens. */
  get address(): string {
    const bound = this.#server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.#options.listen.port
    return formatLinkAddress({ host: this.#options.listen.host, port })
  }

  /** Connections whose other end is not known yet. */
  get strangers(): number {
    return this.#strangers.size
  }

  /** Stops listening and drops whoever is not known yet. Sessions stay with whoever holds them. */
  close(): void {
    clearInterval(this.#teller)
    this.#server.close()
    for (const socket of this.#strangers.keys()) socket.destroy()
    this.#tell()
  }

  #onConnection(socket: Socket): void {
    const remote = remoteOf(socket.remoteAddress ?? '')
    // Whatever is wrong with it is said by its end, which the handshake notices.
    socket.on('error', () => undefined)
    if (!this.#bounds.enter(remote, performance.now())) {
      socket.destroy()
      return this.#count('too_many_requests')
    }
    this.#strangers.set(socket, remote)
    if (this.#bounds.isOverfull) this.#crowdOut()
    void this.#take(socket)
  }

  async #take(socket: Socket): Promise<void> {
    let peer: string | undefined
    try {
      const secured = await this.#options.secure(socket)
      this.#isStrangerNoMore(socket)
      peer = this.#admit(secured)
      const established = await this.#options.establish(secured)
      this.#options.adopt(peer, established)
      await established.session.closed
    } catch (cause) {
      this.#count(toWuslaError(cause, 'session_closed').code)
    } finally {
      this.#isStrangerNoMore(socket)
      if (peer !== undefined) this.#leave(peer)
    }
  }

  #isStrangerNoMore(socket: Socket): void {
    const remote = this.#strangers.get(socket)
    if (remote === undefined) return
    this.#strangers.delete(socket)
    this.#bounds.leave(remote)
  }

  /** One gateway that opens session after session must not use up this one. */
  #admit({ peer, socket }: SecuredSocket): string {
    const held = this.#perPeer.get(peer.id) ?? 0
    if (held >= (this.#options.sessionsPerPeer ?? 8)) {
      socket.destroy()
      throw new WuslaError('too_many_requests')
    }
    this.#perPeer.set(peer.id, held + 1)
    return peer.id
  }

  #leave(peer: string): void {
    const rest = (this.#perPeer.get(peer) ?? 1) - 1
    if (rest === 0) this.#perPeer.delete(peer)
    else this.#perPeer.set(peer, rest)
  }

  /** A gateway is done within round trips: who has waited longest is the least likely to be one. */
  #crowdOut(): void {
    const [oldest] = this.#strangers.keys()
    if (oldest === undefined) return
    this.#isStrangerNoMore(oldest)
    oldest.destroy()
  }

  #count(code: string): void {
    this.#turnedAway.set(code, (this.#turnedAway.get(code) ?? 0) + 1)
  }

  #tell(): void {
    if (this.#turnedAway.size === 0) return
    const counts = Object.fromEntries(this.#turnedAway)
    this.#turnedAway.clear()
    this.#options.onEvent({ kind: 'direct_turned_away', counts })
  }
}
