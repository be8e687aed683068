import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { memberOf } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { attemptRound } from './attempt-round.ts'
import { directFirst } from './direct/direct-first.ts'
import type { DirectPaths } from './direct/direct-paths.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { describeHeld, type HeldSession, type UsedSession } from './held-session.ts'
import { isPrompt, worthLeaving } from './lagging-sessions.ts'
import { type LeavingSession, leavingOf } from './leaving-session.ts'
import { NodeOrder } from './node-order.ts'
import { pauseUnlessAborted } from './pause-unless-aborted.ts'
import type { EstablishedSession, SessionDialer, SessionTarget } from './peer-session.ts'
import { assertTransit, keepsTransit, renderTransit, type TransitRule } from './transit-rule.ts'

export type { EstablishedSession, PathWish, SessionDialer, SessionTarget } from './peer-session.ts'

/** How often sessions that lag are looked for, in milliseconds. */
const LOOK_MS = 250

const NO_SESSIONS: readonly UsedSession[] = Object.freeze([])

interface PeerSessionsOptions {
  readonly directory: Directory
  readonly dialer: SessionDialer
  /** Default: every session goes through branches. */
  readonly direct?: Pick<DirectPaths, 'attempt' | 'failure'>
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
  /** This gateway: different ones prefer different nodes of a member. */
  readonly own?: string
  /** Whether a branch is about to leave. Default: none is. */
  readonly isLeaving?: (branch: string) => boolean
  /** How long one round of attempts waits before the next, in milliseconds. Default 200. */
  readonly retryDelayMs?: number
  /** How long an attempt over one branch is waited for before one over the next begins beside it, in milliseconds. Default 500. */
  readonly headStartMs?: number
}

/**
 * The sessions this gateway holds, by peer gateway. A session serves exchanges of both directions, whoever opened
 * it. Callers wait until their own deadline; attempts to one peer are shared between all who wait for it.
 */
export class PeerSessions {
  readonly #options: PeerSessionsOptions
  readonly #sessions = new Map<string, UsedSession[]>()
  readonly #dialing = new Map<string, Promise<EstablishedSession>>()
  readonly #order: NodeOrder
  readonly #stopped = new AbortController()
  readonly #timer: NodeJS.Timeout
  #leaveGraceMs: number | undefined

  constructor(options: PeerSessionsOptions) {
    this.#options = options
    this.#order = new NodeOrder(options.own ?? '')
    this.#timer = setInterval(() => this.#leaveLagging(), LOOK_MS).unref()
  }

  /**
   * A live session to a gateway of the target that keeps the transit rule, without waiting; one that a branch is about to
   * leave only when there is no other.
   */
  current(target: SessionTarget, transit: TransitRule): EstablishedSession | undefined {
    let leaving: EstablishedSession | undefined
    // Every exchange comes by here, and nearly always the first session will do.
    for (const { gateway } of this.#order.of(this.#options.directory.gatewaysOf(target.member))) {
      if (target.gateway !== undefined && target.gateway !== gateway) continue
      let staying: EstablishedSession | undefined
      for (const { established } of this.#sessions.get(gateway) ?? NO_SESSIONS) {
        if (!established.session.open || !this.#keeps(established, transit)) continue
        if (this.#isLeaving(established)) leaving ??= established
        else if (isPrompt(established.session)) return established
        else staying ??= established
      }
      if (staying !== undefined) return staying
    }
    return leaving
  }

  /**
   * A session to a gateway of the target; dials when there is none and tries again until the deadline.
   *
   * @throws WuslaError `no_path` with the attempts of the last round in `details.tried`, and why each failed.
   */
  async acquire(
    target: SessionTarget,
    transit: TransitRule,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<EstablishedSession> {
    const rule = renderTransit(transit)
    const { branches, ranked } = this.#options.dialer
    for (;;) {
      const established = this.current(target, transit)
      if (established !== undefined) return established
      const attempt = await attemptRound({
        member: target.member,
        gateways: this.#gatewaysOf(target),
        branches,
        ranked: async (gateway) => (await ranked?.(gateway, transit)) ?? branches(),
        direct: this.#options.direct,
        current: () => this.current(target, transit),
        attempt: async (gateway, branch) => await this.#attempt(gateway, branch, transit),
        headStartMs: this.#options.headStartMs,
        signal: AbortSignal.any([signal, this.#stopped.signal]),
      })
      if ('session' in attempt) return attempt
      if (signal.aborted) throw new WuslaError('stream_cancelled')
      const waitMs = this.#options.retryDelayMs ?? 200
      if (this.#stopped.signal.aborted || this.#options.clock.nowMs() + waitMs >= deadlineMs) {
        throw new WuslaError('no_path', {
          message: `No path to ${target.gateway ?? target.member}.`,
          details: {
            member: target.member,
            tried: attempt.tried,
            ...(rule === '' ? {} : { reason: rule }),
          },
        })
      }
      await pauseUnlessAborted(waitMs, signal)
    }
  }

  /**
   * Takes a session that a peer opened, or that was dialled, into use until it closes.
   *
   * @param use - a spare serves when the others are gone; default: it serves from now on
   * @param transit - the rule it was opened under; default: none
   */
  adopt(
    gateway: string,
    established: EstablishedSession,
    role: 'initiator' | 'acceptor',
    use: 'first' | 'spare' = 'first',
    transit: TransitRule = {},
  ): void {
    // Opened while this gateway closes: nobody would ever end it.
    if (this.#stopped.signal.aborted) return established.session.destroy()
    const list = this.#sessions.get(gateway) ?? []
    const used = { established, role, sinceMs: this.#options.clock.nowMs(), transit }
    if (this.#leaveGraceMs !== undefined) void established.session.close(this.#leaveGraceMs)
    // The newest session first: after a peer's restart the older ones are about to be found dead.
    const all = use === 'first' ? [used, ...list] : [...list, used]
    this.#sessions.set(gateway, directFirst(all))
    this.#options.onEvent({ kind: 'session_opened', peer: gateway, role, path: established.path })
    void established.session.closed.then((reason) => {
      this.#forget(gateway, used)
      this.#options.onEvent({ kind: 'session_closed', peer: gateway, reason: reason.code })
    })
  }

  /** Closes every session that `isRefused` names: the key of its peer was revoked, or the peer was retired. */
  closeWhere(
    isRefused: (gateway: string, established: EstablishedSession) => boolean,
    code: 'key_revoked' | 'session_closed',
  ): void {
    for (const [gateway, list] of this.#sessions) {
      for (const { established } of list) {
        if (isRefused(gateway, established)) established.session.destroy(new WuslaError(code))
      }
    }
  }

  /**
   * Lets every session of now end in order, those being dialled included; whoever calls meanwhile gets new ones. What
   * has not finished after the grace is cut off.
   */
  async drain(graceMs: number): Promise<void> {
    const dialled = await Promise.allSettled(this.#dialing.values())
    const late = dialled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const used = [...this.#sessions.values()].flat().map(({ established }) => established)
    const all = new Set([...used, ...late])
    await Promise.all([...all].map(async ({ session }) => await session.close(graceMs)))
  }

  /** {@link drain} for good: sessions that come from now on end as well, once what they brought is done. */
  async leave(graceMs: number): Promise<void> {
    this.#leaveGraceMs = graceMs
    for (const { established } of [...this.#sessions.values()].flat()) void established.session.close(graceMs)
    while (this.#sessions.size > 0 || this.#dialing.size > 0) await this.drain(graceMs)
  }

  list(): HeldSession[] {
    return [...this.#sessions].flatMap(([gateway, list]) => {
      return describeHeld(gateway, list, this.current({ member: memberOf(gateway), gateway }, {}))
    })
  }

  /** The sessions opened from here that a branch is about to leave. */
  leaving(): LeavingSession[] {
    const isLeaving = (established: EstablishedSession): boolean => this.#isLeaving(established)
    const keeps = (established: EstablishedSession, rule: TransitRule): boolean =>
      this.#keeps(established, rule)
    return [...this.#sessions].flatMap(([gateway, used]) => leavingOf(gateway, used, isLeaving, keeps))
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    clearInterval(this.#timer)
    const all = [...this.#sessions.values()].flat()
    await Promise.all(all.map(({ established }) => established.session.close()))
  }

  async #attempt(gateway: string, branch: string, transit: TransitRule): Promise<EstablishedSession> {
    // What no path may pass is not even asked.
    assertTransit([branch], transit, this.#options.directory)
    const established = await this.#dialShared(gateway, branch, transit)
    // The class of a branch may have changed while it was dialled.
    assertTransit(established.path, transit, this.#options.directory)
    return established
  }

  /** Exchanges in a session that is left go out again over another, under their names. */
  #leaveLagging(): void {
    for (const [peer, list] of this.#sessions) {
      for (const session of worthLeaving(list.map(({ established }) => established.session))) {
        this.#options.onEvent({ kind: 'session_left', peer, lagMs: session.lagMs })
        session.destroy()
      }
    }
  }

  #gatewaysOf({ member, gateway }: SessionTarget): readonly string[] {
    const all = this.#options.directory.gatewaysOf(member).map((record) => record.gateway)
    return gateway === undefined ? this.#order.of(all) : all.filter((id) => id === gateway)
  }

  #dialShared(gateway: string, branch: string, transit: TransitRule): Promise<EstablishedSession> {
    const key = JSON.stringify([gateway, branch, transit])
    const under = this.#dialing.get(key)
    if (under !== undefined) return under
    const dialing = this.#options.dialer
      .dial(gateway, branch, transit, this.#stopped.signal)
      .then((established) => {
        this.adopt(gateway, established, 'initiator', 'first', transit)
        return established
      })
      .finally(() => this.#dialing.delete(key))
    this.#dialing.set(key, dialing)
    return dialing
  }

  #isLeaving({ path }: EstablishedSession): boolean {
    const { isLeaving } = this.#options
    return isLeaving !== undefined && path.some(isLeaving)
  }

  #keeps({ path }: EstablishedSession, transit: TransitRule): boolean {
    return keepsTransit(path, transit, this.#options.directory)
  }

  #forget(gateway: string, used: UsedSession): void {
    const rest = (this.#sessions.get(gateway) ?? []).filter((other) => other !== used)
    if (rest.length === 0) this.#sessions.delete(gateway)
    else this.#sessions.set(gateway, rest)
  }
}
