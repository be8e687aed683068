import type { Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/** One exchange that is under way at this gateway, on either side. */
export interface RunningExchange {
  readonly exchange: string
  readonly direction: 'sent' | 'served'
  readonly client: string
  readonly service: string
  readonly method: string
  /** Raw service path: with the method, what the grant must still allow. */
  readonly path: string
  /** Content hash of the agreement that allowed it, or `open`. */
  readonly agreement: string
  readonly startedMs: number
  /** Ends the exchange with this error; the owner frees what it holds. */
  readonly cut: (cause: WuslaError) => void
}

/**
 * The exchanges under way, so that the end of an agreement reaches those that already run: a stream that was
 * allowed yesterday must not outlive its agreement.
 */
export class RunningExchanges {
  readonly #clock: Clock
  readonly #running = new Set<RunningExchange>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#running.size
  }

  /** Registers an exchange; call `end` with the returned object exactly once, whatever happens. */
  begin(exchange: Omit<RunningExchange, 'startedMs'>): RunningExchange {
    const entry: RunningExchange = { ...exchange, startedMs: this.#clock.nowMs() }
    this.#running.add(entry)
    return entry
  }

  end(entry: RunningExchange): void {
    this.#running.delete(entry)
  }

  /**
   * Cuts every running exchange for which `stillAllowed` now says no, and returns what was cut so that the cut
   * itself becomes evidence.
   */
  cutDisallowed(stillAllowed: (exchange: RunningExchange) => boolean): RunningExchange[] {
    const cut: RunningExchange[] = []
    for (const entry of this.#running) {
      if (stillAllowed(entry)) continue
      cut.push(entry)
      this.#running.delete(entry)
      entry.cut(
        new WuslaError('access_denied', {
          message: 'The agreement behind this exchange ended while it was running.',
          details: { exchange: entry.exchange, agreement: entry.agreement },
        }),
      )
    }
    return cut
  }
}
