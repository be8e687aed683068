import type { Server as HttpServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { roleOfToken } from '../admin-api/api-tokens.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import type { ControlMessage } from '../transport/branch-control.ts'
import type { ChannelLimits } from '../transport/link-channel.ts'
import type { TlsIdentity } from '../transport/link-identity.ts'
import { type BranchConfig, type BranchLimits, DEFAULT_BRANCH_LIMITS } from './branch-config.ts'
import type { BranchDeps, BranchHandle } from './branch-handle.ts'
import { type BranchStatus, readBranchStatus } from './branch-status.ts'
import { type ConnectedGateway, ConnectedGateways } from './control/connected-gateways.ts'
import { type Admission, ControlListener, type GreetedPeer } from './control/control-listener.ts'
import { closePort, openPort } from './control/open-port.ts'
import { createBranchHttp } from './http/branch-http.ts'
import { Mesh } from './mesh/mesh.ts'
import { OpenTunnels } from './tunnels/open-tunnels.ts'
import { ReadBuffers } from './tunnels/read-buffers.ts'
import { Tickets } from './tunnels/tickets.ts'
import { TunnelDesk } from './tunnels/tunnel-desk.ts'
import { TunnelListener } from './tunnels/tunnel-listener.ts'

export type { BranchDeps, BranchHandle } from './branch-handle.ts'
export type { BranchWitness, HttpAnswer, LogMirror } from './http/branch-http.ts'

/** How often a branch that is about to leave looks whether tunnels are left, in milliseconds. */
const LEAVE_LOOK_MS = 50

/**
 * Starts a branch: control port, tunnel port, HTTP server, links to the other branches. Resolves when all three
 * listen; links and gateways come by themselves.
 *
 * @throws WuslaError `config_invalid` when an address cannot be read or listened on
 */
export async function startBranch(config: BranchConfig, deps: BranchDeps): Promise<BranchHandle> {
  const branch = new RunningBranch(config, deps)
  try {
    await branch.start()
  } catch (error) {
    await branch.close()
    throw error
  }
  return branch
}

class RunningBranch implements BranchHandle {
  controlAddress = ''
  tunnelAddress = ''
  httpUrl = ''
  readonly #config: BranchConfig
  readonly #deps: BranchDeps
  readonly #limits: BranchLimits
  readonly #sinceMs: number
  readonly #buffers = new ReadBuffers()
  readonly #gateways: ConnectedGateways
  readonly #tickets: Tickets
  readonly #tunnels: OpenTunnels
  readonly #listener: TunnelListener
  readonly #control: ControlListener
  readonly #http: HttpServer
  readonly #mesh: Mesh
  readonly #desk: TunnelDesk
  readonly #unsubscribe: () => void
  #identity: TlsIdentity
  #isClosed = false
  #isRecheckPlanned = false

  constructor(config: BranchConfig, deps: BranchDeps) {
    this.#config = config
    this.#deps = deps
    this.#identity = deps.identity
    const limits = (this.#limits = { ...DEFAULT_BRANCH_LIMITS, ...config.limits })
    this.#sinceMs = deps.clock.nowMs()
    this.#gateways = new ConnectedGateways(() => this.#mesh.gatewaysChanged())
    this.#tickets = new Tickets({
      lifeMs: limits.ticketMs,
      // A neighbour branch asks for many gateways, and a gateway is asked for by many.
      maxPerHolder: limits.maxOpensPerPeer * 8,
      maxPending: limits.maxTickets,
    })
    this.#tunnels = new OpenTunnels(({ from, target }, count) =>
      deps.onEvent({ kind: 'tunnel_closed', from, target, bytesForward: count.out, bytesBack: count.in }),
    )
    this.#listener = new TunnelListener({
      ...limits,
      tickets: this.#tickets,
      buffers: this.#buffers,
      onRefused: (reason, address) => deps.onEvent({ kind: 'preamble_refused', reason, address }),
    })
    this.#mesh = this.#createMesh()
    this.#desk = new TunnelDesk({
      ...limits,
      branch: config.branch,
      directory: deps.directory,
      gateways: this.#gateways,
      mesh: this.#mesh,
      tickets: this.#tickets,
      tunnels: this.#tunnels,
      buffers: this.#buffers,
      onEvent: deps.onEvent,
    })
    this.#control = this.#createControl()
    this.#http = createBranchHttp({
      status: () => this.status(),
      isReady: () => !this.#desk.isDraining,
      tunnels: () => this.#tunnels.size,
      mirror: deps.mirror,
      witness: deps.witness,
      isReader: (token) => roleOfToken(deps.tokens?.() ?? [], token) !== undefined,
      requestsPerSecond: limits.requestsPerSecond,
      nowMs: () => deps.clock.nowMs(),
      onFailure: (path, cause) => deps.onEvent({ kind: 'http_failed', path, cause }),
    })
    this.#unsubscribe = deps.directory.onChange(() => this.#planRecheck())
  }

  async start(): Promise<void> {
    const { branch, tunnelListen, tunnelAnnounce, httpListen, controlListen } = this.#config
    const tunnelAt = await openPort(this.#listener.server, tunnelListen, 'tunnelListen')
    this.tunnelAddress = tunnelAnnounce ?? tunnelAt
    this.httpUrl = `http://${await openPort(this.#http, httpListen ?? '127.0.0.1:0', 'httpListen')}`
    // Last: whoever can greet us must find the rest in place.
    this.controlAddress = await openPort(this.#control.server, controlListen, 'controlListen')
    this.#mesh.start()
    this.#followLeave()
    this.#deps.onEvent({
      kind: 'branch_ready',
      branch,
      control: this.controlAddress,
      tunnel: this.tunnelAddress,
      http: this.httpUrl,
    })
  }

  status(): BranchStatus {
    return readBranchStatus({
      branch: this.#config.branch,
      sinceMs: this.#sinceMs,
      clock: this.#deps.clock,
      isDraining: () => this.#desk.isDraining,
      gateways: this.#gateways,
      mesh: this.#mesh,
      tunnels: this.#tunnels,
      tickets: this.#tickets,
      buffers: this.#buffers,
      listener: this.#listener,
    })
  }

  renewIdentity(identity: TlsIdentity): void {
    this.#identity = identity
    this.#control.renew(identity)
  }

  drain(): void {
    if (this.#desk.isDraining) return
    this.#desk.isDraining = true
    this.#mesh.drain()
    for (const { channel } of this.#gateways.list()) channel.send({ t: 'drain' })
    this.#deps.onEvent({ kind: 'branch_draining', branch: this.#config.branch })
  }

  async leave(atOnce?: AbortSignal): Promise<number> {
    this.drain()
    const until = performance.now() + this.#limits.leaveGraceMs
    const isBusy = (): boolean => this.#tunnels.size > 0 || this.#desk.isOpening
    const mayStay = (): boolean => performance.now() < until && atOnce?.aborted !== true && !this.#isClosed
    while (isBusy() && mayStay()) await pause(LEAVE_LOOK_MS)
    const tunnelsCut = this.#tunnels.size
    this.#deps.onEvent({ kind: 'branch_left', branch: this.#config.branch, tunnelsCut })
    return tunnelsCut
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#unsubscribe()
    this.#desk.close()
    this.#mesh.close()
    this.#control.close()
    this.#listener.close()
    this.#tickets.close()
    this.#tunnels.cutWhere(() => true)
    this.#http.closeAllConnections()
    await Promise.all([this.#control.server, this.#listener.server, this.#http].map(closePort))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createMesh(): Mesh {
    const { directory, clock, onEvent, linkTimes, random } = this.#deps
    return new Mesh({
      branch: this.#config.branch,
      identity: () => this.#identity,
      directory,
      tunnelAddress: () => this.tunnelAddress,
      gateways: () => this.#gateways.ids(),
      onExtend: (neighbour, message) => void this.#desk.answerExtend(neighbour, message),
      onLeaving: (branches) => {
        for (const { channel } of this.#gateways.list()) channel.send({ t: 'leaving', branches })
      },
      onEvent,
      nowMs: () => clock.nowMs(),
      limits: channelLimits(this.#limits, true),
      ...(linkTimes === undefined ? {} : { times: linkTimes }),
      ...(random === undefined ? {} : { random }),
    })
  }

  #createControl(): ControlListener {
    return new ControlListener({
      identity: this.#identity,
      directory: this.#deps.directory,
      tunnelAddress: () => this.tunnelAddress,
      limitsOf: (id) => channelLimits(this.#limits, isIdentifier('branch', id)),
      handshakeMs: this.#limits.handshakeMs,
      maxHandshakes: this.#limits.maxHandshakes,
      admit: (peer) => (isIdentifier('branch', peer.id) ? this.#mesh.admit(peer) : this.#admitGateway(peer)),
      onRefused: (reason, address, id) =>
        this.#deps.onEvent({ kind: 'control_refused', reason, address, ...(id === undefined ? {} : { id }) }),
    })
  }

  #admitGateway(peer: GreetedPeer): Admission {
    const isFull =
      this.#gateways.size >= this.#limits.maxGateways && this.#gateways.get(peer.id) === undefined
    if (isFull) return { refusal: 'full', word: 'busy' }
    const { id, tlsKeyId, channel, address } = peer
    const since = this.#deps.clock.nowMs()
    let gateway: ConnectedGateway | undefined
    return {
      server: {
        onWelcomed: () => {
          const added = this.#gateways.add({ id, tlsKeyId, channel, address, since })
          gateway = added.gateway
          this.#deps.onEvent({ kind: 'gateway_connected', gateway: id, replaced: added.replaced })
          const leaving = this.#mesh.state.leaving()
          if (leaving.length > 0) channel.send({ t: 'leaving', branches: leaving })
          if (this.#desk.isDraining) channel.send({ t: 'drain' })
        },
        onMessage: (message) => this.#onGatewayMessage(gateway, message),
        onEnd: (reason) => {
          if (gateway === undefined || !this.#gateways.remove(gateway)) return
          this.#deps.onEvent({ kind: 'gateway_disconnected', gateway: id, reason })
        },
      },
    }
  }

  #onGatewayMessage(gateway: ConnectedGateway | undefined, message: ControlMessage): void {
    // What a gateway has no business saying is ignored, as an unknown type would be.
    if (gateway !== undefined && message.t === 'open') void this.#desk.answerOpen(gateway, message)
  }

  /** One look at everybody for all changes of one turn: a bootstrap applies thousands at once. */
  #planRecheck(): void {
    if (this.#isRecheckPlanned) return
    this.#isRecheckPlanned = true
    setImmediate(() => {
      this.#isRecheckPlanned = false
      if (!this.#isClosed) this.#recheck()
    })
  }

  #recheck(): void {
    const { directory, onEvent } = this.#deps
    const cut = new Set(this.#control.recheck())
    const cutTunnels = new Map([...cut].map((id) => [id, 0]))
    this.#tunnels.cutWhere(({ from, target, asker, answerer }) => {
      const lost = [from, target, asker.neighbour, answerer.neighbour].find(
        (id) => cut.has(id) || !directory.isActive(id),
      )
      if (lost !== undefined) cutTunnels.set(lost, (cutTunnels.get(lost) ?? 0) + 1)
      return lost !== undefined
    })
    for (const [id, tunnels] of cutTunnels) onEvent({ kind: 'peer_cut', id, tunnels })
    this.#mesh.followDirectory()
    this.#followLeave()
  }

  /** The operator may announce the leave of this branch in the directory: nobody at its host has to do anything. */
  #followLeave(): void {
    if (this.#deps.directory.isLeaving?.(this.#config.branch) === true) this.drain()
  }
}

/** Gateways ping us, branches ping each other: both then know that the other is there, and branches how far. */
function channelLimits(limits: BranchLimits, isBranch: boolean): ChannelLimits {
  return {
    pingIntervalMs: isBranch ? limits.pingIntervalMs : 0,
    silenceMs: limits.silenceMs,
    // Reports of the whole mesh come over one link.
    ...(isBranch ? { lineBurst: 50_000, linesPerSecond: 10_000, maxQueuedBytes: 33_554_432 } : {}),
  }
}
