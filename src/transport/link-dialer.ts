import { performance } from 'node:perf_hooks'
import { connect, type TLSSocket } from 'node:tls'
import { peerTlsOptions } from '../trust/tls-context.ts'
import { CONTROL_ALPN, CONTROL_VERSION, type ControlMessage, type WelcomeMessage } from './branch-control.ts'
import { parseLinkAddress } from './link-address.ts'
import { type ChannelEnd, type ChannelLimits, LinkChannel } from './link-channel.ts'
import {
  type LinkDirectory,
  networkOfIdentity,
  type PeerProblem,
  type TlsIdentity,
  verifyLinkPeer,
} from './link-identity.ts'

/** Why a link is down. */
export type LinkDownReason =
  ChannelEnd | PeerProblem | 'wrong_peer' | 'no_address' | 'no_answer' | 'connect_failed' | 'replaced'

/** Times of a link, in milliseconds. */
export interface LinkTimes {
  /** From the first packet to the welcome. Default 2,500. */
  readonly connectMs?: number
  /** First pause before the next attempt; doubles, with jitter. Default 100. */
  readonly backOffMs?: number
  /** Longest pause. Default 10,000. */
  readonly maxBackOffMs?: number
}

interface LinkDialerOptions {
  /** The branch to stay connected to. */
  readonly peer: string
  /** Its control address `host:port` now; `undefined` while the directory names none. */
  readonly address: () => string | undefined
  readonly identity: () => TlsIdentity
  readonly directory: LinkDirectory
  /** `host:port` of the own tunnel port, when the dialler is a branch. */
  readonly tunnel?: () => string
  /** Asked before each attempt; false skips it until the next pause is over. */
  readonly mayDial?: () => boolean
  readonly onUp: (channel: LinkChannel, welcome: WelcomeMessage) => void
  readonly onMessage: (message: ControlMessage, channel: LinkChannel) => void
  /** `wasUp` tells whether `onUp` was called for what ended. */
  readonly onDown: (reason: LinkDownReason, wasUp: boolean) => void
  readonly times?: LinkTimes
  readonly limits?: ChannelLimits
  /** 0 ≤ x < 1, for the jitter of pauses. Default: Math.random. */
  readonly random?: () => number
}

/** A second node that uses our identity would make both fight for the connection: whoever loses it waits this long. */
const REPLACED_PAUSE_MS = 5_000

/** A link that held for so long starts again with the shortest pause. */
const STEADY_MS = 5_000

/** Keeps one control connection to a branch: dials, greets, and dials again with growing pauses until closed. */
export class LinkDialer {
  readonly #options: LinkDialerOptions
  readonly #unsubscribe: () => void
  #channel: LinkChannel | undefined
  #socket: TLSSocket | undefined
  #timer: NodeJS.Timeout | undefined
  #peerKey: string | undefined
  #failures = 0
  #attempt = 0
  #upAt = 0
  #isUp = false
  #waitsForDirectory = false
  #closed = false

  constructor(options: LinkDialerOptions) {
    this.#options = options
    this.#unsubscribe = options.directory.onChange(() => this.#onDirectoryChange())
    this.#wait(0)
  }

  /** The connection in use; `undefined` while there is none. */
  get channel(): LinkChannel | undefined {
    return this.#isUp ? this.#channel : undefined
  }

  /** Drops what there is and dials anew at once, for instance with a renewed certificate. */
  redial(): void {
    if (this.#closed) return
    this.#failures = 0
    this.#fail('closed_here', 0)
  }

  /** Ends the present pause: there is reason to believe that dialling works now. */
  wake(): void {
    if (this.#closed || this.#socket !== undefined) return
    this.#failures = 0
    this.#wait(this.#pauseMs())
  }

  /** Ends the link for good. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#unsubscribe()
    clearTimeout(this.#timer)
    this.#attempt += 1
    if (this.#channel === undefined) this.#socket?.destroy()
    else this.#channel.close('leaving')
    this.#isUp = false
  }

  #dial(): void {
    this.#waitsForDirectory = false
    if (this.#closed) return
    if (this.#options.mayDial?.() === false) return this.#wait(this.#pauseMs())
    const address = parseLinkAddress(this.#options.address() ?? '')
    if (address === undefined) {
      this.#waitsForDirectory = true
      return this.#fail('no_address')
    }
    this.#attempt += 1
    const attempt = this.#attempt
    const identity = this.#options.identity()
    this.#timer = setTimeout(() => this.#fail('no_answer'), this.#options.times?.connectMs ?? 2_500)
    const socket = connect({
      ...address,
      ...peerTlsOptions(identity),
      ALPNProtocols: [CONTROL_ALPN],
    })
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => {
      if (attempt === this.#attempt && this.#channel === undefined) this.#fail('connect_failed')
    })
    socket.once('secureConnect', () => {
      if (attempt === this.#attempt) this.#onSecure(socket)
    })
  }

  #onSecure(socket: TLSSocket): void {
    const verified = verifyLinkPeer(
      socket,
      networkOfIdentity(this.#options.identity()),
      this.#options.directory,
    )
    if (!verified.ok) {
      this.#waitsForDirectory = verified.problem === 'key_not_bound'
      return this.#fail(verified.problem)
    }
    if (verified.peer.id !== this.#options.peer) return this.#fail('wrong_peer')
    this.#peerKey = verified.peer.tlsKeyId
    const attempt = this.#attempt
    const channel: LinkChannel = new LinkChannel({
      socket,
      ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
      onMessage: (message) => {
        if (attempt === this.#attempt) this.#onMessage(message, channel)
      },
      onEnd: (end, code) => {
        if (attempt !== this.#attempt) return
        if (code === 'replaced') this.#fail('replaced', REPLACED_PAUSE_MS)
        else this.#fail(end)
      },
    })
    this.#channel = channel
    const tunnel = this.#options.tunnel?.()
    channel.send({
      t: 'hello',
      version: CONTROL_VERSION,
      id: this.#options.identity().id,
      ...(tunnel === undefined ? {} : { tunnel }),
    })
  }

  #onMessage(message: ControlMessage, channel: LinkChannel): void {
    if (this.#isUp) return this.#options.onMessage(message, channel)
    if (message.t !== 'welcome' || message.branch !== this.#options.peer) return this.#fail('bad_line')
    clearTimeout(this.#timer)
    this.#isUp = true
    this.#upAt = performance.now()
    this.#options.onUp(channel, message)
  }

  /** Ends the attempt or the connection and plans the next one. */
  #fail(reason: LinkDownReason, pauseMs?: number): void {
    const wasUp = this.#isUp
    if (wasUp && performance.now() - this.#upAt >= STEADY_MS) this.#failures = 0
    this.#forget()
    this.#wait(pauseMs ?? this.#pauseMs())
    this.#options.onDown(reason, wasUp)
  }

  /** Leaves nothing of the present attempt behind; late events of its socket find another attempt number. */
  #forget(): void {
    this.#attempt += 1
    this.#channel?.close()
    this.#socket?.destroy()
    this.#channel = undefined
    this.#socket = undefined
    this.#peerKey = undefined
    this.#isUp = false
  }

  #pauseMs(): number {
    const first = this.#options.times?.backOffMs ?? 100
    const most = this.#options.times?.maxBackOffMs ?? 10_000
    const full = Math.min(most, first * 2 ** Math.min(this.#failures, 16))
    this.#failures += 1
    return full * (0.5 + (this.#options.random ?? Math.random)() / 2)
  }

  #wait(pauseMs: number): void {
    clearTimeout(this.#timer)
    if (!this.#closed) this.#timer = setTimeout(() => this.#dial(), pauseMs)
  }

  #onDirectoryChange(): void {
    if (this.#peerKey !== undefined) {
      if (this.#options.directory.tlsKeyOwner(this.#peerKey) === this.#options.peer) return
      this.#fail('key_not_bound')
    } else if (this.#waitsForDirectory) {
      this.#failures = 0
      this.#wait(0)
    }
  }
}
