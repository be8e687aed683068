import { randomBytes } from 'node:crypto'
import type { Clock } from '../../protocol/clock.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { HiddenText } from '../hidden-text.ts'

/** How long a person has to come back from the provider, milliseconds. */
const LIFETIME_MS = 600_000
/** Most flows that wait at the same time; the oldest gives way. About 1 kB each. */
const MAX_WAITING = 10_000

interface Waiting<T> {
  readonly binding: HiddenText
  readonly value: T
  readonly expiresAtMs: number
}

/**
 * What waits for a browser to come back: each `state` is good once, for ten minutes, in the browser that began. In memory: a
 * restart makes the person begin again.
 */
export class PendingAnswers<T> {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Waiting<T>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes a flow that begins. Both texts are 256 bits of chance. */
  begin(value: T): { readonly state: string; readonly binding: HiddenText } {
    this.#forgetOld()
    const state = randomBytes(32).toString('base64url')
    const binding = new HiddenText(randomBytes(32).toString('base64url'))
    this.#waiting.set(state, { binding, value, expiresAtMs: this.#clock.nowMs() + LIFETIME_MS })
    return { state, binding }
  }

  /**
   * Takes the flow of an answer; whatever comes of it, the state is used up.
   *
   * @throws WuslaError `identity_attempt_unknown`
   */
  take(
    parameters: URLSearchParams,
    binding: string | undefined,
  ): { readonly state: string; readonly value: T } {
    const [state, ...more] = parameters.getAll('state')
    const found = state === undefined || more.length > 0 ? undefined : this.#waiting.get(state)
    if (state === undefined || found === undefined) throw new WuslaError('identity_attempt_unknown')
    this.#waiting.delete(state)
    const isInTime = this.#clock.nowMs() < found.expiresAtMs
    if (!isInTime || binding === undefined || !found.binding.equals(binding)) {
      throw new WuslaError('identity_attempt_unknown')
    }
    return { state, value: found.value }
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs()
    // Insertion order is order of expiry: the first that is young ends the walk.
    for (const [state, { expiresAtMs }] of this.#waiting) {
      if (expiresAtMs > nowMs && this.#waiting.size < MAX_WAITING) return
      this.#waiting.delete(state)
    }
  }
}
