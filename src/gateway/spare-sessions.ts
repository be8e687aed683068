import type { EventSink } from '../protocol/event.ts'
import { toWuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { HeldSession, PeerSessions, SessionDialer } from './peer-sessions.ts'

interface SpareSessionsOptions {
  readonly sessions: PeerSessions
  readonly dialer: SessionDialer
  readonly onEvent: EventSink<GatewayEvent>
  /** How often it looks, in milliseconds. Default 1,000. */
  readonly lookMs?: number
  /** How long a peer is left alone after no spare could be opened, in milliseconds. Default 10,000. */
  readonly retryMs?: number
}

/**
 * Opens a second session to every peer that we dialled, over branches that the first does not touch, before it is needed:
 * when a branch dies the next request leaves over the spare at once. Where no disjoint path exists it takes one that
 * avoids at least the first branch. Only the side that dialled keeps a spare, so that two gateways do not both.
 */
export class SpareSessions {
  readonly #options: SpareSessionsOptions
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #dialing = new Set<string>()
  /** Elapsed milliseconds before which a peer is not tried again. */
  readonly #notBefore = new Map<string, number>()

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
    const byPeer = Map.groupBy(this.#options.sessions.list(), ({ gateway }) => gateway)
    for (const gateway of this.#notBefore.keys()) if (!byPeer.has(gateway)) this.#notBefore.delete(gateway)
    for (const [gateway, held] of byPeer) {
      if (!held.some(({ role }) => role === 'initiator') || this.#dialing.has(gateway)) continue
      if (performance.now() < (this.#notBefore.get(gateway) ?? 0)) continue
      const choices = spareChoices(held, this.#options.dialer.branches())
      if (choices.length > 0) void this.#open(gateway, choices)
    }
  }

  async #open(gateway: string, choices: readonly SpareChoice[]): Promise<void> {
    const { sessions, dialer, onEvent, retryMs } = this.#options
    this.#dialing.add(gateway)
    let code = ''
    try {
      for (const { branch, avoid } of choices) {
        try {
          const established = await dialer.dial(gateway, branch, { avoid }, this.#stop.signal)
          sessions.adopt(gateway, established, 'initiator', 'spare')
          return
        } catch (cause) {
          code = toWuslaError(cause, 'no_path').code
        }
        if (this.#stop.signal.aborted) return
      }
      this.#notBefore.set(gateway, performance.now() + (retryMs ?? 10_000))
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
}

/**
 * Which ways to try for a spare beside the sessions there are, best first: none when two of them share no branch already.
 *
 * @param held - the sessions to one peer
 * @param branches - branches with a live link, best first
 */
export function spareChoices(
  held: readonly Pick<HeldSession, 'path'>[],
  branches: readonly string[],
): SpareChoice[] {
  const isCovered = held.some((one, at) =>
    held.slice(at + 1).some((other) => one.path.every((branch) => !other.path.includes(branch))),
  )
  const [first] = held
  if (isCovered || first === undefined || first.path.length === 0) return []
  const disjoint = branches
    .filter((branch) => !first.path.includes(branch))
    .map((branch) => ({ branch, avoid: first.path }))
  const [entry] = first.path
  // Another session already does without the first branch.
  if (entry === undefined || held.some(({ path }) => !path.includes(entry))) return disjoint
  const around = branches.filter((branch) => branch !== entry).map((branch) => ({ branch, avoid: [entry] }))
  return first.path.length === 1 ? disjoint : [...disjoint, ...around]
}
