import { ACKNOWLEDGEMENT, acknowledgementPath } from '../../protocol/acknowledgement.ts'
import { type Clock, formatTime } from '../../protocol/clock.ts'
import { ERROR_TABLE, isErrorCode } from '../../protocol/error-codes.ts'
import type { EventSink } from '../../protocol/event.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { Session } from '../../transport/session.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { pauseUnlessAborted } from '../pause-unless-aborted.ts'
import type { PeerSessions } from '../peer-sessions.ts'
import type { TransitRule } from '../transit-rule.ts'
import { buildOpening, type BuiltOpening } from './build-opening.ts'
import { doneOnly } from './done-only.ts'

/** An answer that a system of this member has whole, and that its provider waits to hear of. */
export interface DeliveredAnswer {
  readonly exchange: string
  /** digest256 of the answer statement. */
  readonly answer: string
  readonly client: string
  readonly service: string
  /** Content hash of the agreement. */
  readonly agreement: string
  /** The gateway that answered: only there the answer is known. */
  readonly gateway: string
  readonly transit: TransitRule
}

interface AcknowledgementsOptions {
  readonly network: string
  readonly sessions: Pick<PeerSessions, 'acquire'>
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
  /** How long one is tried, in milliseconds. */
  readonly withinMs: number
  /** Most that wait or are under way. Default 65,536. */
  readonly maxWaiting?: number
}

interface Waiting extends DeliveredAnswer {
  readonly deadlineMs: number
}

/** Those to one gateway: one that cannot be reached holds up no other's. */
interface Lane {
  readonly waiting: Set<Waiting>
  running: number
}

const MAX_WAITING = 65_536

/** Under way to one gateway at once: calls need streams of the same sessions. */
const MAX_AT_ONCE = 32

/** Pause before the next attempt, in milliseconds; each is twice the one before, up to the longest. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/**
 * Acknowledges delivered answers to the gateways that gave them, each by an exchange of its own, until it is taken or its
 * time is over. They are kept in memory only: when this gateway dies, the provider takes the answer for not delivered,
 * which is the safe side. No caller waits for any of it (docs/spec/exactly-once.md, section 4).
 */
export class Acknowledgements {
  readonly #options: AcknowledgementsOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #stopped = new AbortController()
  #idle: PromiseWithResolvers<void> | undefined
  #waiting = 0

  constructor(options: AcknowledgementsOptions) {
    this.#options = options
  }

  /** How many wait or are under way. */
  get waiting(): number {
    return this.#waiting
  }

  /** Takes an answer that was delivered and is durable here. Never throws, never waits. */
  add(delivered: DeliveredAnswer): void {
    const { clock, withinMs, maxWaiting = MAX_WAITING } = this.#options
    if (this.#stopped.signal.aborted) return this.#tellNotSent(delivered, 'session_closed')
    if (this.#waiting >= maxWaiting) return this.#tellNotSent(delivered, 'overloaded')
    const { gateway } = delivered
    const lane = this.#lanes.get(gateway) ?? { waiting: new Set<Waiting>(), running: 0 }
    this.#lanes.set(gateway, lane)
    lane.waiting.add({ ...delivered, deadlineMs: clock.nowMs() + withinMs })
    this.#waiting += 1
    this.#send(gateway, lane)
  }

  /** Resolves when none is left, or after `graceMs`, or when the signal fires. */
  async settle(graceMs: number, atOnce: AbortSignal): Promise<void> {
    if (this.#waiting === 0 || atOnce.aborted) return
    this.#idle ??= Promise.withResolvers()
    const over = AbortSignal.any([AbortSignal.timeout(graceMs), atOnce])
    const ended = new Promise<void>((resolve) =>
      over.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.race([this.#idle.promise, ended])
  }

  /** Gives up what is left. */
  close(): void {
    this.#stopped.abort()
    for (const { waiting } of this.#lanes.values()) {
      for (const each of waiting) this.#tellNotSent(each, 'session_closed')
      this.#waiting -= waiting.size
      waiting.clear()
    }
  }

  #send(gateway: string, lane: Lane): void {
    for (const next of lane.waiting) {
      if (lane.running >= MAX_AT_ONCE) return
      lane.waiting.delete(next)
      lane.running += 1
      void this.#deliver(next).then(() => {
        lane.running -= 1
        this.#waiting -= 1
        if (lane.running === 0 && lane.waiting.size === 0) this.#lanes.delete(gateway)
        if (this.#waiting === 0) this.#settled()
        this.#send(gateway, lane)
      })
    }
  }

  #settled(): void {
    this.#idle?.resolve()
    this.#idle = undefined
  }

  /** Never rejects. */
  async #deliver(delivered: Waiting): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopped
    const outgoing = this.#words(delivered)
    let isResent = false
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const failure = await this.#attempt(delivered, outgoing, isResent)
      if (failure === undefined) return
      const isOver = signal.aborted || clock.nowMs() + pauseMs >= delivered.deadlineMs
      if (isOver || !failure.mayPass) return this.#tellNotSent(delivered, failure.code)
      isResent = true
      await pauseUnlessAborted(pauseMs, signal)
    }
  }

  async #attempt(
    delivered: Waiting,
    { opening, headerBlock }: BuiltOpening,
    isResent: boolean,
  ): Promise<{ readonly code: string; readonly mayPass: boolean } | undefined> {
    const { exchange, gateway } = delivered
    try {
      const session = await this.#sessionTo(delivered)
      if (!session.peerFeatures.includes(ACKNOWLEDGEMENT))
        return { code: 'unsupported_version', mayPass: false }
      const answer = doneOnly(await session.send(opening, headerBlock, null, isResent).answer)
      await answer.recorded
      const { error, status } = answer.statement
      if (error !== undefined) return { code: error, mayPass: mayBeTakenLater(error) }
      if (status !== 204) return { code: `status_${status}`, mayPass: false }
      this.#options.onEvent({ kind: 'acknowledgement_sent', exchange, peer: gateway })
      return undefined
    } catch (cause) {
      return { code: toWuslaError(cause, 'internal_error').code, mayPass: true }
    }
  }

  async #sessionTo({ service, gateway, transit, deadlineMs }: Waiting): Promise<Session> {
    const target = { member: memberOf(service), gateway }
    const { signal } = this.#stopped
    return (await this.#options.sessions.acquire(target, transit, deadlineMs, signal)).session
  }

  /** Fixed once: a copy that is sent again has the same words. */
  #words({ exchange, answer, client, service, agreement }: Waiting): BuiltOpening {
    const { network, clock } = this.#options
    const nowMs = clock.nowMs()
    const request = {
      client,
      service,
      method: 'PUT',
      path: acknowledgementPath({ exchange, answer }),
      rawHeaders: [],
      body: null,
      origin: 'mapped',
      signal: this.#stopped.signal,
    } as const
    return buildOpening(network, newExchangeId(nowMs), request, agreement, formatTime(nowMs))
  }

  #tellNotSent({ exchange }: DeliveredAnswer, code: string): void {
    this.#options.onEvent({ kind: 'acknowledgement_not_sent', exchange, code })
  }
}

/** A refusal for want of something at the provider's gateway, which may come back; not for what was said. */
function mayBeTakenLater(code: string): boolean {
  return isErrorCode(code) && ERROR_TABLE[code].httpStatus >= 500
}
