import { decodeEntryBundle } from '../../ledger/entry-bundle.ts'
import { parseTilePath, TILE_WIDTH } from '../../ledger/tile-path.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Anchor } from '../../trust/anchor.ts'
import type { Directory } from '../directory.ts'
import type { DirectoryEvent } from '../directory-event.ts'
import type { LogBytes, LogSource } from '../log-source.ts'
import { fetchTail } from './fetch-tail.ts'
import { contradictsFuture, contradictsPast } from './find-fork.ts'
import { FollowerStore } from './follower-store.ts'
import type { Fork } from './follower-store.ts'
import {
  countWitnesses,
  createCheckpointReader,
  formatHeldCheckpoint,
  mergeCheckpoints,
} from './held-checkpoint.ts'
import type { CheckpointReader, HeldCheckpoint } from './held-checkpoint.ts'
import { loadBulk } from './load-bulk.ts'
import { Replay } from './replay.ts'
import { SizeWaiters } from './size-waiters.ts'
import type { SourceClient } from './source-client.ts'
import type { Considered } from './source-loop.ts'

/** More new entries than this go to the disk before they are verified, and have some of their checks put off. */
const BULK_ENTRIES = 1024
/** Fresh lines over an unchanged checkpoint go to the disk this often. Unit: ms. */
const WRITE_FRESHNESS_EVERY_MS = 300_000
const BYTES = 'application/octet-stream'

interface LogOptions {
  readonly anchor: Anchor
  readonly storeDirectory: string
  readonly clock: Clock
  readonly onEvent: EventSink<DirectoryEvent>
  readonly witnessQuorum?: number
  readonly maxStoreBytes?: number
}

/**
 * The log as this follower holds it, and the judgement on every checkpoint that a source shows: take in, ignore, or
 * recognise as a fork. Only one checkpoint at a time is taken in; fetching and verifying goes on beside it.
 */
export class FollowedLog implements LogSource {
  readonly #options: LogOptions
  readonly #reader: CheckpointReader
  readonly #store: FollowerStore
  readonly #replay: Replay
  readonly #waiters = new SizeWaiters()
  readonly #stop = new AbortController()
  #fork: Fork | undefined
  #running: Promise<unknown> = Promise.resolve()
  #writtenAtMs = 0
  #onHeard: (freshAtMs: number | undefined) => void = () => undefined
  #onGrown: () => void = () => undefined

  private constructor(
    options: LogOptions,
    reader: CheckpointReader,
    store: FollowerStore,
    fork: Fork | undefined,
  ) {
    this.#options = options
    this.#reader = reader
    this.#store = store
    this.#fork = fork
    this.#replay = new Replay(options.anchor, store, options.onEvent)
  }

  static async open(options: LogOptions): Promise<FollowedLog> {
    const reader = createCheckpointReader(options.anchor)
    const store = await FollowerStore.open(options.storeDirectory, reader, (detail) =>
      options.onEvent({ kind: 'store_discarded', detail }),
    )
    try {
      const log = new FollowedLog(options, reader, store, await store.readFork())
      await log.#replay.restore()
      await store.recognise(reader, log.#witnessKeys())
      log.#settle()
      return log
    } catch (cause) {
      await store.close()
      throw cause
    }
  }

  get directory(): Directory {
    return this.#replay.directory
  }

  get size(): number {
    return this.#store.size
  }

  get fork(): Fork | undefined {
    return this.#fork
  }

  get held(): HeldCheckpoint | undefined {
    return this.#store.checkpoint
  }

  /** Is told when the log was last heard to be where we are. Told at once what the store knows. */
  onHeard(listener: (freshAtMs: number | undefined) => void): void {
    this.#onHeard = listener
    if (this.held?.freshAtMs !== undefined) listener(this.held.freshAtMs)
  }

  onGrown(listener: () => void): void {
    this.#onGrown = listener
  }

  checkpoint(): { note: string; size: number } | undefined {
    const { held } = this
    return held === undefined ? undefined : { note: formatHeldCheckpoint(held), size: held.size }
  }

  async waitBeyond(size: number, signal: AbortSignal): Promise<void> {
    await this.#waiters.wait(size, AbortSignal.any([signal, this.#stop.signal]))
  }

  async tile(path: string): Promise<LogBytes | undefined> {
    const asked = parseTilePath(path)
    const index = Number(asked?.index)
    if (asked === undefined || !Number.isSafeInteger(index)) return undefined
    if (asked.level !== 'entries') {
      const bytes = this.#store.levels.tile(asked.level, index, asked.width)
      return bytes === undefined ? undefined : { bytes, contentType: BYTES, immutable: true }
    }
    const from = index * TILE_WIDTH
    if (from + asked.width > this.size) return undefined
    return {
      bytes: await this.#store.entries.bundle(from, from + asked.width),
      contentType: BYTES,
      immutable: true,
    }
  }

  async entries(from: number, to: number): Promise<Buffer[]> {
    if (to > this.size) throw new RangeError('no such entry')
    return decodeEntryBundle(await this.#store.entries.bundle(from, to), to - from) ?? []
  }

  inclusionProof(index: number, size: number): Buffer[] {
    return this.#store.levels.inclusionProof(index, size)
  }

  /**
   * Judges what a source shows.
   *
   * @throws WuslaError when the source failed or lied; nothing was taken in then
   */
  async consider(note: string, client: SourceClient, signal: AbortSignal): Promise<Considered> {
    const shown = this.#reader.read(note, this.#witnessKeys())
    const { freshAtMs } = shown
    if (this.#fork !== undefined) return { advanced: false, freshAtMs }
    if (shown.size <= this.size) {
      await this.#considerPast(shown, client)
      return { advanced: false, freshAtMs }
    }
    if (!this.#hasQuorum(shown)) return { advanced: false, freshAtMs }
    const isBulk = shown.size - this.size > BULK_ENTRIES
    const advanced = isBulk
      ? await this.#takeBulk(shown, client, signal)
      : await this.#takeTail(shown, client, signal)
    return { advanced, freshAtMs }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#replay.close()
    if (this.held !== undefined) await this.#store.refresh(this.held, true)
    await this.#store.close()
  }

  async #considerPast(shown: HeldCheckpoint, client: SourceClient): Promise<void> {
    const { held } = this
    if (contradictsPast(this.#store.levels, shown)) await this.#alone(() => this.#forked(shown, client))
    if (held?.text !== shown.text) return
    const merged = mergeCheckpoints(held, shown)
    const nowMs = this.#options.clock.nowMs()
    const durably = nowMs - this.#writtenAtMs >= WRITE_FRESHNESS_EVERY_MS
    if (durably) this.#writtenAtMs = nowMs
    await this.#alone(async () => {
      if (this.held?.text === merged.text)
        await this.#store.refresh(mergeCheckpoints(this.held, merged), durably)
    })
    this.#onHeard(merged.freshAtMs)
  }

  async #takeTail(shown: HeldCheckpoint, client: SourceClient, signal: AbortSignal): Promise<boolean> {
    const from = this.size
    const tail = await fetchTail(client, this.#store.tree(), shown, signal)
    if (!tail.fits) {
      await this.#mustBeForked(shown, client, signal)
      return await this.#alone(() => this.#forked(shown, client))
    }
    return await this.#alone(async () => {
      const done = this.size - from
      if (this.#fork !== undefined || shown.size <= this.size) return false
      const leaves = tail.leaves.slice(done)
      const tree = this.#store.tree()
      for (const leaf of leaves) tree.append(leaf)
      // Another checkpoint came in meanwhile: if the rest does not fit behind it, the log signed two stories.
      if (!tree.root().equals(shown.root)) return await this.#forked(shown, client)
      return await this.#commit(shown, client, async () => {
        await this.#store.entries.append(tail.entries.slice(done))
        return leaves
      })
    })
  }

  async #takeBulk(shown: HeldCheckpoint, client: SourceClient, signal: AbortSignal): Promise<boolean> {
    return await this.#alone(async () => {
      if (this.#fork !== undefined || shown.size <= this.size) return false
      try {
        const { checkpoint, leaves, fits } = await loadBulk({
          client,
          signal,
          store: this.#store,
          checkpoint: shown,
          readNote: (note) => this.#reader.read(note, this.#witnessKeys()),
          maxBytes: this.#options.maxStoreBytes ?? 8 * 2 ** 30,
        })
        if (!fits) {
          await this.#mustBeForked(checkpoint, client, signal)
          return await this.#forked(checkpoint, client)
        }
        return await this.#commit(checkpoint, client, () => Promise.resolve(leaves))
      } finally {
        if (this.#store.entries.size > this.size) this.#store.entries.cutTo(this.size)
      }
    })
  }

  /** Makes entries count and applies them. Must run alone. */
  async #commit(
    shown: HeldCheckpoint,
    client: SourceClient,
    append: () => Promise<Iterable<Uint8Array>>,
  ): Promise<boolean> {
    const fromSize = this.size
    try {
      await this.#store.commit(shown, await append())
    } catch (cause) {
      // The disk is full or broken. What was not made durable does not count; the source is asked again later.
      this.#store.entries.cutTo(this.size)
      throw new WuslaError('ledger_unwritable', { cause })
    }
    const many = shown.size - fromSize > BULK_ENTRIES
    await this.#replay.advance(many)
    if (many) this.#settle()
    this.#options.onEvent({ kind: 'directory_advanced', fromSize, size: this.size, source: client.url })
    this.#onHeard(shown.freshAtMs)
    this.#waiters.grown(this.size)
    this.#onGrown()
    return true
  }

  /** Entries and signed root disagree: unless the source can prove that the log itself lies, the source does. */
  async #mustBeForked(shown: HeldCheckpoint, client: SourceClient, signal: AbortSignal): Promise<void> {
    if (await contradictsFuture(this.#store.levels, shown, client, signal)) return
    throw new WuslaError('invalid_tile', { details: { source: client.url, size: shown.size } })
  }

  /** Stops following for good. Must run alone. */
  async #forked(shown: HeldCheckpoint, client: SourceClient): Promise<false> {
    const { held } = this
    if (this.#fork !== undefined || held === undefined) return false
    this.#fork = { held: formatHeldCheckpoint(held), shown: formatHeldCheckpoint(shown) }
    this.#options.onEvent({ kind: 'directory_forked', source: client.url, ...this.#fork })
    await this.#store.writeFork(this.#fork)
    this.#onGrown()
    return false
  }

  #hasQuorum(shown: HeldCheckpoint): boolean {
    const keys = this.#witnessKeys()
    return countWitnesses(shown, keys) >= Math.min(this.#options.witnessQuorum ?? 0, keys.length)
  }

  #witnessKeys(): string[] {
    return [...new Set(this.directory.branches().map(({ witnessKey }) => witnessKey))]
  }

  #settle(): void {
    this.#replay.settleInBackground(this.#stop.signal, (cause) =>
      this.#options.onEvent({ kind: 'store_discarded', detail: `late checks stopped: ${String(cause)}` }),
    )
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#running.then(work)
    this.#running = run.catch(() => undefined)
    return run
  }
}
