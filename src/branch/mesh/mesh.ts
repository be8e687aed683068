import { performance } from 'node:perf_hooks'
import type { EventSink } from '../../protocol/event.ts'
import { isIdentifier } from '../../protocol/identifier.ts'
import type {
  ControlMessage,
  ExtendMessage,
  LinkReport,
  LinksMessage,
  PresenceMessage,
  WelcomeMessage,
} from '../../transport/branch-control.ts'
import type { ChannelEnd, ChannelLimits, LinkChannel } from '../../transport/link-channel.ts'
import { LinkDialer, type LinkDownReason, type LinkTimes } from '../../transport/link-dialer.ts'
import type { TlsIdentity } from '../../transport/link-identity.ts'
import type { BranchDirectory } from '../branch-directory.ts'
import type { BranchEvent } from '../branch-event.ts'
import type { Admission, GreetedPeer } from '../control/control-listener.ts'
import { isWorthReport } from './link-report.ts'
import { LinkState } from './link-state.ts'
import { Neighbour } from './neighbour.ts'

interface MeshOptions {
  readonly branch: string
  readonly identity: () => TlsIdentity
  readonly directory: BranchDirectory
  readonly tunnelAddress: () => string
  /** The gateways connected here now. */
  readonly gateways: () => Iterable<string>
  /**
   * Megabits per second that this branch sends to a neighbour, smoothed; `undefined` while unknown. Default: never known.
   */
  readonly usedMbps?: (neighbour: string) => number | undefined
  readonly onExtend: (neighbour: Neighbour, message: ExtendMessage) => void
  /** Told whenever other branches than before are about to leave: the whole list of now. */
  readonly onLeaving: (branches: readonly string[]) => void
  readonly onEvent: EventSink<BranchEvent>
  readonly nowMs: () => number
  readonly limits: ChannelLimits
  readonly times?: LinkTimes
  readonly random?: () => number
}

/** What a link counts for in a path until its round-trip time is measured, in milliseconds. */
const UNMEASURED_MS = 50

/** Shortest time between two reports of our gateways, so that a thousand arrivals are not a thousand reports. */
const PRESENCE_PAUSE_MS = 100

const RTT_CHECK_MS = 1_000

/** The links to other branches, and what all branches tell each other over them. */
export class Mesh {
  readonly state: LinkState
  readonly #options: MeshOptions
  readonly #neighbours = new Map<string, Neighbour>()
  #rttCheck: NodeJS.Timeout | undefined
  #reported: readonly LinkReport[] = []
  #presenceTimer: NodeJS.Timeout | undefined
  #presenceAt = Number.NEGATIVE_INFINITY
  #isLeaving = false
  #leaving = ''

  constructor(options: MeshOptions) {
    this.#options = options
    this.state = new LinkState({
      branch: options.branch,
      nowMs: options.nowMs,
      isKnown: (branch) => options.directory.isActive(branch),
    })
  }

  /** Begins to dial the neighbours. */
  start(): void {
    this.state.setGateways(this.#options.gateways())
    this.#rttCheck = setInterval(() => this.#reportIfMoved(), RTT_CHECK_MS)
    this.followDirectory()
  }

  neighbour(id: string): Neighbour | undefined {
    return this.#neighbours.get(id)
  }

  neighbours(): Neighbour[] {
    return [...this.#neighbours.values()]
  }

  /** Brings the neighbours in line with the registered lines. */
  followDirectory(): void {
    if (this.#isLeaving || this.#rttCheck === undefined) return
    const { branch, directory } = this.#options
    // A line may lead to a gateway as well: that one dials us.
    const isOther = (id: string): boolean => id !== branch && isIdentifier('branch', id)
    const wanted = new Set(
      directory.neighboursOf(branch).filter((id) => isOther(id) && directory.isActive(id)),
    )
    for (const [id, neighbour] of this.#neighbours) {
      if (!wanted.has(id)) this.#drop(neighbour)
    }
    for (const id of wanted) {
      if (!this.#neighbours.has(id)) this.#dial(id)
    }
    this.state.prune()
    this.#tellLeaving()
  }

  /** Serves a branch that dialled us. */
  admit(peer: GreetedPeer): Admission {
    const neighbour = this.#neighbours.get(peer.id)
    const tunnelAddress = peer.hello.tunnel
    if (neighbour === undefined || tunnelAddress === undefined)
      return { refusal: 'no_line', word: 'not_admitted' }
    const { channel } = peer
    if (!this.#isPreferred(neighbour, false)) return { refusal: 'second_link', word: 'replaced' }
    return {
      server: {
        onWelcomed: () => this.#onUp(neighbour, channel, tunnelAddress, false),
        onMessage: (message) => this.#onMessage(neighbour, channel, message),
        onEnd: (end) => this.#onDown(neighbour, channel, end),
      },
    }
  }

  /** Tells everybody, soon and not too often, which gateways are connected here. */
  gatewaysChanged(): void {
    if (this.#presenceTimer !== undefined || this.#isLeaving) return
    const waitMs = Math.max(0, this.#presenceAt + PRESENCE_PAUSE_MS - performance.now())
    if (waitMs === 0) this.#reportGateways()
    else this.#presenceTimer = setTimeout(() => this.#reportGateways(), waitMs)
  }

  /** Tells everybody that nothing new should come this way, and that what runs should move. */
  drain(): void {
    this.#broadcast(this.state.setLinks([], true))
    this.#broadcast(this.state.setGateways([]))
    for (const { link } of this.#neighbours.values()) link?.channel.send({ t: 'drain' })
    this.#isLeaving = true
    this.#tellLeaving()
  }

  close(): void {
    this.#isLeaving = true
    clearInterval(this.#rttCheck)
    clearTimeout(this.#presenceTimer)
    for (const neighbour of this.#neighbours.values()) this.#drop(neighbour)
  }

  #dial(id: string): void {
    const neighbour = new Neighbour(id, this.#options.nowMs())
    const { directory, identity, tunnelAddress, limits, times, random } = this.#options
    this.#neighbours.set(id, neighbour)
    neighbour.dialer = new LinkDialer({
      peer: id,
      address: () => directory.branch(id)?.controlAddress,
      identity,
      directory,
      tunnel: tunnelAddress,
      mayDial: () => neighbour.link === undefined,
      onUp: (channel, welcome) => this.#onDialled(neighbour, channel, welcome),
      onMessage: (message, channel) => this.#onMessage(neighbour, channel, message),
      onDown: (reason, wasUp) => this.#onDialFailed(neighbour, reason, wasUp),
      limits,
      ...(times === undefined ? {} : { times }),
      ...(random === undefined ? {} : { random }),
    })
  }

  #drop(neighbour: Neighbour): void {
    const { link } = neighbour
    this.#neighbours.delete(neighbour.id)
    neighbour.dialer?.close()
    neighbour.disconnect()
    if (link === undefined) return
    link.channel.close('leaving')
    if (!this.#isLeaving) this.#reportLinks()
  }

  /**
   * Whether a new connection takes the place of the one in use. When both branches dialled, the one dialled by the
   * branch whose id sorts first stays, so both ends keep the same; when the same branch dialled again, the older is dead.
   */
  #isPreferred(neighbour: Neighbour, dialledHere: boolean): boolean {
    if (neighbour.link === undefined || neighbour.link.dialledHere === dialledHere) return true
    return dialledHere === this.#options.branch < neighbour.id
  }

  #onDialled(neighbour: Neighbour, channel: LinkChannel, welcome: WelcomeMessage): void {
    if (this.#isPreferred(neighbour, true)) this.#onUp(neighbour, channel, welcome.tunnel, true)
    else channel.close('replaced')
  }

  #onUp(neighbour: Neighbour, channel: LinkChannel, tunnelAddress: string, dialledHere: boolean): void {
    const older = neighbour.link
    neighbour.connect({ channel, tunnelAddress, dialledHere, since: this.#options.nowMs() })
    older?.channel.close('replaced')
    for (const line of this.state.lines()) channel.send(line)
    this.#reportLinks()
    this.#options.onEvent({ kind: 'link_up', branch: neighbour.id, dialledHere })
  }

  #onDialFailed(neighbour: Neighbour, reason: LinkDownReason, wasUp: boolean): void {
    if (wasUp && neighbour.link?.dialledHere === true) this.#lose(neighbour, reason)
    else if (!wasUp) this.#options.onEvent({ kind: 'link_attempt_failed', branch: neighbour.id, reason })
  }

  #onDown(neighbour: Neighbour, channel: LinkChannel, reason: ChannelEnd): void {
    if (neighbour.link?.channel !== channel) return
    this.#lose(neighbour, reason)
    neighbour.dialer?.wake()
  }

  #lose(neighbour: Neighbour, reason: LinkDownReason): void {
    neighbour.disconnect()
    neighbour.downSinceMs = this.#options.nowMs()
    if (!this.#isLeaving) this.#reportLinks()
    this.#options.onEvent({ kind: 'link_down', branch: neighbour.id, reason })
  }

  #onMessage(neighbour: Neighbour, channel: LinkChannel, message: ControlMessage): void {
    if (neighbour.link?.channel !== channel) return
    if (message.t === 'links' || message.t === 'presence') this.#onReport(neighbour, message)
    else if (message.t === 'extend') this.#options.onExtend(neighbour, message)
    else if (message.t === 'opened' || message.t === 'refused') neighbour.answer(message)
    else if (message.t === 'drain') {
      neighbour.isDraining = true
      this.#reportLinks()
    }
  }

  #onReport(from: Neighbour, message: LinksMessage | PresenceMessage): void {
    const verdict = this.state.receive(message)
    if (verdict === 'new') {
      this.#broadcast([message], from)
      this.#tellLeaving()
    } else if (verdict === 'contradicts_us') {
      this.#reportLinks()
      this.#reportGateways()
    } else if (verdict === 'refused') {
      this.#options.onEvent({ kind: 'report_refused', from: from.id, branch: message.branch })
    }
  }

  #tellLeaving(): void {
    const leaving = this.state.leaving()
    if (leaving.join() === this.#leaving) return
    this.#leaving = leaving.join()
    this.#options.onLeaving(leaving)
  }

  #reportGateways(): void {
    clearTimeout(this.#presenceTimer)
    this.#presenceTimer = undefined
    if (this.#isLeaving) return
    this.#presenceAt = performance.now()
    this.#broadcast(this.state.setGateways(this.#options.gateways()))
  }

  #reportLinks(): void {
    if (this.#isLeaving) return
    this.#reported = this.#measuredLinks()
    this.#broadcast(this.state.setLinks(this.#reported))
  }

  /** Once a second at most, and only what matters: each report goes to every branch of the network. */
  #reportIfMoved(): void {
    const { branch, directory } = this.#options
    const now = new Map(this.#measuredLinks().map((link) => [link.to, link]))
    const hasMoved = this.#reported.some((reported) => {
      const link = now.get(reported.to)
      return link !== undefined && isWorthReport(reported, link, directory.linesBetween(branch, reported.to))
    })
    if (hasMoved) this.#reportLinks()
  }

  #measuredLinks(): LinkReport[] {
    return this.neighbours().flatMap(({ id, link, isDraining }) => {
      if (link === undefined || isDraining) return []
      const rttMs = twoDecimals(link.channel.rttMs ?? UNMEASURED_MS)
      const usedMbps = this.#options.usedMbps?.(id)
      return [{ to: id, rttMs, ...(usedMbps === undefined ? {} : { usedMbps: twoDecimals(usedMbps) }) }]
    })
  }

  #broadcast(lines: readonly (LinksMessage | PresenceMessage)[], except?: Neighbour): void {
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour === except) continue
      for (const line of lines) neighbour.link?.channel.send(line)
    }
  }
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100
}
