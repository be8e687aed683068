import type { ChangeKind } from '../directory/change.ts'
import { enrolmentSignature } from '../directory/enrolment-key.ts'
import type { Directory } from '../directory/directory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import type { Json } from '../protocol/canonical-json.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SoftwareSealKey } from '../trust/seal-key.ts'
import { encodeSignedChange, signChange, type SignedChange } from '../trust/signed-change.ts'
import type { ChangeIndex } from './change-index.ts'
import type { RegistryEvent } from './registry-event.ts'

interface PublisherOptions {
  readonly network: string
  readonly directory: Directory
  readonly ledger: Ledger
  readonly index: ChangeIndex
  readonly key: SoftwareSealKey
  readonly clock: Clock
  readonly onEvent: EventSink<RegistryEvent>
}

/** Time a change may be ahead of the registry's clock, in milliseconds. */
const MAX_AHEAD_MS = 300_000

/** Changes that may wait their turn; more are asked to come later. */
const MAX_WAITING = 1_000

/**
 * The one writer of the directory. Changes go one after another: judged by the rules every follower applies, appended,
 * durable, in force here, and under a signed checkpoint before anyone is told.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #waiting = new Set<() => void>()
  #queued = 0
  #isClosing = false
  #tail: Promise<unknown> = Promise.resolve()
  #lastMs = 0

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Learns the time of an entry, so that no change of the registry's own is older: its clock may have gone back. */
  remember(time: string): void {
    const ms = Date.parse(time)
    if (ms - this.#options.clock.nowMs() <= MAX_AHEAD_MS) this.#lastMs = Math.max(this.#lastMs, ms)
  }

  /** The time for a change of the registry's own: later than every one before it. */
  nextTime(): string {
    this.#lastMs = Math.max(this.#lastMs + 1, this.#options.clock.nowMs())
    return formatTime(this.#lastMs)
  }

  /** Makes and publishes a change that is the registry's to make. @returns its index */
  async publishOwn(kind: ChangeKind, fields: Readonly<Record<string, Json>>): Promise<number> {
    const change: SignedChange['change'] = {
      ...fields,
      type: 'wusla/change/v1',
      kind,
      network: this.#options.network,
      time: this.nextTime(),
    }
    return await this.publish({ change, signatures: [await this.countersign(change)] })
  }

  /** The registry's own signature on a change that others signed as well. */
  async countersign(change: SignedChange['change']): ReturnType<typeof signChange> {
    return await signChange(change, 'registry', this.#options.key)
  }

  /**
   * Publishes a signed change. The same change again gives the same index. A change that the holder of an enrolment
   * token signed uses the token up.
   *
   * @throws WuslaError `change_refused` with the reason every follower would have, `token_used`; nothing was appended
   * then. `too_many_requests` when too many wait.
   */
  async publish(signed: SignedChange): Promise<number> {
    const entry = encodeSignedChange(signed)
    if (this.#queued >= MAX_WAITING) throw new WuslaError('too_many_requests')
    this.#queued += 1
    const run = this.#tail.then(async () => await this.#append(entry, signed))
    // The queue goes on after a refusal; the refused caller still gets its error.
    this.#tail = run.catch(() => undefined)
    try {
      return await run
    } finally {
      this.#queued -= 1
    }
  }

  /** Resolves at the next published change, or when the signal says to stop waiting. */
  async nextChange(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isClosing) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Whether {@link close} was called: nobody waits for changes any more. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Lets everybody go who waits for a change, and finishes what was taken. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#wakeAll()
    await this.#tail
  }

  async #append(entry: string, signed: SignedChange): Promise<number> {
    const { directory, ledger, index: known, onEvent } = this.#options
    const { change } = signed
    const before = known.indexOf(change)
    if (before !== undefined) {
      // It may have been appended without getting a checkpoint: then it is not known to anybody yet.
      if (ledger.checkpointSize <= before) await this.#announce()
      return before
    }
    const holder = enrolmentSignature(signed.signatures)
    if (holder !== undefined && known.enrolmentBy(holder.key) !== undefined)
      throw new WuslaError('token_used')
    this.#judge(entry, change)
    const { index } = await ledger.append(Buffer.from(entry, 'utf8'))
    directory.apply(entry)
    this.remember(change.time)
    known.add(index, signed)
    await this.#announce()
    onEvent({ kind: 'change_published', index, changeKind: change.kind })
    return index
  }

  #judge(entry: string, change: SignedChange['change']): void {
    const { directory, clock, onEvent } = this.#options
    const verdict = directory.judge(entry)
    const isAhead = Date.parse(change.time) - clock.nowMs() > MAX_AHEAD_MS
    if (verdict.applied && !isAhead) return
    const reason = verdict.applied ? 'bad_time' : verdict.reason
    const detail = verdict.applied ? 'the change lies in the future' : verdict.detail
    onEvent({ kind: 'change_rejected', changeKind: change.kind, reason, detail })
    throw new WuslaError('change_refused', {
      message: `The change is refused: ${detail}.`,
      details: { kind: change.kind, reason, detail },
    })
  }

  async #announce(): Promise<void> {
    await this.#options.ledger.checkpoint()
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const done of this.#waiting) done()
  }
}
