import type { Socket } from 'node:net'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { ControlMessage, IncomingMessage, WeighedWay, WelcomeMessage } from './branch-control.ts'
import { BranchQuestions, unreachable } from './branch-questions.ts'
import type { ChannelLimits, LinkChannel } from './link-channel.ts'
import { LinkDialer, type LinkDownReason, type LinkTimes } from './link-dialer.ts'
import type { LinkDirectory, TlsIdentity } from './link-identity.ts'
import { callTunnel } from './tunnel-call.ts'
import { TICKET_LIFE_MS } from './tunnel-preamble.ts'

/** `up` takes new tunnels, `draining` keeps those it has, `connecting` is on its way. */
export type BranchLinkState = 'connecting' | 'up' | 'draining' | 'closed'

/** What a link tells its gateway. */
export type BranchLinkEvent =
  | { readonly kind: 'link_up'; readonly branch: string }
  | { readonly kind: 'link_down'; readonly branch: string; readonly reason: LinkDownReason }
  | { readonly kind: 'link_attempt_failed'; readonly branch: string; readonly reason: LinkDownReason }
  | { readonly kind: 'link_draining'; readonly branch: string }
  | { readonly kind: 'branches_leaving'; readonly branch: string; readonly leaving: readonly string[] }
  | {
      readonly kind: 'incoming_failed'
      readonly branch: string
      readonly from: string
      readonly code: string
    }

/** A tunnel that another gateway asked for. Become the TLS server on `socket`; `from` is only what the branch says. */
export interface IncomingTunnel {
  readonly socket: Socket
  readonly from: string
  readonly path: readonly string[]
  readonly branch: string
}

/** A tunnel that was asked for. Become the TLS client on `socket`. */
export interface OpenedTunnel {
  readonly socket: Socket
  /** The branches it passes, in order. */
  readonly path: readonly string[]
  readonly branch: string
}

/** What a caller wants of a path. */
export interface OpenOptions {
  readonly avoid?: readonly string[] | undefined
  readonly only?: readonly string[] | undefined
  /** Exactly this path, from the own branch to the last one. */
  readonly path?: readonly string[] | undefined
  /** Preferred: as little as possible in common with this path of another tunnel. */
  readonly apartFrom?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** For all of it, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number | undefined
}

/** What a link needs of the directory. */
export interface BranchLinkDirectory extends LinkDirectory {
  readonly branch: (id: string) => { readonly controlAddress: string } | undefined
}

interface BranchLinkOptions {
  readonly branch: string
  readonly identity: () => TlsIdentity
  readonly directory: BranchLinkDirectory
  readonly onEvent: EventSink<BranchLinkEvent>
  /** Owns the socket it is given. */
  readonly onIncoming?: (tunnel: IncomingTunnel) => void
  readonly times?: LinkTimes
  readonly limits?: ChannelLimits
  readonly random?: () => number
}

/** Dial-backs under way at once; more are left to their callers' time-out. */
const MAX_DIAL_BACKS = 256

/** A gateway's standing connection to one branch. Connects from the start and stays connected until closed. */
export class BranchLink {
  readonly branch: string
  readonly #options: BranchLinkOptions
  readonly #dialer: LinkDialer
  readonly #questions = new BranchQuestions()
  readonly #closing = new AbortController()
  #onIncoming: ((tunnel: IncomingTunnel) => void) | undefined
  #tunnelAddress = ''
  #dialBacks = 0
  #isDraining = false
  #leaving: readonly string[] = []
  #upWaiters: (() => void)[] = []

  constructor(options: BranchLinkOptions) {
    this.branch = options.branch
    this.#options = options
    this.#onIncoming = options.onIncoming
    this.#dialer = new LinkDialer({
      peer: options.branch,
      address: () => options.directory.branch(options.branch)?.controlAddress,
      identity: options.identity,
      directory: options.directory,
      onUp: (_channel, welcome) => this.#onUp(welcome),
      onMessage: (message) => this.#onMessage(message),
      onDown: (reason, wasUp) => this.#onDown(reason, wasUp),
      ...(options.times === undefined ? {} : { times: options.times }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.random === undefined ? {} : { random: options.random }),
    })
  }

  get state(): BranchLinkState {
    if (this.#closing.signal.aborted) return 'closed'
    if (this.#dialer.channel === undefined) return 'connecting'
    return this.#isDraining ? 'draining' : 'up'
  }

  /** Branches of the network that are about to leave, as this one says. */
  get leaving(): readonly string[] {
    return this.#leaving
  }

  /** Smoothed round-trip time to the branch in milliseconds; `undefined` until measured. */
  get rttMs(): number | undefined {
    return this.#dialer.channel?.rttMs
  }

  /** Sets who takes tunnels that other gateways open; the handler owns the sockets. */
  onIncoming(handler: (tunnel: IncomingTunnel) => void): void {
    this.#onIncoming = handler
  }

  /** Resolves when the link is up, at once if it is; also when it was closed meanwhile. */
  async whenUp(): Promise<void> {
    if (this.state === 'up' || this.state === 'closed') return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#upWaiters.push(resolve)
    await promise
  }

  /** Drops the connection and dials anew at once: for a renewed certificate. Tunnels that are open stay. */
  reconnect(): void {
    this.#dialer.redial()
  }

  /**
   * Opens a tunnel to another gateway through this branch.
   *
   * @throws WuslaError `no_path`, `branch_unreachable`, `gateway_unreachable`, `unknown_gateway` or
   * `too_many_requests`, with `details.tried`: each path and why it failed; `stream_cancelled` when the signal fired
   */
  async open(target: string, options: OpenOptions = {}): Promise<OpenedTunnel> {
    const startedAt = performance.now()
    const timeoutMs = options.timeoutMs ?? 15_000
    const signal = this.#whileOpen(options.signal)
    const { avoid, only, path, apartFrom } = options
    // Less than our own patience, so that the reason arrives before it ends.
    const waitMs = Math.ceil(timeoutMs * 0.9)
    const question = { t: 'open' as const, target, waitMs, ...given({ avoid, only, path, apartFrom }) }
    const opened = await this.#questions.ask(this.#usableChannel(), question, timeoutMs, signal)
    if (opened.t !== 'opened' || opened.path[0] !== this.branch)
      throw unreachable('it answered something else')
    const socket = await callTunnel({
      address: this.#tunnelAddress,
      ticket: opened.ticket,
      awaitReady: true,
      timeoutMs: Math.max(1, timeoutMs - (performance.now() - startedAt)),
      signal,
    })
    return { socket, path: opened.path, branch: this.branch }
  }

  /**
   * The ways there are to another gateway now, best first, without opening one: at most 16, none when no allowed way of
   * live links is known.
   *
   * @throws WuslaError `branch_unreachable`, `unknown_gateway`, `too_many_requests`; `stream_cancelled` when the signal fired
   */
  async weigh(
    target: string,
    options: Pick<OpenOptions, 'avoid' | 'only' | 'apartFrom' | 'signal' | 'timeoutMs'> = {},
  ): Promise<readonly WeighedWay[]> {
    const { avoid, only, apartFrom } = options
    const question = { t: 'weigh' as const, target, ...given({ avoid, only, apartFrom }) }
    const signal = this.#whileOpen(options.signal)
    const timeoutMs = options.timeoutMs ?? 15_000
    const weighed = await this.#questions.ask(this.#usableChannel(), question, timeoutMs, signal)
    if (weighed.t !== 'weighed') throw unreachable('it answered something else')
    return weighed.ways
  }

  /** Ends the connection. Tunnels that are open belong to their sessions and stay. */
  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#dialer.close()
    this.#questions.fail('the link was closed')
    this.#wakeWaiters()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #whileOpen(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])])
  }

  #usableChannel(): LinkChannel {
    const { channel } = this.#dialer
    if (channel === undefined) throw unreachable('there is no connection to it')
    if (this.#isDraining) throw unreachable('it is about to leave the network')
    return channel
  }

  #onUp(welcome: WelcomeMessage): void {
    this.#tunnelAddress = welcome.tunnel
    this.#isDraining = false
    // It says anew who is leaving, if anybody is.
    this.#leaving = []
    this.#options.onEvent({ kind: 'link_up', branch: this.branch })
    this.#wakeWaiters()
  }

  #onDown(reason: LinkDownReason, wasUp: boolean): void {
    this.#questions.fail('the connection to it broke')
    this.#options.onEvent({ kind: wasUp ? 'link_down' : 'link_attempt_failed', branch: this.branch, reason })
  }

  #onMessage(message: ControlMessage): void {
    if (message.t === 'opened' || message.t === 'weighed' || message.t === 'refused')
      this.#questions.settle(message)
    else if (message.t === 'incoming') void this.#dialBack(message)
    else if (message.t === 'leaving') {
      this.#leaving = message.branches
      this.#options.onEvent({ kind: 'branches_leaving', branch: this.branch, leaving: message.branches })
    } else if (message.t === 'drain' && !this.#isDraining) {
      this.#isDraining = true
      this.#options.onEvent({ kind: 'link_draining', branch: this.branch })
    }
  }

  async #dialBack(incoming: IncomingMessage): Promise<void> {
    const handler = this.#onIncoming
    if (handler === undefined || this.#dialBacks >= MAX_DIAL_BACKS) return
    const { ticket, from, path } = incoming
    // The path decides what may run in the tunnel, so a word that cannot be true is not taken.
    if (path.at(-1) !== this.branch) {
      this.#options.onEvent({ kind: 'incoming_failed', branch: this.branch, from, code: 'no_path' })
      return
    }
    this.#dialBacks += 1
    try {
      const signal = this.#closing.signal
      const address = this.#tunnelAddress
      const socket = await callTunnel({
        address,
        ticket,
        awaitReady: false,
        timeoutMs: TICKET_LIFE_MS,
        signal,
      })
      handler({ socket, from, path, branch: this.branch })
    } catch (error) {
      const code = error instanceof WuslaError ? error.code : 'internal_error'
      this.#options.onEvent({ kind: 'incoming_failed', branch: this.branch, from, code })
    } finally {
      this.#dialBacks -= 1
    }
  }

  #wakeWaiters(): void {
    const waiters = this.#upWaiters
    this.#upWaiters = []
    for (const wake of waiters) wake()
  }
}

/** What was set, without what was left out. */
function given<T extends object>(options: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set) as { readonly [K in keyof T]?: NonNullable<T[K]> }
}
