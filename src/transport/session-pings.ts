import { performance } from 'node:perf_hooks'
import { FRAME } from './frame-layout.ts'
import { LOOKS } from './session-keep-alive.ts'
import type { SessionWire } from './session-wire.ts'

/** How long questions for a confirmation gather before one PING carries them. Unit: milliseconds. */
const CONFIRM_AFTER_MS = 20

/** Questions whose answers are timed at one time: enough for a minute without any. */
const MAX_WATCHED = 256

/**
 * The PINGs of a session. The byte stream keeps its order, so a PONG proves that the peer has read everything that was
 * written before its PING.
 */
export class SessionPings {
  readonly #wire: SessionWire
  readonly #waiting = new Map<bigint, (isRead: boolean) => void>()
  #count = 0n
  #looks = 0
  #askedAtLook = 0
  /** Questions that are not answered, the oldest first, and at which look they were asked. */
  #asked: { readonly count: bigint; readonly look: number }[] = []
  #next: PromiseWithResolvers<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  #isEnded = false
  /** The one PING whose answer is timed. */
  #timed: { readonly count: bigint; readonly sentMs: number } | undefined
  #rttMs: number | undefined

  constructor(wire: SessionWire) {
    this.#wire = wire
  }

  /**
   * Smoothed round-trip time to the peer in milliseconds, with what waits before a PING on its way; `undefined` until
   * measured.
   */
  get rttMs(): number | undefined {
    return this.#rttMs
  }

  /** Looks for which the oldest question has waited for its answer; 0 while none waits. */
  get unansweredLooks(): number {
    const [oldest] = this.#asked
    return oldest === undefined ? 0 : this.#looks - oldest.look
  }

  /**
   * A look of the keep-alive: asks for a sign of life when none was asked for in an interval, and every time while something
   * is under way, so that it shows soon how late it arrives.
   */
  look(isBusy: boolean): void {
    this.#looks += 1
    if (isBusy || this.#looks - this.#askedAtLook >= LOOKS) this.#send()
  }

  #send(): void {
    this.#count += 1n
    this.#askedAtLook = this.#looks
    this.#timed ??= { count: this.#count, sentMs: performance.now() }
    if (this.#asked.length < MAX_WATCHED) this.#asked.push({ count: this.#count, look: this.#looks })
    const payload = Buffer.alloc(8)
    payload.writeBigUInt64BE(this.#count)
    this.#wire.writer.heartbeat(FRAME.ping, payload)
    this.#wire.schedule()
  }

  /**
   * Resolves with true when the peer has read everything that has been written by now, with false when the session ends
   * before that is known. Never rejects. Questions of a fiftieth of a second share one PING and one promise.
   */
  confirm(): Promise<boolean> {
    if (this.#isEnded) return Promise.resolve(false)
    if (this.#next === undefined) {
      this.#next = Promise.withResolvers()
      this.#timer = setTimeout(() => this.#ask(), CONFIRM_AFTER_MS)
    }
    return this.#next.promise
  }

  /** Numbers we never sent mean nothing. */
  onPong(count: bigint): void {
    if (count === this.#timed?.count) this.#measure(this.#timed.sentMs)
    if (count <= this.#count) this.#asked = this.#asked.filter((question) => question.count > count)
    const tell = this.#waiting.get(count)
    this.#waiting.delete(count)
    tell?.(true)
  }

  /** The session is over. */
  end(): void {
    this.#isEnded = true
    clearTimeout(this.#timer)
    this.#next?.resolve(false)
    this.#next = undefined
    for (const tell of this.#waiting.values()) tell(false)
    this.#waiting.clear()
  }

  #measure(sentMs: number): void {
    this.#timed = undefined
    const sampleMs = performance.now() - sentMs
    this.#rttMs = this.#rttMs === undefined ? sampleMs : this.#rttMs + (sampleMs - this.#rttMs) / 4
  }

  #ask(): void {
    if (this.#next === undefined) return
    const { resolve } = this.#next
    this.#next = undefined
    this.#send()
    this.#waiting.set(this.#count, resolve)
  }
}
