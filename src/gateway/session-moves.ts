import type { EventSink } from '../protocol/event.ts'
import { toWuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { LeavingSession } from './leaving-session.ts'
import type { PeerSessions, SessionDialer } from './peer-sessions.ts'

interface SessionMovesOptions {
  readonly sessions: Pick<PeerSessions, 'leaving' | 'adopt'>
  readonly dialer: SessionDialer
  /** The branches that are about to leave. */
  readonly leaving: () => readonly string[]
  readonly onEvent: EventSink<GatewayEvent>
  /** How often it looks while a branch is leaving, in milliseconds. Default 1,000. */
  readonly lookMs?: number
}

/** Longest time between two attempts at one peer, in milliseconds. */
const MAX_RETRY_MS = 30_000

/** No way around the leaving branches was found. */
interface Refusal {
  readonly times: number
  /** In elapsed milliseconds. */
  readonly untilMs: number
}

/**
 * Moves sessions away from branches that are about to leave, before they go: a session around them is opened under the
 * same transit rule, new exchanges take it, and the old session ends in order as soon as its exchanges have. Without
 * another way the old one stays in use. No exchange is cut here, however long it takes: a branch that only says it
 * leaves can so do no harm. As with spares the side that dialled acts.
 */
export class SessionMoves {
  readonly #options: SessionMovesOptions
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #dialing = new Set<string>()
  readonly #refused = new Map<string, Refusal>()

  constructor(options: SessionMovesOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.look(), options.lookMs ?? 1_000)
    this.#timer.unref()
  }

  /** Moves what can be moved now. Call it when other branches than before are about to leave. */
  look(): void {
    const leaving = this.#options.leaving()
    if (leaving.length === 0) return this.#refused.clear()
    for (const session of this.#options.sessions.leaving()) {
      if (session.isReplaced) this.#finish(session)
      else void this.#replace(session, leaving)
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }

  async #replace(session: LeavingSession, leaving: readonly string[]): Promise<void> {
    const { sessions, dialer, onEvent, lookMs = 1_000 } = this.#options
    const { gateway, transit } = session
    const key = JSON.stringify([gateway, transit])
    const refused = this.#refused.get(key)
    if (this.#dialing.has(key) || (refused !== undefined && performance.now() < refused.untilMs)) return
    this.#dialing.add(key)
    const around = { ...transit, avoid: [...(transit.avoid ?? []), ...leaving] }
    let code = 'branch_unreachable'
    try {
      for (const branch of dialer.branches()) {
        if (leaving.includes(branch)) continue
        try {
          const established = await dialer.dial(gateway, branch, around, this.#stop.signal)
          sessions.adopt(gateway, established, 'initiator', 'first', transit)
          this.#refused.delete(key)
          return this.look()
        } catch (cause) {
          code = toWuslaError(cause, 'no_path').code
        }
        if (this.#stop.signal.aborted) return
      }
      const times = (refused?.times ?? 0) + 1
      const waitMs = Math.min(MAX_RETRY_MS, lookMs * 2 ** (times - 1))
      this.#refused.set(key, { times, untilMs: performance.now() + waitMs })
      onEvent({ kind: 'session_not_moved', peer: gateway, path: session.path, code })
    } finally {
      this.#dialing.delete(key)
    }
  }

  #finish({ gateway, path, finish }: LeavingSession): void {
    this.#options.onEvent({ kind: 'session_moved', peer: gateway, path })
    finish()
  }
}
