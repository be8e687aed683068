import { randomBytes } from 'node:crypto'
import type { Clock } from '../../protocol/clock.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { isOver, type Signing } from './signing.ts'

/** How long a ticket is good, and how long its browser has to log in after that. Milliseconds. */
const TICKET_MS = 15 * 60_000
const LOGIN_MS = 10 * 60_000
/** How long the result of a signing can be asked for. Milliseconds. */
const KEPT_MS = 60 * 60_000
/** Agreements in all signings that are under way: each may hold a document of 8 MiB. */
const MAX_OPEN = 100
const MAX_KEPT = 200

/**
 * The signings of this gateway, in memory: a restart ends them, and people begin again. A ticket is 256 bits of chance, good once;
 * only its digest is kept, and so it is with the cookie of the browser that took it.
 */
export class OpenSignings {
  readonly #clock: Clock
  /** By id, the oldest first. */
  readonly #signings = new Map<string, Signing>()
  /** Digest of the ticket to the id. */
  readonly #tickets = new Map<string, string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws WuslaError `too_many_requests` when too many are under way */
  add(
    agreements: readonly string[],
    language: 'ar' | 'en',
  ): { readonly signing: Signing; readonly ticket: string } {
    this.#forgetOld()
    const open = [...this.#signings.values()].filter((each) => !isOver(each))
    const underWay = open.reduce((sum, each) => sum + each.agreements.length, 0)
    if (underWay + agreements.length > MAX_OPEN)
      throw new WuslaError('too_many_requests', { details: { underWay, most: MAX_OPEN } })
    const ticket = randomBytes(32).toString('base64url')
    const signing: Signing = {
      id: randomBytes(16).toString('base64url'),
      agreements,
      language,
      titles: new Map(),
      stop: new AbortController(),
      expiresAtMs: this.#clock.nowMs() + TICKET_MS,
      status: 'waiting_for_login',
      browser: undefined,
      process: undefined,
      signed: [],
      waitingForSecond: [],
      failures: new Map(),
      error: undefined,
    }
    this.#signings.set(signing.id, signing)
    this.#tickets.set(digest256(ticket), signing.id)
    return { signing, ticket }
  }

  /** @throws WuslaError `not_found` */
  get(id: string): Signing {
    this.#forgetOld()
    const found = this.#signings.get(id)
    if (found === undefined) throw new WuslaError('not_found', { details: { signing: id } })
    return found
  }

  /** Uses a ticket up. @returns undefined when there is none such that waits */
  take(ticket: string): Signing | undefined {
    this.#forgetOld()
    const digest = digest256(ticket)
    const id = this.#tickets.get(digest)
    this.#tickets.delete(digest)
    const found = id === undefined ? undefined : this.#signings.get(id)
    if (found === undefined || isOver(found)) return undefined
    found.expiresAtMs = this.#clock.nowMs() + LOGIN_MS
    return found
  }

  /** The signing of a browser. */
  ofBrowser(cookie: string): Signing | undefined {
    this.#forgetOld()
    const digest = digest256(cookie)
    return [...this.#signings.values()].find(({ browser }) => browser === digest)
  }

  /** Notes that nothing more happens to a signing; its result is kept for an hour. */
  end(signing: Signing, status: 'finished' | 'failed', error?: WuslaError): void {
    signing.status = status
    signing.error = error
    signing.expiresAtMs = this.#clock.nowMs() + KEPT_MS
  }

  list(): readonly Signing[] {
    return [...this.#signings.values()]
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs()
    for (const signing of this.#signings.values()) {
      if (signing.expiresAtMs > nowMs) continue
      if (isOver(signing)) this.#signings.delete(signing.id)
      else if (signing.status === 'waiting_for_login')
        this.end(signing, 'failed', new WuslaError('signing_timed_out'))
    }
    const over = [...this.#signings.values()].filter(isOver)
    for (const { id } of over.slice(0, Math.max(0, over.length - MAX_KEPT))) this.#signings.delete(id)
    for (const [ticket, id] of this.#tickets) if (!this.#signings.has(id)) this.#tickets.delete(ticket)
  }
}
