import type { Directory } from '../directory/directory.ts'
import type { EventSink } from '../protocol/event.ts'
import type { Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { WeighedWay } from '../transport/branch-control.ts'
import {
  BranchLink,
  type BranchLinkState,
  type IncomingTunnel,
  type OpenedTunnel,
} from '../transport/branch-link.ts'
import type { TlsIdentity } from '../transport/link-identity.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { LinkHistory, type LinkStanding } from './link-history.ts'
import type { PathWish } from './peer-sessions.ts'
import { rankBranches } from './rank-branches.ts'

interface BranchLinksOptions {
  readonly gateway: string
  readonly directory: Directory
  readonly identity: () => TlsIdentity
  readonly onIncoming: (tunnel: IncomingTunnel) => void
  readonly clock: Clock
  /** Branches are about to leave: the sessions over them should move. */
  readonly onLeaving: () => void
  readonly onEvent: EventSink<GatewayEvent>
}

/** A branch that does not weigh within this is told as such: somebody waits for the answer. Unit: milliseconds. */
const WEIGH_TIMEOUT_MS = 2_000

/** How long branches may weigh while a call waits for a session: a silent one is tried last. Unit: milliseconds. */
const RANK_TIMEOUT_MS = 250

/** A link to a home branch, as others see it. */
export interface HeldLink extends LinkStanding {
  readonly branch: string
  readonly state: BranchLinkState
  /** Smoothed round-trip time to the branch in milliseconds; absent until measured. */
  readonly rttMs?: number
}

/**
 * The standing connections to this gateway's home branches. Which branches these are follows from the directory, so a
 * branch that is commissioned or retired is linked or left without anybody touching the gateway.
 */
export class BranchLinks {
  readonly #options: BranchLinksOptions
  readonly #links = new Map<string, BranchLink>()
  readonly #history: LinkHistory
  #leaving: ReadonlySet<string> = new Set()
  #closed = false

  constructor(options: BranchLinksOptions) {
    this.#options = options
    this.#history = new LinkHistory(options.clock)
  }

  /** Connects to what the directory names and leaves what it no longer names. Call it after every change. */
  follow(): void {
    if (this.#closed) return
    const { directory, gateway } = this.#options
    const wanted = new Set(
      [...(directory.gateway(gateway)?.branches ?? []), ...this.#linedBranches()].filter(
        (id) => directory.branch(id) !== undefined,
      ),
    )
    for (const [id, link] of this.#links) {
      if (wanted.has(id)) continue
      link.close()
      this.#links.delete(id)
      this.#history.forget(id)
    }
    for (const id of wanted) if (!this.#links.has(id)) this.#links.set(id, this.#connect(id))
    this.#noteLeaving()
  }

  /** Branches with a live link, nearest first. */
  live(): string[] {
    return [...this.#links.values()]
      .filter(({ state }) => state === 'up')
      .sort((a, b) => (a.rttMs ?? Number.POSITIVE_INFINITY) - (b.rttMs ?? Number.POSITIVE_INFINITY))
      .map(({ branch }) => branch)
  }

  /** Whether a branch of the network is about to leave. */
  readonly isLeaving = (branch: string): boolean => this.#leaving.has(branch)

  /** The branches of the network that are about to leave, sorted. */
  leaving(): string[] {
    return [...this.#leaving]
  }

  list(): HeldLink[] {
    return [...this.#links.values()].map(({ branch, state, rttMs }) => ({
      branch,
      state,
      ...this.#history.of(branch),
      ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 1_000) / 1_000 }),
    }))
  }

  /** @throws WuslaError `branch_unreachable`, or what the branch refuses with */
  async open(branch: string, target: string, wish: PathWish, signal: AbortSignal): Promise<OpenedTunnel> {
    const link = this.#links.get(branch)
    if (link === undefined) throw new WuslaError('branch_unreachable', { details: { branch } })
    return await link.open(target, { avoid: wish.avoid, only: wish.only, apartFrom: wish.apartFrom, signal })
  }

  /** Whether the lines from this gateway to two branches belong to one shared-risk group. */
  readonly shareRisk = (one: string, other: string): boolean => {
    const groups = this.#riskGroupsOf(one)
    return this.#riskGroupsOf(other).some((group) => groups.includes(group))
  }

  /**
   * Asks a branch which ways it knows to a gateway, without opening one.
   *
   * @throws WuslaError `branch_unreachable`, or what the branch refuses with
   */
  async weigh(
    branch: string,
    target: string,
    { avoid, only, apartFrom }: PathWish,
    timeoutMs: number = WEIGH_TIMEOUT_MS,
  ): Promise<readonly WeighedWay[]> {
    const link = this.#links.get(branch)
    if (link === undefined) throw new WuslaError('branch_unreachable', { details: { branch } })
    return await link.weigh(target, { avoid, only, apartFrom, timeoutMs })
  }

  /**
   * Branches with a live link in the order in which a way to this gateway is tried: each is asked what its best way costs.
   * Never rejects; takes a quarter of a second at most.
   */
  async ranked(target: string, wish: PathWish): Promise<string[]> {
    const branches = this.live()
    if (branches.length < 2) return branches
    const entries = branches.map(async (branch) => {
      const linkMs = this.#links.get(branch)?.rttMs
      // Whatever it refuses with, a tunnel is asked for all the same, and its refusal is told.
      const ways = await this.weigh(branch, target, wish, RANK_TIMEOUT_MS).catch(() => [])
      return { branch, linkMs, wayMs: ways.find(({ chosen }) => chosen)?.costMs }
    })
    return rankBranches(await Promise.all(entries))
  }

  /** Shows a renewed certificate from now on. */
  reconnect(): void {
    for (const link of this.#links.values()) link.reconnect()
  }

  close(): void {
    this.#closed = true
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** A registered line to a branch makes it a home branch too: a new branch is used without a new enrolment. */
  #linedBranches(): string[] {
    const { directory, gateway } = this.#options
    return directory
      .lines()
      .filter(({ ends }) => ends.includes(gateway))
      .flatMap(({ ends }) => ends.filter((end) => end !== gateway))
  }

  #riskGroupsOf(branch: string): string[] {
    const { directory, gateway } = this.#options
    return directory
      .lines()
      .filter(({ ends }) => ends.includes(gateway) && ends.includes(branch))
      .flatMap(({ riskGroups }) => riskGroups)
  }

  #connect(branch: string): BranchLink {
    const { directory, identity, onIncoming, onEvent } = this.#options
    this.#history.begin(branch)
    return new BranchLink({
      branch,
      identity,
      directory: {
        tlsKeyOwner: (keyId) => directory.tlsKeyOwner(keyId),
        onChange: (listener) => directory.onChange(listener),
        branch: (id) => directory.branch(id),
      },
      onIncoming,
      onEvent: (event) => {
        this.#history.heard(event)
        if (event.kind === 'link_up') onEvent({ kind: 'branch_linked', branch })
        else if (event.kind === 'link_down') onEvent({ kind: 'branch_lost', branch, detail: event.reason })
        else if (event.kind !== 'branches_leaving') onEvent({ kind: 'part_event', part: 'link', event })
        this.#noteLeaving()
      },
    })
  }

  #noteLeaving(): void {
    const { directory, onLeaving, onEvent } = this.#options
    const leaving = leavingBranches(this.#links.values(), (id) => directory.branch(id) !== undefined)
    if (leaving.join() === this.leaving().join()) return
    this.#leaving = new Set(leaving)
    onEvent({ kind: 'branches_leaving', branches: leaving })
    onLeaving()
  }
}

/**
 * The branches that any link says are about to leave, sorted. A branch may be hostile: what it names counts only where our
 * own directory has such a branch, so the list is no longer than that.
 */
export function leavingBranches(
  links: Iterable<Pick<BranchLink, 'branch' | 'state' | 'leaving'>>,
  isKnown: (branch: string) => boolean,
): string[] {
  const named = new Set<string>()
  for (const { branch, state, leaving } of links) {
    if (state === 'draining') named.add(branch)
    for (const each of leaving) named.add(each)
  }
  return [...named].filter(isKnown).sort()
}
