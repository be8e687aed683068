import { setTimeout as pause } from 'node:timers/promises'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import { formatTime, type Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { toWuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { noteOverdue } from './note-overdue.ts'

const DAY_MS = 86_400_000

/** How often the upkeep looks whether there is something to do. Unit: milliseconds. */
const LOOK_MS = 1_000

/** Longest pause between two attempts to open evidence that cannot be written. Unit: milliseconds. */
const MAX_RETRY_MS = 60_000

/** How often open exchanges are counted; and how old one must be: a younger one may just be under way. Unit: ms. */
const COUNT_MS = 60_000

/** Most open exchanges that are counted; beyond it is only told that there are more. */
const MAX_COUNTED = 2_000

/** Rows of one question to the index, and how long it may take in milliseconds: exchanges come first. */
const COUNT_PAGE_ROWS = 500
const COUNT_WITHIN_MS = 100

interface UpkeepOptions {
  readonly evidence: Pick<EvidenceStore, 'healthy' | 'reopen' | 'removeBefore' | 'query' | 'remember'>
  /** How long an acknowledgement of delivery is waited for, in milliseconds. */
  readonly acknowledgeWithinMs: number
  /** Statements older than this many days are removed; undefined: none is. */
  readonly retentionDays: number | undefined
  /**
   * How old the directory's newest word is, in milliseconds. A clock that runs ahead makes it look old: then nothing is
   * removed, since what a wrong clock removes is gone for ever.
   */
  readonly directoryStaleMs: () => number
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
  /** Time between two looks, in milliseconds; the first attempt to reopen comes after one. Default 1,000. */
  readonly lookEveryMs?: number
}

/** Exchanges of which this gateway holds the request and no answer. */
export interface OpenExchanges {
  /** Sent by a system of this member, and never answered. */
  readonly sent: number
  /** Received, and no answer of this gateway left. */
  readonly received: number
  /** True when there are more than were counted. */
  readonly isMore: boolean
  /** When they were counted, RFC 3339. */
  readonly at: string
}

/**
 * Keeps the evidence of a gateway in order beside the exchanges: opens it again after a disk was full, ends its retention
 * once a day, counts what stayed unanswered, and notes what was not acknowledged in time. Never rejects: what goes wrong is told and tried again.
 */
export class EvidenceUpkeep {
  readonly #options: UpkeepOptions
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #openExchanges: OpenExchanges | undefined
  #retryMs: number
  #retryAtMs = 0
  #countAtMs = 0
  #removeAtMs = 0

  constructor(options: UpkeepOptions) {
    this.#options = options
    this.#retryMs = this.#lookEveryMs
  }

  /** Undefined until they were counted for the first time. */
  get openExchanges(): OpenExchanges | undefined {
    return this.#openExchanges
  }

  get retentionDays(): number | undefined {
    return this.#options.retentionDays
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** What is due now; {@link start} calls it again and again. */
  async look(): Promise<void> {
    const { evidence, clock } = this.#options
    const nowMs = clock.nowMs()
    if (!evidence.healthy) return await this.#reopen(nowMs)
    this.#retryMs = this.#lookEveryMs
    if (nowMs >= this.#countAtMs) {
      this.#countAtMs = nowMs + COUNT_MS
      await this.#tell(async () => await this.#count(nowMs))
      await this.#tell(async () => await noteOverdue(this.#options, nowMs))
    }
    if (nowMs >= this.#removeAtMs && this.#options.directoryStaleMs() < DAY_MS) {
      this.#removeAtMs = nowMs + DAY_MS
      await this.#tell(async () => await this.#endRetention(nowMs))
    }
  }

  get #lookEveryMs(): number {
    return this.#options.lookEveryMs ?? LOOK_MS
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      // Unreferenced: upkeep alone keeps no process alive. Aborted is how the wait ends when the gateway closes.
      await pause(this.#lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (!signal.aborted) await this.look()
    }
  }

  /** A disk that stays full is not worn out by trying: each attempt waits twice as long as the one before. */
  async #reopen(nowMs: number): Promise<void> {
    if (nowMs < this.#retryAtMs) return
    const { evidence, clock, onEvent } = this.#options
    try {
      await evidence.reopen()
    } catch (cause) {
      const retryMs = this.#retryMs
      this.#retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
      this.#retryAtMs = clock.nowMs() + retryMs
      onEvent({
        kind: 'evidence_reopen_failed',
        detail: toWuslaError(cause, 'logging_failed').message,
        retryMs,
      })
    }
  }

  async #endRetention(nowMs: number): Promise<void> {
    const { evidence, retentionDays, onEvent } = this.#options
    if (retentionDays === undefined) return
    const beforeMs = nowMs - retentionDays * DAY_MS
    const removed = await evidence.removeBefore(beforeMs, `retention of ${retentionDays} days`)
    onEvent({ kind: 'evidence_retention_ran', before: formatTime(beforeMs), removed })
  }

  /** An index that is behind would call an exchange open whose answer it has not read: then the last count stays. */
  async #count(nowMs: number): Promise<void> {
    const until = formatTime(nowMs - COUNT_MS)
    const count = { sent: 0, received: 0 }
    let cursor: string | undefined
    do {
      const from = cursor === undefined ? {} : { cursor }
      const filter = { unanswered: true, until, limit: COUNT_PAGE_ROWS, ...from }
      const page = await this.#options.evidence.query(filter, COUNT_WITHIN_MS)
      if (!page.complete) return
      for (const { role } of page.rows) count[role === 'consumer' ? 'sent' : 'received'] += 1
      ;({ cursor } = page)
    } while (cursor !== undefined && count.sent + count.received < MAX_COUNTED)
    this.#openExchanges = { ...count, isMore: cursor !== undefined, at: formatTime(nowMs) }
  }

  async #tell(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (cause) {
      const detail = toWuslaError(cause, 'internal_error').message
      this.#options.onEvent({ kind: 'evidence_upkeep_failed', detail })
    }
  }
}
