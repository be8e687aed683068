import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { Anchor } from '../trust/anchor.ts'
import type { Directory } from './directory.ts'
import type { DirectoryEvent } from './directory-event.ts'
import { FollowedLog } from './follow/followed-log.ts'
import { FreshnessWatch } from './follow/freshness-watch.ts'
import { formatHeldCheckpoint } from './follow/held-checkpoint.ts'
import { WitnessWatch, witnessState } from './follow/witness-watch.ts'
import { SourceClient } from './follow/source-client.ts'
import type { Fetch } from './follow/source-client.ts'
import { SourceLoop } from './follow/source-loop.ts'
import { SourcePool } from './follow/source-pool.ts'
import type { LogSource } from './log-source.ts'
import { watchOwnMember } from './own-member-watch.ts'
import type { OwnMember } from './own-member-watch.ts'
import type { EvidenceSubjects } from './state/entries-about.ts'

export type { OwnMember } from './own-member-watch.ts'
export type { EvidenceSubjects } from './state/entries-about.ts'

/** How a follower is opened. */
export interface FollowerOptions {
  readonly anchor: Anchor
  /** Where it keeps what it holds; made if it is missing. One process at a time. */
  readonly storeDirectory: string
  /**
   * Base URLs of the registry and of mirrors, best first; asked for again whenever the directory changes. None is
   * trusted. The first two that answer are listened to, further ones only while those fail.
   */
  readonly sources: () => readonly string[]
  /**
   * Raises `own_member_changed` for changes that this actor did not sign. What a store holds already, or an empty one
   * catches up with first, is the past and raises nothing.
   */
  readonly own?: OwnMember
  readonly clock: Clock
  readonly onEvent: EventSink<DirectoryEvent>
  /** Default: the `fetch` of the runtime. */
  readonly fetch?: Fetch
  /** 0 to 1, for the spread of retries. Default: `Math.random`. */
  readonly random?: () => number
  /** New entries count only under this many cosignatures of commissioned branches, if there are so many. Default 0. */
  readonly witnessQuorum?: number
  /** Oldest directory that may be used, in ms. Default: what the network was founded with (72 h as a rule). */
  readonly maxStalenessMs?: number
  /** Age that raises an alarm, in ms. Default 600,000 (10 min). */
  readonly alarmAfterMs?: number
  /** Most bytes of entries it writes. Default 8 GiB. */
  readonly maxStoreBytes?: number
}

const DEFAULT_STALENESS_MS = 72 * 3_600_000
const CHECK_EVERY_MS = 5_000

/**
 * Follows the log of the registry: holds a {@link Directory} that is never behind by more than its sources are, keeps
 * it on disk, serves it on, and proves entries out of it. Starts from disk without any network. Sources may lie,
 * stall or send garbage: what counts is signed by the log of the anchor, and entries count only under such a root.
 *
 * @example
 * await using follower = await DirectoryFollower.open({ anchor, storeDirectory, sources, clock, onEvent })
 * follower.start()
 * await follower.waitForSize(1)
 */
export class DirectoryFollower {
  readonly #log: FollowedLog
  readonly #watch: FreshnessWatch
  readonly #witnesses: WitnessWatch
  readonly #pool: SourcePool
  readonly #onEvent: EventSink<DirectoryEvent>
  #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  private constructor(
    log: FollowedLog,
    watch: FreshnessWatch,
    witnesses: WitnessWatch,
    pool: SourcePool,
    onEvent: EventSink<DirectoryEvent>,
  ) {
    this.#log = log
    this.#watch = watch
    this.#witnesses = witnesses
    this.#pool = pool
    this.#onEvent = onEvent
  }

  /**
   * Opens the store and replays what is in it; asks nobody. Seconds for hundreds of thousands of entries.
   *
   * @throws WuslaError `ledger_locked` when another process holds the store
   */
  static async open(options: FollowerOptions): Promise<DirectoryFollower> {
    const { clock, onEvent, random = Math.random, fetch = globalThis.fetch } = options
    const log = await FollowedLog.open(options)
    const { directory } = log
    const watch = new FreshnessWatch({
      clock,
      onEvent,
      alarmAfterMs: options.alarmAfterMs ?? 600_000,
      boundMs: () => options.maxStalenessMs ?? directory.network()?.maxStalenessMs ?? DEFAULT_STALENESS_MS,
    })
    log.onHeard((freshAtMs) => watch.heard(freshAtMs))
    const sources = (): readonly string[] => (log.fork === undefined ? options.sources() : [])
    const pool: SourcePool = new SourcePool(sources, (url) => {
      return new SourceLoop({
        client: new SourceClient(url, fetch),
        sizeNow: () => log.size,
        consider: (note, client, signal) => log.consider(note, client, signal),
        onHealth: () => pool.adjust(),
        clock,
        random,
        onEvent,
      })
    })
    const { own } = options
    let isWatching = own === undefined
    const watchOwn = (): void => {
      if (own === undefined || isWatching || log.size === 0) return
      isWatching = true
      directory.onChange(watchOwnMember(own, onEvent))
    }
    watchOwn()
    log.onGrown(() => {
      watchOwn()
      pool.adjust()
    })
    const alarmAfterMs = options.alarmAfterMs ?? 600_000
    const witnesses = new WitnessWatch({ clock, onEvent, alarmAfterMs, held: () => witnessState(log) })
    return new DirectoryFollower(log, watch, witnesses, pool, onEvent)
  }

  get directory(): Directory {
    return this.#log.directory
  }

  /** Entries that are durable here and counted by {@link latestCheckpoint}. */
  get size(): number {
    return this.#log.size
  }

  /** Why it has stopped following for good: two checkpoints of the log that contradict each other. */
  get fork(): { readonly held: string; readonly shown: string } | undefined {
    return this.#log.fork
  }

  /** Begins to listen to the sources. After a fork was found, at whatever time, it only raises the alarm again. */
  start(): void {
    const { fork } = this.#log
    if (fork !== undefined) this.#onEvent({ kind: 'directory_forked', source: 'store', ...fork })
    this.#pool.adjust()
    this.#timer ??= setInterval(() => {
      this.#watch.check()
      this.#witnesses.check()
      this.#pool.adjust()
    }, CHECK_EVERY_MS)
    this.#timer.unref()
  }

  /** Milliseconds since the log last vouched that this is its newest state; `Infinity` if it never did. */
  staleForMs(): number {
    return this.#watch.staleForMs()
  }

  /** Whether the directory is older than the network allows: nothing new may be decided by it. */
  get isBeyondBound(): boolean {
    return this.#watch.isBeyondBound
  }

  /**
   * Resolves when at least `size` entries are in the directory.
   *
   * @throws WuslaError `directory_stale` when the signal aborts first
   */
  async waitForSize(size: number, signal: AbortSignal = AbortSignal.timeout(30_000)): Promise<void> {
    while (this.directory.size < size) {
      if (signal.aborted)
        throw new WuslaError('directory_stale', { details: { size: this.directory.size, wanted: size } })
      await this.#log.waitBeyond(this.directory.size, signal)
    }
  }

  /** The newest checkpoint with all lines that were verified, as a note. @throws WuslaError `directory_stale` without one */
  latestCheckpoint(): string {
    const { held } = this.#log
    if (held === undefined) throw new WuslaError('directory_stale')
    return formatHeldCheckpoint(held)
  }

  /** The exact text of an entry. @throws RangeError when there is none */
  async entry(index: number): Promise<string> {
    const [entry] = await this.#log.entries(index, index + 1)
    return (entry ?? Buffer.alloc(0)).toString('utf8')
  }

  /** The siblings from an entry to the root of the first `size` entries. @throws RangeError */
  async inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]> {
    return await Promise.resolve(this.#log.inclusionProof(index, size))
  }

  /** Indexes of the entries that a verifier of evidence about these subjects needs, in order. */
  entriesFor(subjects: EvidenceSubjects): number[] {
    return this.directory.entriesFor(subjects)
  }

  /** The log as held here, for a mirror. */
  get source(): LogSource {
    return this.#log
  }

  /** Stops listening, finishes writing, lets go of the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#closing ??= this.#pool.close().then(() => this.#log.close())
    await this.#closing
  }
}
