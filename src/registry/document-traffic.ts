import { WuslaError } from '../protocol/wusla-error.ts'

/** Documents that are on their way at once. Each may be in memory several times over: as text, as JSON, as bytes. */
const MAX_AT_ONCE = 8

/** Of one caller: who sends slowly must not keep all others waiting. */
const MAX_OF_ONE = 2

/** Lets only so many documents be on their way, up or down, so that their memory is bounded. */
export class DocumentTraffic {
  readonly #running = new Map<string, number>()
  #total = 0

  /** Call what it returns when the request is over. @throws WuslaError `too_many_requests` */
  enter(caller: string): () => void {
    const own = this.#running.get(caller) ?? 0
    if (own >= MAX_OF_ONE || this.#total >= MAX_AT_ONCE) {
      throw new WuslaError('too_many_requests', { message: 'Too many documents are on their way.' })
    }
    this.#total += 1
    this.#running.set(caller, own + 1)
    return () => this.#leave(caller)
  }

  #leave(caller: string): void {
    this.#total -= 1
    const left = (this.#running.get(caller) ?? 0) - 1
    if (left > 0) this.#running.set(caller, left)
    else this.#running.delete(caller)
  }
}
