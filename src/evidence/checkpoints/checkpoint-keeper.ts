import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { NoteVerifier } from '../../trust/note-key.ts'
import type { CheckpointOffer, CosignCheckpoint } from '../cosign-checkpoint.ts'
import type { EvidenceEvent } from '../evidence-event.ts'
import type { CosignedHistory } from './cosigned-history.ts'

/** How checkpoints are kept. */
export interface CheckpointKeeperOptions {
  readonly ledger: Ledger
  /** The key that signs the ledger's checkpoints. */
  readonly log: NoteVerifier
  readonly history: CosignedHistory
  /** Absent: nobody witnesses. */
  readonly cosign?: CosignCheckpoint
  /** Time between checkpoints while something changes. Unit: milliseconds. */
  readonly periodMs: number
  readonly clock: Clock
  readonly onEvent: EventSink<EvidenceEvent>
}

/** Witnesses get this long. Unit: milliseconds. */
const COSIGN_TIMEOUT_MS = 10_000

/** Longest pause between attempts at witnesses that do not answer. Unit: milliseconds. */
const MAX_RETRY_MS = 60_000

const THIN_EVERY_MS = 3_600_000

/** Makes checkpoints of a ledger from time to time, has them cosigned, and keeps what came back. */
export class CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> | undefined
  /** Everything below this size is cosigned, or signed if nobody witnesses. */
  #settledSize: number
  #failures = 0
  #notBeforeMs = 0
  #thinnedMs = 0

  constructor(options: CheckpointKeeperOptions) {
    this.#options = options
    const [last] = options.history.covering(options.ledger.size - 1, 1)
    this.#settledSize = last === undefined ? 0 : options.ledger.size
    this.#timer = setInterval(() => this.#tick(), options.periodMs)
    this.#timer.unref()
  }

  /** One round now, or the one that is at work and another: afterwards a checkpoint covers what was durable. */
  async settle(): Promise<void> {
    await this.#running
    this.#running ??= this.#round()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await this.#running
  }

  #tick(): void {
    const { ledger, clock } = this.#options
    if (this.#running !== undefined || ledger.size <= this.#settledSize) return
    if (clock.nowMs() < this.#notBeforeMs) return
    this.#running = this.#round()
  }

  /** Never rejects: what goes wrong is told, and tried again at a later tick. */
  async #round(): Promise<void> {
    const { ledger, onEvent } = this.#options
    try {
      await ledger.checkpoint()
      await this.#cosign(ledger.checkpointSize)
      this.#thin()
    } catch (cause) {
      onEvent({ kind: 'checkpoint_failed', error: toWuslaError(cause, 'ledger_unwritable') })
      this.#delay()
    } finally {
      this.#running = undefined
    }
  }

  async #cosign(size: number): Promise<void> {
    const { cosign, onEvent } = this.#options
    if (cosign === undefined) {
      this.#settledSize = size
      return
    }
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(COSIGN_TIMEOUT_MS)])
      const witnesses = await cosign(this.#offer(size), signal)
      if (!this.#keep(size)) {
        this.#tellFailure(size)
        return
      }
      this.#failures = 0
      this.#notBeforeMs = 0
      this.#settledSize = size
      onEvent({ kind: 'checkpoint_cosigned', size, witnesses })
    } catch (cause) {
      this.#tellFailure(size, cause)
    }
  }

  #offer(size: number): CheckpointOffer {
    const { ledger, log } = this.#options
    return {
      origin: ledger.origin,
      size,
      log,
      latestCheckpoint: () => ledger.latestCheckpoint(),
      consistencyProof: (fromSize, toSize) => ledger.consistencyProof(fromSize, toSize),
      addCosignatures: (atSize, lines, witnesses) => ledger.addCosignatures(atSize, lines, witnesses),
    }
  }

  /** Puts the cosigned checkpoint into the history; false when none of this size or later came back. */
  #keep(size: number): boolean {
    const { ledger, history, clock } = this.#options
    const note = ledger.cosignedCheckpoint()
    const cosignedSize = Number(note?.split('\n', 2)[1] ?? -1)
    if (note === undefined || cosignedSize < size) return false
    history.put(cosignedSize, note, clock.nowMs())
    return true
  }

  #tellFailure(size: number, cause?: unknown): void {
    const retryMs = this.#delay()
    const error = cause === undefined ? {} : { error: toWuslaError(cause, 'internal_error') }
    this.#options.onEvent({ kind: 'cosigning_failed', size, retryMs, ...error })
  }

  /** Waits twice as long after every failure in a row. */
  #delay(): number {
    const { periodMs, clock } = this.#options
    const retryMs = Math.min(MAX_RETRY_MS, periodMs * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 16)
    this.#notBeforeMs = clock.nowMs() + retryMs
    return retryMs
  }

  #thin(): void {
    const { history, clock } = this.#options
    const nowMs = clock.nowMs()
    if (nowMs - this.#thinnedMs < THIN_EVERY_MS) return
    this.#thinnedMs = nowMs
    history.thin(nowMs)
  }
}
