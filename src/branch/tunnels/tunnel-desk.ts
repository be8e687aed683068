import type { EventSink } from '../../protocol/event.ts'
import { type ExtendMessage, type OpenMessage, type TriedPath } from '../../transport/branch-control.ts'
import type { LinkChannel } from '../../transport/link-channel.ts'
import type { BranchDirectory } from '../branch-directory.ts'
import type { BranchEvent } from '../branch-event.ts'
import type { ConnectedGateway, ConnectedGateways } from '../control/connected-gateways.ts'
import { choosePath } from '../mesh/choose-path.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Neighbour } from '../mesh/neighbour.ts'
import { type MeshKnowledge, pathView } from '../mesh/path-view.ts'
import { mayPass, pathRules } from '../mesh/path-rules.ts'
import type { OpenTunnels, TunnelSide } from './open-tunnels.ts'
import { meetGateway, type PathStep, reachNext, type Reached } from './reach.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { Tickets } from './tickets.ts'

interface TunnelDeskOptions {
  readonly branch: string
  readonly directory: BranchDirectory
  readonly gateways: ConnectedGateways
  readonly mesh: Mesh
  readonly knowledge: MeshKnowledge
  readonly tickets: Tickets
  readonly tunnels: OpenTunnels
  readonly buffers: ReadBuffers
  readonly onEvent: EventSink<BranchEvent>
  /** Longest time for one request for a tunnel, in milliseconds. */
  readonly openMs: number
  /** How long a gateway may take to dial back, in milliseconds. */
  readonly dialBackMs: number
  /** Most requests of one peer under way at once; a neighbour branch may have eight times as many. */
  readonly maxOpensPerPeer: number
  /** Most tunnels at once. */
  readonly maxTunnels: number
}

/** Who asks for a tunnel. */
interface Asker {
  readonly id: string
  readonly channel: LinkChannel
  readonly maxOpens: number
}

/** A path that stands up to the asker, or why none does. */
type Outcome =
  | { readonly ok: true; readonly side: TunnelSide; readonly path: readonly string[] }
  | {
      readonly ok: false
      readonly code: string
      readonly detail: string
      readonly tried: readonly TriedPath[]
    }

/** Most paths tried for one request: more would outlive the patience of whoever waits. */
const MAX_TRIES = 5

/** Serves requests for tunnels: finds a way to the target, then joins the asker to it. */
export class TunnelDesk {
  readonly #options: TunnelDeskOptions
  readonly #underWay = new Map<string, number>()
  readonly #closed = new AbortController()
  isDraining = false

  constructor(options: TunnelDeskOptions) {
    this.#options = options
  }

  /** Whether a tunnel is being opened: one that nobody sees yet. */
  get isOpening(): boolean {
    return this.#underWay.size > 0
  }

  /** Gives up what is under way. Tunnels that run are not its business any more. */
  close(): void {
    this.isDraining = true
    this.#closed.abort()
  }

  /** A gateway of ours asks: we are the first branch of the path and choose it. */
  async answerOpen(gateway: ConnectedGateway, message: OpenMessage): Promise<void> {
    const asker = { id: gateway.id, channel: gateway.channel, maxOpens: this.#options.maxOpensPerPeer }
    const { n, target } = message
    await this.#serve(asker, { n, from: gateway.id, target }, () => this.#findWay(gateway.id, message))
  }

  /** A neighbour asks: the path is chosen, we check our place in it and carry on. */
  async answerExtend(neighbour: Neighbour, message: ExtendMessage): Promise<void> {
    const channel = neighbour.link?.channel
    if (channel === undefined) return
    const asker = { id: neighbour.id, channel, maxOpens: this.#options.maxOpensPerPeer * 8 }
    const { n, from, target } = message
    await this.#serve(asker, { n, from, target }, () => this.#carryOn(neighbour.id, message))
  }

  async #serve(
    asker: Asker,
    request: { readonly n: number; readonly from: string; readonly target: string },
    reach: () => Promise<Outcome>,
  ): Promise<void> {
    const { n, from, target } = request
    const underWay = this.#underWay.get(asker.id) ?? 0
    const refuse = (outcome: Outcome & { ok: false }): void => {
      const { code, detail, tried } = outcome
      asker.channel.send({ t: 'refused', n, code, detail, tried })
      this.#options.onEvent({ kind: 'tunnel_refused', from, target, code, tried })
    }
    if (underWay >= asker.maxOpens || this.#options.tunnels.size >= this.#options.maxTunnels) {
      return refuse(this.#refusal('too_many_requests', 'this branch opens too many tunnels already'))
    }
    if (this.isDraining) return refuse(this.#refusal('branch_unreachable', 'this branch is about to leave'))
    this.#underWay.set(asker.id, underWay + 1)
    try {
      const outcome = await reach()
      if (outcome.ok) await this.#meetAsker(asker, request, outcome)
      else refuse(outcome)
    } finally {
      const left = (this.#underWay.get(asker.id) ?? 1) - 1
      if (left === 0) this.#underWay.delete(asker.id)
      else this.#underWay.set(asker.id, left)
    }
  }

  /** The far side stands: gives the asker its ticket and joins both when it comes. */
  async #meetAsker(
    asker: Asker,
    { n, from, target }: { readonly n: number; readonly from: string; readonly target: string },
    { side, path }: Outcome & { ok: true },
  ): Promise<void> {
    const ticket = this.#options.tickets.issue(asker.id)
    if (ticket === undefined || !asker.channel.send({ t: 'opened', n, ticket: ticket.text, path })) {
      ticket?.revoke()
      side.end.destroy()
      return
    }
    const arrival = await ticket.arrival
    if (arrival === undefined) {
      side.end.destroy()
      this.#options.onEvent({ kind: 'tunnel_abandoned', from, target })
      return
    }
    this.#options.tunnels.join({
      from,
      target,
      path,
      asker: { ...arrival, neighbour: asker.id },
      answerer: side,
    })
    this.#options.onEvent({ kind: 'tunnel_opened', from, target, path })
  }

  async #findWay(from: string, message: OpenMessage): Promise<Outcome> {
    const { target } = message
    if (!this.#options.directory.isActive(target)) {
      return this.#refusal('unknown_gateway', 'the directory knows no such active gateway')
    }
    const deadline = performance.now() + Math.min(message.waitMs ?? Infinity, this.#options.openMs)
    const tried: TriedPath[] = []
    const path = message.path
    if (path !== undefined) return this.#tryGiven(from, message, path, deadline, tried)
    while (tried.length < MAX_TRIES && performance.now() < deadline) {
      const next = this.#choose(from, message, tried)
      if (next === undefined) break
      // Half of what is left: a branch that keeps silent must not use up the time of the ways around it.
      const waitMs = (deadline - performance.now()) / 2
      const reached = await this.#tryPath({ from, target, path: next, hop: 0, waitMs })
      if (reached.ok) return { ok: true, side: reached.side, path: next }
      tried.push({ path: next, ...reached.failure })
    }
    const why = this.#whyNone(from, message, tried)
    // A way that was not even begun is told like one that failed: whoever asked decides on its code.
    const none = [{ path: [], code: why.code, at: this.#options.branch, reason: why.detail }]
    return { ok: false, code: 'no_path', detail: why.detail, tried: tried.length > 0 ? tried : none }
  }

  async #tryGiven(
    from: string,
    message: OpenMessage,
    path: readonly string[],
    deadline: number,
    tried: TriedPath[],
  ): Promise<Outcome> {
    const { target } = message
    if (path[0] !== this.#options.branch)
      return this.#refusal('no_path', 'the given path does not begin here')
    if (!path.every((branch) => mayPass(message, branch))) {
      return this.#refusal('no_path', 'the given path breaks the constraint given with it')
    }
    const reached = await this.#tryPath({ from, target, path, hop: 0, waitMs: deadline - performance.now() })
    if (reached.ok) return { ok: true, side: reached.side, path }
    const { failure } = reached
    tried.push({ path, ...failure })
    return { ok: false, code: failure.code, detail: failure.reason, tried }
  }

  async #carryOn(asker: string, message: ExtendMessage): Promise<Outcome> {
    const { path, hop, from, target } = message
    // Each branch checks its own place: a path cannot be bent, and cannot come back to where it was.
    const isMyPlace = hop > 0 && path[hop] === this.#options.branch && path[hop - 1] === asker
    if (!isMyPlace) return this.#refusal('no_path', 'this is not my place in the path')
    if (!this.#options.directory.isActive(target) || !this.#options.directory.isActive(from)) {
      return this.#refusal('unknown_gateway', 'the directory knows no such active gateway')
    }
    const waitMs = Math.min(message.waitMs, this.#options.openMs)
    const reached = await this.#tryPath({ from, target, path, hop, waitMs })
    if (reached.ok) return { ok: true, side: reached.side, path }
    const { failure } = reached
    return { ok: false, code: failure.code, detail: failure.reason, tried: [{ path, ...failure }] }
  }

  async #tryPath(step: PathStep): Promise<Reached> {
    const { mesh, gateways, dialBackMs } = this.#options
    const next = step.path[step.hop + 1]
    const deps = { ...this.#options, signal: this.#closed.signal }
    if (next !== undefined) return reachNext(mesh.neighbour(next), step, deps)
    return meetGateway(
      gateways.get(step.target),
      { ...step, waitMs: Math.min(step.waitMs, dialBackMs) },
      deps,
    )
  }

  #choose(from: string, message: OpenMessage, tried: readonly TriedPath[]): readonly string[] | undefined {
    const failedLinks = new Set(tried.map(failedLink))
    const failedExits = new Set(tried.filter(hasFailedAtExit).map(({ at }) => at))
    const view = pathView(this.#options.knowledge, message.target)
    const chosen = choosePath(
      { ...view, exitFrom: (exit) => (failedExits.has(exit) ? undefined : view.exitFrom(exit)) },
      {
        ...pathRules(this.#options.knowledge, from, message),
        mayUse: (near, far) => !failedLinks.has(`${near} ${far}`),
      },
    )
    return chosen?.path
  }

  #whyNone(
    from: string,
    message: OpenMessage,
    tried: readonly TriedPath[],
  ): { readonly code: string; readonly detail: string } {
    if (tried.length > 0)
      return { code: 'no_path', detail: `all ${tried.length} paths that were tried failed` }
    const homes = this.#options.mesh.state.branchesOf(message.target)
    if (homes.length === 0) {
      const detail = 'the gateway is connected to no branch that this one hears of'
      return { code: 'gateway_unreachable', detail }
    }
    const { t, n, target } = message
    const free = this.#choose(from, { t, n, target }, tried)
    if (free === undefined) return { code: 'no_path', detail: `no live links lead to ${homes.join(', ')}` }
    const forbidden = free.filter((branch) => !mayPass(message, branch)).join(', ')
    const detail = `no other path of live links than over ${forbidden}, which the constraint of the request forbids`
    return { code: 'no_path', detail }
  }

  #refusal(code: string, reason: string): Outcome & { ok: false } {
    return { ok: false, code, detail: reason, tried: [{ path: [], code, at: this.#options.branch, reason }] }
  }
}

function hasFailedAtExit({ path, at }: TriedPath): boolean {
  return at === path.at(-1)
}

/** The link behind the place of a failure, which the next choice leaves out. */
function failedLink({ path, at }: TriedPath): string {
  const place = path.indexOf(at)
  return `${at} ${path[place + 1] ?? ''}`
}
