import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { DirectoryEvent } from '../directory-event.ts'

interface WatchOptions {
  readonly clock: Clock
  readonly onEvent: EventSink<DirectoryEvent>
  /** Older than this is an alarm. */
  readonly alarmAfterMs: number
  /** Older than this must not be used: the network's bound. */
  readonly boundMs: () => number
}

/** Knows how old the newest word of the log is, and tells when it gets too old and when it is young again. */
export class FreshnessWatch {
  readonly #options: WatchOptions
  #freshAtMs = Number.NEGATIVE_INFINITY
  #told: 'fresh' | 'stale' | 'beyond bound' = 'fresh'

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Milliseconds since the log last vouched for what is held; `Infinity` if it never did. */
  staleForMs(): number {
    return Math.max(0, this.#options.clock.nowMs() - this.#freshAtMs)
  }

  get isBeyondBound(): boolean {
    return this.staleForMs() > this.#options.boundMs()
  }

  heard(freshAtMs: number | undefined): void {
    if (freshAtMs !== undefined && freshAtMs > this.#freshAtMs) this.#freshAtMs = freshAtMs
    this.check()
  }

  /** Tells what has changed. To be called now and then. */
  check(): void {
    const staleForMs = this.staleForMs()
    const state = this.isBeyondBound
      ? 'beyond bound'
      : staleForMs > this.#options.alarmAfterMs
        ? 'stale'
        : 'fresh'
    if (state === this.#told) return
    this.#told = state
    this.#options.onEvent(
      state === 'fresh'
        ? { kind: 'directory_fresh', staleForMs }
        : { kind: 'directory_stale', staleForMs, beyondBound: state === 'beyond bound' },
    )
  }
}
