import type { EventSink } from '../protocol/event.ts'
import { toWuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { HeldSession } from './held-session.ts'
import type { PeerSessions, SessionDialer } from './peer-sessions.ts'
import type { TransitRule } from './transit-rule.ts'

interface SpareSessionsOptions {
  readonly sessions: PeerSessions
  readonly dialer: SessionDialer
  readonly onEvent: EventSink<GatewayEvent>
  /** Whether the lines from here to two branches belong to one shared-risk group. Default: none do. */
  readonly shareRisk?: (one: string, other: string) => boolean
  /** The branches that are about to leave: what was opened over them would be moved at once. Default: none is. */
  readonly leaving?: () => readonly string[]
  /** How often it looks, in milliseconds. Default 1,000. */
  readonly lookMs?: number
  /**
   * How long a peer is left alone after no spare could be opened, in milliseconds; twice as long each time, up to five
   * minutes. Default 5,000.
   */
  readonly retryMs?: number
}

/** Longest time between two attempts at a peer to which no second way exists, in milliseconds. */
const MAX_RETRY_MS = 300_000

/** No spare could be opened. */
interface Refusal {
  readonly times: number
  /** The branches in reach at that time. */
  readonly branches: string
  /** When it is tried again, in elapsed milliseconds. */
  readonly untilMs: number
}

/**
 * Opens a second session to every peer that we dialled, over branches that the first does not touch, before it is needed:
 * when a branch dies the next request leaves over the spare at once. Of such paths it prefers the one that shares no line and
 * no shared-risk group with the first, and it keeps the transit rule that the first was opened under. Where no disjoint path exists it takes one that avoids at least the first branch. Only the side that dialled keeps a spare, so that two gateways do not both.
 */
export class SpareSessions {
  readonly #options: SpareSessionsOptions
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #dialing = new Set<string>()
  readonly #refused = new Map<string, Refusal>()

  constructor(options: SpareSessionsOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), options.lookMs ?? 1_000)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }

  #look(): void {
    // One that is about to end covers nothing.
    const held = this.#options.sessions.list().filter(({ use }) => use !== 'ending')
    const byPeer = Map.groupBy(held, ({ gateway }) => gateway)
    for (const gateway of this.#refused.keys()) if (!byPeer.has(gateway)) this.#refused.delete(gateway)
    const branches = this.#branches()
    for (const [gateway, held] of byPeer) {
      if (!held.some(({ role }) => role === 'initiator') || this.#dialing.has(gateway)) continue
      const refused = this.#refused.get(gateway)
      // Another branch in reach is a new chance, whatever was refused before.
      if (
        refused !== undefined &&
        refused.branches === branches.join() &&
        performance.now() < refused.untilMs
      )
        continue
      const choices = spareChoices(held, branches, this.#options.shareRisk)
      // Nobody said that the exchanges of this pair may pass elsewhere.
      const rule = held.find(({ role }) => role === 'initiator')?.transit ?? {}
      if (choices.length > 0) void this.#open(gateway, choices, rule)
    }
  }

  /** Branches over which a spare may begin. */
  #branches(): string[] {
    const { dialer, leaving } = this.#options
    const left = new Set(leaving?.())
    return dialer.branches().filter((branch) => !left.has(branch))
  }

  async #open(gateway: string, choices: readonly SpareChoice[], rule: TransitRule): Promise<void> {
    const { sessions, dialer, leaving, onEvent, retryMs } = this.#options
    this.#dialing.add(gateway)
    let code = ''
    try {
      for (const { branch, avoid, apartFrom } of choices) {
        const avoided = [...new Set([...(rule.avoid ?? []), ...avoid, ...(leaving?.() ?? [])])]
        const wish = { ...rule, avoid: avoided, ...(apartFrom === undefined ? {} : { apartFrom }) }
        try {
          const established = await dialer.dial(gateway, branch, wish, this.#stop.signal)
          sessions.adopt(gateway, established, 'initiator', 'spare', rule)
          this.#refused.delete(gateway)
          return
        } catch (cause) {
          code = toWuslaError(cause, 'no_path').code
        }
        if (this.#stop.signal.aborted) return
      }
      const times = (this.#refused.get(gateway)?.times ?? 0) + 1
      const waitMs = Math.min(MAX_RETRY_MS, (retryMs ?? 5_000) * 2 ** (times - 1))
      const branches = this.#branches().join()
      this.#refused.set(gateway, { times, branches, untilMs: performance.now() + waitMs })
      onEvent({ kind: 'no_spare_path', peer: gateway, code })
    } finally {
      this.#dialing.delete(gateway)
    }
  }
}

/** A way to try: from this branch on, without those. */
export interface SpareChoice {
  readonly branch: string
  readonly avoid: readonly string[]
  /** The path that it backs up, if that has a branch. */
  readonly apartFrom?: readonly string[]
}

/**
 * Which ways to try for a spare beside the sessions there are, best first: none when two of them share no branch already.
 *
 * @param held - the sessions to one peer
 * @param branches - branches with a live link, best first
 * @param shareRisk - whether the lines to two branches may fail together; those that may not come first
 */
export function spareChoices(
  held: readonly Pick<HeldSession, 'path'>[],
  branches: readonly string[],
  shareRisk: (one: string, other: string) => boolean = () => false,
): SpareChoice[] {
  const direct = held.filter(({ path }) => path.length === 0)
  // What takes a direct path away, an address or a line, leaves every branch as it was.
  if (direct.length > 0)
    return direct.length < held.length ? [] : branches.map((branch) => ({ branch, avoid: [] }))
  const isCovered = held.some((one, at) =>
    held.slice(at + 1).some((other) => one.path.every((branch) => !other.path.includes(branch))),
  )
  const [first] = held
  if (isCovered || first === undefined) return []
  const apartFrom = first.path
  const [entry] = first.path
  const sorted = [...branches].sort((a, b) => riskOf(a) - riskOf(b))
  function riskOf(branch: string): number {
    return entry !== undefined && shareRisk(entry, branch) ? 1 : 0
  }
  const disjoint = sorted
    .filter((branch) => !first.path.includes(branch))
    .map((branch) => ({ branch, avoid: first.path, apartFrom }))
  // Another session already does without the first branch.
  if (entry === undefined || held.some(({ path }) => !path.includes(entry))) return disjoint
  const around = sorted
    .filter((branch) => branch !== entry)
    .map((branch) => ({ branch, avoid: [entry], apartFrom }))
  return first.path.length === 1 ? disjoint : [...disjoint, ...around]
}
