import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import {
  type CloseCode,
  CONTROL_ALPN,
  CONTROL_VERSION,
  type ControlMessage,
  type HelloMessage,
} from '../../transport/branch-control.ts'
import { type ChannelEnd, type ChannelLimits, LinkChannel } from '../../transport/link-channel.ts'
import {
  networkOfIdentity,
  serverTlsOptions,
  type TlsIdentity,
  type VerifiedPeer,
  verifyLinkPeer,
} from '../../transport/link-identity.ts'
import type { BranchDirectory } from '../branch-directory.ts'
import type { ControlRefusal } from '../branch-event.ts'

/** A peer that has shown who it is and greeted. */
export interface GreetedPeer extends VerifiedPeer {
  readonly hello: HelloMessage
  readonly channel: LinkChannel
  readonly address: string
}

/** Who serves a peer from its greeting on. */
export interface PeerServer {
  /** Called right after the welcome was sent. */
  readonly onWelcomed: () => void
  readonly onMessage: (message: ControlMessage) => void
  readonly onEnd: (end: ChannelEnd) => void
}

/** The answer to a greeting. */
export type Admission =
  { readonly server: PeerServer } | { readonly refusal: ControlRefusal; readonly word: CloseCode }

interface ControlListenerOptions {
  readonly identity: TlsIdentity
  readonly directory: BranchDirectory
  /** `host:port` that peers are told to dial for tunnels. */
  readonly tunnelAddress: () => string
  readonly limitsOf: (id: string) => ChannelLimits
  /** From the first packet to the end of the handshake, in milliseconds; the greeting gets as long again. */
  readonly handshakeMs: number
  /** Most connections in the middle of a handshake. */
  readonly maxHandshakes: number
  readonly admit: (peer: GreetedPeer) => Admission
  readonly onRefused: (reason: ControlRefusal, address: string, id?: string) => void
}

/**
 * Takes control connections: mutual TLS 1.3 under the network's root, then the directory, then a greeting that must
 * name the same peer. Whoever is in the middle of that holds a bounded place for a bounded time.
 */
export class ControlListener {
  readonly server: Server
  readonly #options: ControlListenerOptions
  readonly #handshakes = new Map<string, Socket>()
  readonly #channels = new Map<LinkChannel, VerifiedPeer>()

  constructor(options: ControlListenerOptions) {
    this.#options = options
    this.server = createServer({
      ...serverTlsOptions(options.identity, CONTROL_ALPN),
      handshakeTimeout: options.handshakeMs,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 15_000,
    })
    this.server.on('connection', (socket: Socket) => this.#onConnection(socket))
    this.server.on('secureConnection', (socket) => this.#onSecure(socket))
    this.server.on('tlsClientError', (_error, socket) => {
      const address = socket.remoteAddress ?? ''
      // The runtime tells, but leaves a socket open that timed out in its handshake.
      socket.destroy()
      options.onRefused('handshake_failed', address)
    })
  }

  /** Uses a renewed certificate for connections from now on. */
  renew(identity: TlsIdentity): void {
    this.server.setSecureContext(serverTlsOptions(identity, CONTROL_ALPN))
  }

  /** Cuts every peer whose key the directory no longer binds to it; their ids. */
  recheck(): string[] {
    const cut: string[] = []
    for (const [channel, peer] of this.#channels) {
      if (this.#options.directory.tlsKeyOwner(peer.tlsKeyId) === peer.id) continue
      cut.push(peer.id)
      channel.close('not_admitted')
    }
    return cut
  }

  /** Stops listening and closes every connection. */
  close(): void {
    this.server.close()
    for (const socket of this.#handshakes.values()) socket.destroy()
    for (const channel of this.#channels.keys()) channel.close('leaving')
  }

  #onConnection(socket: Socket): void {
    if (this.#handshakes.size >= this.#options.maxHandshakes) {
      // Whoever means well is done in milliseconds: the oldest is the one to go.
      const [oldest] = this.#handshakes
      if (oldest !== undefined) {
        this.#handshakes.delete(oldest[0])
        oldest[1].destroy()
        this.#options.onRefused('crowded_out', oldest[1].remoteAddress ?? '')
      }
    }
    const key = remoteKey(socket)
    this.#handshakes.set(key, socket)
    socket.once('close', () => {
      if (this.#handshakes.get(key) === socket) this.#handshakes.delete(key)
    })
  }

  #onSecure(socket: TLSSocket): void {
    this.#handshakes.delete(remoteKey(socket))
    const { identity, directory } = this.#options
    const address = socket.remoteAddress ?? ''
    const verified = verifyLinkPeer(socket, networkOfIdentity(identity), directory)
    if (!verified.ok) {
      socket.destroy()
      return this.#options.onRefused(verified.problem, address)
    }
    this.#greet(socket, verified.peer, address)
  }

  #greet(socket: TLSSocket, peer: VerifiedPeer, address: string): void {
    let server: PeerServer | undefined
    const timer = setTimeout(() => refuse('no_hello', 'protocol_error'), this.#options.handshakeMs)
    const channel = new LinkChannel({
      socket,
      limits: this.#options.limitsOf(peer.id),
      onMessage: (message) => (server === undefined ? greeted(message) : server.onMessage(message)),
      onEnd: (end) => {
        clearTimeout(timer)
        this.#channels.delete(channel)
        server?.onEnd(end)
      },
    })
    this.#channels.set(channel, peer)

    const refuse = (reason: ControlRefusal, word: CloseCode): void => {
      channel.close(word)
      this.#options.onRefused(reason, address, peer.id)
    }

    const greeted = (hello: ControlMessage): void => {
      clearTimeout(timer)
      if (hello.t !== 'hello' || hello.id !== peer.id || hello.version !== CONTROL_VERSION) {
        return refuse('bad_hello', 'protocol_error')
      }
      const admission = this.#options.admit({ ...peer, hello, channel, address })
      if ('refusal' in admission) return refuse(admission.refusal, admission.word)
      server = admission.server
      channel.send({ t: 'welcome', branch: this.#options.identity.id, tunnel: this.#options.tunnelAddress() })
      server.onWelcomed()
    }
  }
}

function remoteKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}
