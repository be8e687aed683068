import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { DirectoryEvent } from '../directory-event.ts'
import type { SourceClient } from './source-client.ts'

const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 30_000
/** A long poll that comes back at once without news was none: a pause keeps it from spinning. Unit: ms. */
const QUICK_ANSWER_MS = 1_000
const MAX_IDLE_MS = 5_000
/** A first question, which is no long poll, is answered by then; else others are asked as well. Unit: ms. */
const PROMPT_ANSWER_MS = 2_000
/** A source whose freshness line is older than this hides something or is cut off itself. Unit: ms. */
const LAGGING_MS = 90_000

/** What a checkpoint from a source turned out to be worth. */
export interface Considered {
  /** Whether the directory grew. */
  readonly advanced: boolean
  /** When the log called this checkpoint its newest, milliseconds since 1970. */
  readonly freshAtMs: number | undefined
}

interface LoopOptions {
  readonly client: SourceClient
  readonly sizeNow: () => number
  /** Judges a checkpoint, fetches what it promises, takes it in. Throws when the source failed or lied. */
  readonly consider: (note: string, client: SourceClient, signal: AbortSignal) => Promise<Considered>
  readonly clock: Clock
  readonly random: () => number
  readonly onEvent: EventSink<DirectoryEvent>
  /** Called when the health of the source changed. */
  readonly onHealth: () => void
}

/** Asks one source for news, again and again, and leaves it alone for a while when it fails. */
export class SourceLoop {
  readonly url: string
  readonly #options: LoopOptions
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #failures = 0
  #isSlow = false
  #freshAtMs: number | undefined

  constructor(options: LoopOptions) {
    this.#options = options
    this.url = options.client.url
    this.#ended = this.#run()
  }

  /** Whether the source answers and keeps up. True until shown otherwise. */
  get isHealthy(): boolean {
    const freshAtMs = this.#freshAtMs
    const lags = freshAtMs !== undefined && this.#options.clock.nowMs() - freshAtMs > LAGGING_MS
    return this.#failures === 0 && !this.#isSlow && !lags
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let idleMs = 0
    while (!signal.aborted) {
      const beganMs = performance.now()
      let pauseMs = 0
      try {
        const advanced = await this.#ask(signal)
        const isQuick = !advanced && performance.now() - beganMs < QUICK_ANSWER_MS
        idleMs = isQuick ? Math.min(MAX_IDLE_MS, idleMs * 2 || FIRST_RETRY_MS / 2) : 0
        pauseMs = idleMs
      } catch (cause) {
        if (signal.aborted) return
        pauseMs = this.#failed(cause)
      }
      if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #ask(signal: AbortSignal): Promise<boolean> {
    const { client, sizeNow, consider, onHealth } = this.#options
    // The first question after a start or a failure is not a long one: it tells at once where the source stands.
    const isFirst = this.#freshAtMs === undefined || this.#failures > 0
    const note = isFirst ? await this.#askFirst(signal) : await client.checkpoint(sizeNow(), signal)
    const before = this.isHealthy
    const { advanced, freshAtMs } = await consider(note, client, signal)
    this.#freshAtMs = freshAtMs ?? this.#options.clock.nowMs()
    this.#failures = 0
    this.#isSlow = false
    if (before !== this.isHealthy || isFirst) onHealth()
    return advanced || isFirst
  }

  async #askFirst(signal: AbortSignal): Promise<string> {
    const { client, onHealth } = this.#options
    const slow = globalThis.setTimeout(() => {
      this.#isSlow = true
      onHealth()
    }, PROMPT_ANSWER_MS)
    try {
      return await client.checkpoint(undefined, signal)
    } finally {
      clearTimeout(slow)
    }
  }

  #failed(cause: unknown): number {
    const { onEvent, onHealth, random } = this.#options
    this.#failures += 1
    const ceilingMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1))
    // Between half and whole: many followers of one branch do not come back in one moment.
    const retryMs = Math.round(ceilingMs * (0.5 + random() / 2))
    const { code, message, details } = toWuslaError(cause, 'internal_error')
    const detail = `${message} ${JSON.stringify(details)}`.slice(0, 500)
    onEvent({ kind: 'source_failed', source: this.url, code, detail, retryMs })
    onHealth()
    return retryMs
  }
}
