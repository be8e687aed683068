import type { Server as HttpServer } from 'node:http'
import { roleOfToken } from '../admin-api/api-tokens.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import type { TlsIdentity } from '../transport/link-identity.ts'
import { type BranchConfig, type BranchLimits, DEFAULT_BRANCH_LIMITS } from './branch-config.ts'
import type { BranchDeps, BranchHandle } from './branch-handle.ts'
import { type BranchStatus, readBranchStatus } from './branch-status.ts'
import { channelLimits } from './channel-limits.ts'
import { admitGateway } from './control/admit-gateway.ts'
import { ConnectedGateways } from './control/connected-gateways.ts'
import { type Admission, ControlListener, type GreetedPeer } from './control/control-listener.ts'
import { closePort, openPort } from './control/open-port.ts'
import { createBranchHttp } from './http/branch-http.ts'
import { BranchLines } from './lines/branch-lines.ts'
import { Mesh } from './mesh/mesh.ts'
import type { MeshKnowledge } from './mesh/path-view.ts'
import { OpenTunnels } from './tunnels/open-tunnels.ts'
import { ReadBuffers } from './tunnels/read-buffers.ts'
import { Tickets } from './tunnels/tickets.ts'
import { TunnelDesk } from './tunnels/tunnel-desk.ts'
import { TunnelListener } from './tunnels/tunnel-listener.ts'
import { untilUnused } from './until-unused.ts'
import { WeighDesk } from './tunnels/weigh-desk.ts'

export type { BranchDeps, BranchHandle } from './branch-handle.ts'
export type { BranchWitness, HttpAnswer, LogMirror } from './http/branch-http.ts'

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
  readonly #lines: BranchLines
  readonly #listener: TunnelListener
  readonly #control: ControlListener
  readonly #http: HttpServer
  readonly #mesh: Mesh
  readonly #desk: TunnelDesk
  readonly #weighDesk: WeighDesk
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
    this.#tunnels = new OpenTunnels(
      (neighbour) => this.#lines.shares.towards(neighbour),
      ({ from, target }, count) =>
        deps.onEvent({ kind: 'tunnel_closed', from, target, bytesForward: count.out, bytesBack: count.in }),
    )
    this.#lines = new BranchLines({
      branch: config.branch,
      directory: deps.directory,
      limits,
      takeMoved: () => this.#tunnels.takeMoved(),
      onEvent: deps.onEvent,
      nowMs: () => deps.clock.nowMs(),
    })
    this.#listener = new TunnelListener({
      ...limits,
      tickets: this.#tickets,
      buffers: this.#buffers,
      onRefused: (reason, address) => deps.onEvent({ kind: 'preamble_refused', reason, address }),
    })
    this.#mesh = this.#createMesh()
    const { directory } = deps
    const knowledge: MeshKnowledge = {
      branch: config.branch,
      state: this.#mesh.state,
      directory,
      isConnected: (gateway) => this.#gateways.get(gateway) !== undefined,
    }
    this.#weighDesk = new WeighDesk({ directory, knowledge })
    this.#desk = new TunnelDesk({
      ...limits,
      branch: config.branch,
      directory,
      gateways: this.#gateways,
      mesh: this.#mesh,
      knowledge,
      tickets: this.#tickets,
      tunnels: this.#tunnels,
      buffers: this.#buffers,
      onEvent: deps.onEvent,
    })
    this.#control = this.#createControl()
    this.#http = this.#createHttp()
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
    this.#lines.start()
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
      lines: this.#lines,
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
    this.#gateways.tell({ t: 'drain' })
    this.#deps.onEvent({ kind: 'branch_draining', branch: this.#config.branch })
  }

  async leave(atOnce?: AbortSignal): Promise<number> {
    this.drain()
    const isUsed = (): boolean => this.#tunnels.size > 0 || this.#desk.isOpening
    await untilUnused(isUsed, this.#limits.leaveGraceMs, () => atOnce?.aborted !== true && !this.#isClosed)
    const { size: tunnelsCut } = this.#tunnels
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
    this.#lines.close()
    this.#tunnels.cutWhere(() => true)
    this.#http.closeAllConnections()
    await Promise.all([this.#control.server, this.#listener.server, this.#http].map(closePort))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createHttp(): HttpServer {
    return createBranchHttp({
      status: () => this.status(),
      isReady: () => !this.#desk.isDraining,
      tunnels: () => this.#tunnels.size,
      mirror: this.#deps.mirror,
      witness: this.#deps.witness,
      isReader: (token) => roleOfToken(this.#deps.tokens?.() ?? [], token) !== undefined,
      requestsPerSecond: this.#limits.requestsPerSecond,
      nowMs: () => this.#deps.clock.nowMs(),
      onFailure: (path, cause) => this.#deps.onEvent({ kind: 'http_failed', path, cause }),
    })
  }

  #createMesh(): Mesh {
    const { directory, clock, onEvent, linkTimes, random } = this.#deps
    return new Mesh({
      branch: this.#config.branch,
      identity: () => this.#identity,
      directory,
      tunnelAddress: () => this.tunnelAddress,
      gateways: () => this.#gateways.ids(),
      usedMbps: (neighbour) => this.#lines.meter.usedMbps(neighbour),
      onExtend: (neighbour, message) => void this.#desk.answerExtend(neighbour, message),
      onLeaving: (branches) => this.#gateways.tell({ t: 'leaving', branches }),
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
    return admitGateway(peer, {
      gateways: this.#gateways,
      maxGateways: this.#limits.maxGateways,
      nowMs: () => this.#deps.clock.nowMs(),
      onWelcomed: (channel) => {
        const leaving = this.#mesh.state.leaving()
        if (leaving.length > 0) channel.send({ t: 'leaving', branches: leaving })
        if (this.#desk.isDraining) channel.send({ t: 'drain' })
      },
      onMessage: (gateway, message) => {
        // What a gateway has no business saying is ignored, as an unknown type would be.
        if (message.t === 'open') void this.#desk.answerOpen(gateway, message)
        else if (message.t === 'weigh') this.#weighDesk.answer(gateway, message)
      },
      onEvent: this.#deps.onEvent,
    })
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
    this.#lines.shares.followDirectory()
    this.#followLeave()
  }

  /** The operator may announce the leave of this branch in the directory: nobody at its host has to do anything. */
  #followLeave(): void {
    if (this.#deps.directory.isLeaving?.(this.#config.branch) === true) this.drain()
  }
}
