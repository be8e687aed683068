import { randomBytes, timingSafeEqual } from 'node:crypto'
import { sha256 } from '../../protocol/digest.ts'
import type { TunnelEnd } from './tunnel-end.ts'

/** A connection that came with a ticket, and what it sent after the preamble. */
export interface Arrival {
  readonly end: TunnelEnd
  readonly early: Buffer
}

/** A ticket that was given out and what becomes of it. */
export interface Ticket {
  readonly text: string
  /** The connection that used it; `undefined` when its time passed or it was revoked. Never rejects. */
  readonly arrival: Promise<Arrival | undefined>
  /** Makes it worthless. Without effect once used. */
  readonly revoke: () => void
}

interface Pending {
  readonly digest: Buffer
  readonly holder: string
  readonly settle: (arrival: Arrival | undefined) => void
  readonly timer: NodeJS.Timeout
}

interface TicketsOptions {
  /** How long a ticket is good for, in milliseconds. */
  readonly lifeMs: number
  /** Most unused tickets of one holder. */
  readonly maxPerHolder: number
  /** Most unused tickets in all. */
  readonly maxPending: number
  /** Default: the system's random bytes. */
  readonly random?: (bytes: number) => Buffer
}

/**
 * The tickets that are out. A ticket is 32 random bytes, good once and for seconds. They are looked up under their
 * digest and then compared in constant time, so neither the table nor the comparison tells a guesser how near it came.
 */
export class Tickets {
  readonly #options: TicketsOptions
  readonly #pending = new Map<string, Pending>()
  readonly #perHolder = new Map<string, number>()
  #isClosed = false

  constructor(options: TicketsOptions) {
    this.#options = options
  }

  /** Tickets that are out and unused. */
  get pending(): number {
    return this.#pending.size
  }

  /** A ticket for `holder`; `undefined` when too many are out already or all is over. */
  issue(holder: string, lifeMs: number = this.#options.lifeMs): Ticket | undefined {
    const held = this.#perHolder.get(holder) ?? 0
    if (this.#isClosed) return undefined
    if (held >= this.#options.maxPerHolder || this.#pending.size >= this.#options.maxPending) return undefined
    const text = (this.#options.random ?? randomBytes)(32).toString('base64url')
    const digest = sha256(text)
    const key = digest.toString('base64url')
    const { promise, resolve } = Promise.withResolvers<Arrival | undefined>()
    const timer = setTimeout(() => this.#settle(key, undefined), Math.min(lifeMs, this.#options.lifeMs))
    this.#pending.set(key, { digest, holder, settle: resolve, timer })
    this.#perHolder.set(holder, held + 1)
    return { text, arrival: promise, revoke: () => this.#settle(key, undefined) }
  }

  /** Hands a connection to whoever waits for this ticket; false when nobody does. The ticket is used up. */
  redeem(text: string, arrival: Arrival): boolean {
    const digest = sha256(text)
    const key = digest.toString('base64url')
    const pending = this.#pending.get(key)
    if (pending === undefined || !timingSafeEqual(pending.digest, digest)) return false
    this.#settle(key, arrival)
    return true
  }

  /** Revokes all and issues no more. */
  close(): void {
    this.#isClosed = true
    for (const key of this.#pending.keys()) this.#settle(key, undefined)
  }

  #settle(key: string, arrival: Arrival | undefined): void {
    const pending = this.#pending.get(key)
    if (pending === undefined) return
    clearTimeout(pending.timer)
    this.#pending.delete(key)
    const held = (this.#perHolder.get(pending.holder) ?? 1) - 1
    if (held === 0) this.#perHolder.delete(pending.holder)
    else this.#perHolder.set(pending.holder, held)
    pending.settle(arrival)
  }
}
