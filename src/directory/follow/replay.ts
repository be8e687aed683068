import { setImmediate, setTimeout } from 'node:timers/promises'
import { decodeEntryBundle } from '../../ledger/entry-bundle.ts'
import type { EventSink } from '../../protocol/event.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Anchor } from '../../trust/anchor.ts'
import type { SignatureCheck } from '../directory-change.ts'
import type { DirectoryEvent } from '../directory-event.ts'
import { Directory } from '../directory.ts'
import type { FollowerStore } from './follower-store.ts'

/** Entries applied, or checked late, before the event loop gets its turn again: a few milliseconds of work. */
const SLICE = 64
const LATE_SLICE = 16
/** Pause between slices of late checks, so that they take no more than about a third of a core. Unit: ms. */
const LATE_PAUSE_MS = 10
/** After so many checked entries the progress is written down; what is not is checked again after a restart. */
const WRITE_EVERY = 256

/**
 * Brings the entries of the store into the directory, in order, and keeps track of which were fully checked. After a
 * restart those are not checked again: they have lain on the disk that also holds this actor's own keys.
 */
export class Replay {
  readonly directory: Directory
  readonly #store: FollowerStore
  readonly #refused = new Set<number>()
  #writtenSize = 0
  #settling: Promise<void> = Promise.resolve()

  constructor(anchor: Anchor, store: FollowerStore, onEvent: EventSink<DirectoryEvent>) {
    this.#store = store
    this.directory = new Directory({
      anchor,
      readEntry: (index) => store.entries.read(index),
      onEvent: (event) => {
        const isNews = event.kind !== 'change_refused' || !this.#refused.has(event.index)
        if (event.kind === 'change_refused') this.#refused.add(event.index)
        if (isNews) onEvent(event)
      },
    })
  }

  /** Applies everything that was stored before, after a start. */
  async restore(): Promise<void> {
    const { size, refused } = await this.#store.readChecked()
    const checkedSize = Math.min(size, this.#store.size)
    for (const index of refused) if (index < checkedSize) this.#refused.add(index)
    const before = new Set(this.#refused)
    await this.#applyTo(checkedSize, (index) => (before.has(index) ? 'check' : 'held'))
    this.#writtenSize = checkedSize
    await this.#applyTo(this.#store.size, () => 'defer')
  }

  /** Applies the entries that were committed since, `many` at once with their checks put off. */
  async advance(many: boolean): Promise<void> {
    await this.#applyTo(this.#store.size, () => (many ? 'defer' : 'check'))
    if (this.directory.checkedSize - this.#writtenSize >= WRITE_EVERY) await this.writeProgress()
  }

  /** Makes up for checks that were put off, bit by bit, until none is left or the signal aborts. */
  settleInBackground(signal: AbortSignal, onFailure: (cause: unknown) => void): void {
    this.#settling = this.#settling.then(() => this.#settle(signal)).catch(onFailure)
  }

  async writeProgress(): Promise<void> {
    const size = this.directory.checkedSize
    if (size === this.#writtenSize) return
    await this.#store.writeChecked({ size, refused: [...this.#refused].filter((index) => index < size) })
    this.#writtenSize = size
  }

  /** Waits for the background work, whose signal the caller has aborted. */
  async close(): Promise<void> {
    await this.#settling
    await this.writeProgress()
  }

  async #settle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.directory.settle(LATE_SLICE) > 0) await setTimeout(LATE_PAUSE_MS)
    await this.writeProgress()
  }

  async #applyTo(end: number, checkOf: (index: number) => SignatureCheck): Promise<void> {
    const { directory } = this
    while (directory.size < end) {
      const from = directory.size
      const to = Math.min(end, from + SLICE)
      const entries = decodeEntryBundle(await this.#store.entries.bundle(from, to), to - from)
      if (entries === undefined) throw new WuslaError('ledger_corrupt', { details: { from, to } })
      for (const entry of entries)
        directory.apply(entry, checkOf(directory.size), this.#store.levels.leaf(directory.size))
      await setImmediate()
    }
  }
}
