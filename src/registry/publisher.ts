import type { ChangeKind } from '../directory/change.ts'
import type { Directory } from '../directory/directory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import type { Json } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SoftwareSealKey } from '../trust/seal-key.ts'
import { encodeSignedChange, signChange, type SignedChange } from '../trust/signed-change.ts'
import type { RegistryEvent } from './registry-event.ts'

interface PublisherOptions {
  readonly network: string
  readonly directory: Directory
  readonly ledger: Ledger
  readonly key: SoftwareSealKey
  readonly clock: Clock
  readonly onEvent: EventSink<RegistryEvent>
}

/** Time a change may be ahead of the registry's clock, in milliseconds. */
const MAX_AHEAD_MS = 300_000

/**
 * The one writer of the directory. Changes go one after another: judged by the rules every follower applies, appended,
 * durable, in force here, and under a signed checkpoint before anyone is told.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #waiting = new Set<() => void>()
  readonly #published = new Map<string, number>()
  #tail: Promise<unknown> = Promise.resolve()
  #lastMs = 0

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Learns the entries that are in the log already, so that a change that comes again gets its old index. */
  remember(entry: Uint8Array, index: number): void {
    this.#published.set(digest256(entry), index)
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
   * Publishes a signed change. The same change again gives the same index.
   *
   * @throws WuslaError `change_refused` with the reason every follower would have; nothing was appended then.
   */
  async publish(signed: SignedChange): Promise<number> {
    const entry = encodeSignedChange(signed)
    const run = this.#tail.then(async () => await this.#append(entry, signed.change))
    // The queue goes on after a refusal; the refused caller still gets its error.
    this.#tail = run.catch(() => undefined)
    return await run
  }

  /** Resolves at the next published change, or when the signal says to stop waiting. */
  async nextChange(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
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

  /** Lets everybody go who waits for a change: the registry is closing. */
  releaseAll(): void {
    for (const done of this.#waiting) done()
  }

  async #append(entry: string, change: SignedChange['change']): Promise<number> {
    const { directory, ledger, clock, onEvent } = this.#options
    const known = this.#published.get(digest256(entry))
    if (known !== undefined) return known
    const ahead = Date.parse(change.time) - clock.nowMs()
    const verdict = directory.judge(entry)
    if (!verdict.applied || ahead > MAX_AHEAD_MS) {
      const reason = verdict.applied ? 'bad_time' : verdict.reason
      const detail = verdict.applied ? 'the change lies in the future' : verdict.detail
      onEvent({ kind: 'change_rejected', changeKind: change.kind, reason, detail })
      throw new WuslaError('change_refused', {
        message: `The change is refused: ${detail}.`,
        details: { kind: change.kind, reason, detail },
      })
    }
    const { index } = await ledger.append(Buffer.from(entry, 'utf8'))
    this.#published.set(digest256(entry), index)
    directory.apply(entry)
    await ledger.checkpoint()
    onEvent({ kind: 'change_published', index, changeKind: change.kind })
    this.releaseAll()
    return index
  }
}
