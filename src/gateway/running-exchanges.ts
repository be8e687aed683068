import type { Clock } from '../protocol/clock.ts'
import { PassingMap } from '../protocol/passing-map.ts'
import type { WuslaError } from '../protocol/wusla-error.ts'

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
  /** Purpose code that was named. */
  readonly purpose?: string | undefined
  readonly startedMs: number
  /** When the consumer's gateway took it: the hours of the agreement are judged by that, to its end. */
  readonly takenMs: number
  /** The branches it passes now: a copy that was sent again may pass others. */
  readonly branches: () => readonly string[]
  /** Ends the exchange with this error; the owner frees what it holds. */
  readonly cut: (cause: WuslaError) => void
}

/**
 * The exchanges under way, so that the end of an agreement reaches those that already run: a stream that was
 * allowed yesterday must not outlive its agreement.
 */
export class RunningExchanges {
  readonly #clock: Clock
  readonly #running = new PassingMap<RunningExchange, RunningExchange>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#running.size
  }

  /** Registers an exchange; call `end` with the returned object exactly once, whatever happens. */
  begin(exchange: Omit<RunningExchange, 'startedMs'>): RunningExchange {
    const entry: RunningExchange = { ...exchange, startedMs: this.#clock.nowMs() }
    this.add(entry)
    return entry
  }

  /** Registers an exchange as it stands; call `end` with it exactly once, whatever happens. */
  add(entry: RunningExchange): void {
    this.#running.set(entry, entry)
  }

  end(entry: RunningExchange): void {
    this.#running.delete(entry)
  }

  /**
   * Cuts every running exchange for which `whyNot` now gives a reason, with that reason, and returns what was cut so that
   * the cut itself becomes evidence.
   */
  cutDisallowed(whyNot: (exchange: RunningExchange) => WuslaError | undefined): RunningExchange[] {
    const cut: RunningExchange[] = []
    for (const entry of this.#running.values()) {
      const cause = whyNot(entry)
      if (cause === undefined) continue
      cut.push(entry)
      this.#running.delete(entry)
      entry.cut(cause)
    }
    return cut
  }
}
