import { join } from 'node:path'
import { ensureDirectory, readFileIfThere, replaceFile } from '../../ledger/durable-file.ts'
import type { FileSystem } from '../../ledger/file-system.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { formatLine, nameOf, type QuotaState, readLines } from './quota-lines.ts'
import type { QuotaKey, QuotaStore, QuotaWish, Reservation } from './quota-store.ts'

/** Days that are remembered: as many as have a count, so that a clock that was put forward by mistake erases none. */
const KEPT_DAYS = 8

/** Beyond this the journal is written anew, with one line for each quota. Unit: bytes. */
const MAX_GROWTH = 1_048_576

/** A journal is never longer: quotas of {@link KEPT_DAYS} days and the growth. Unit: bytes. */
const MAX_FILE_BYTES = 268_435_456

/** The part of a quota that may be lost on a day, however often the node dies: 1/128. */
const LOSS_PART = 128

/**
 * The quotas of one node, in a file of its own: a line is appended for every block that is taken, and is on stable storage
 * before the block is used. Blocks that ask while a write is under way share the next one. When a node dies, what it had in
 * hand counts as used; the blocks get smaller with every such loss, so that all losses of a day stay below 1/128.
 */
export class QuotaJournal implements QuotaStore {
  readonly #fs: FileSystem
  readonly #file: string
  readonly #days: Map<string, Map<string, QuotaState>>
  #fd: number | undefined
  #length = 0
  #compactLength = 0
  #lines = ''
  #waiting: PromiseWithResolvers<void> | undefined
  #writing: Promise<void> | undefined

  private constructor(fs: FileSystem, file: string, days: Map<string, Map<string, QuotaState>>) {
    this.#fs = fs
    this.#file = file
    this.#days = days
  }

  /**
   * Opens the journal in `directory`, whose parent is there; makes it when it is missing. Only one process may have it open.
   * Resolves when what the last process lost is counted, durably.
   */
  static async open(fs: FileSystem, parent: string, name: string): Promise<QuotaJournal> {
    const directory = await ensureDirectory(fs, parent, [name], new Set())
    const file = join(directory, 'journal')
    const bytes = await readFileIfThere(fs, file, MAX_FILE_BYTES)
    const days = readLines(bytes?.toString('latin1') ?? '')
    for (const names of days.values()) {
      for (const [key, { taken, inHand, lost }] of names)
        names.set(key, { taken, inHand: 0, lost: lost + inHand })
    }
    const journal = new QuotaJournal(fs, file, days)
    await journal.#writeAnew()
    return journal
  }

  async reserve(key: QuotaKey, { need, max, inHand }: QuotaWish): Promise<Reservation> {
    const before = this.#state(key)
    const block = Math.max(need, blockOf(max, before.lost))
    const granted = Math.min(block, max - before.taken)
    if (granted <= 0) return { granted: 0, taken: before.taken }
    const after = { ...before, taken: before.taken + granted, inHand: inHand + granted }
    this.#put(key, after)
    try {
      await this.#durable()
    } catch (cause) {
      // Nobody uses them. Should the line be on the disk all the same, they count as used after a restart.
      const { taken, ...rest } = this.#state(key)
      this.#set(key, { ...rest, taken: taken - granted, inHand })
      throw new WuslaError('logging_failed', {
        message: 'The count of a limited agreement cannot be written.',
        cause,
      })
    }
    return { granted, taken: after.taken }
  }

  giveBack(key: QuotaKey, units: number): void {
    const { taken, lost } = this.#state(key)
    this.#put(key, { taken: taken - units, inHand: 0, lost })
    // Only the next start would miss it, and then it counts as used.
    this.#durable().catch(() => undefined)
  }

  async taken(key: QuotaKey): Promise<number> {
    return await Promise.resolve(this.#state(key).taken)
  }

  /** Resolves when everything is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#close()
  }

  #state(key: QuotaKey): QuotaState {
    return this.#days.get(key.day)?.get(nameOf(key)) ?? { taken: 0, inHand: 0, lost: 0 }
  }

  #set(key: QuotaKey, state: QuotaState): void {
    const names = this.#days.get(key.day) ?? new Map<string, QuotaState>()
    names.set(nameOf(key), state)
    this.#days.set(key.day, names)
  }

  #put(key: QuotaKey, state: QuotaState): void {
    this.#set(key, state)
    this.#lines += formatLine(key.day, nameOf(key), state)
  }

  /** Resolves when every line up to now is durable. */
  #durable(): Promise<void> {
    this.#waiting ??= Promise.withResolvers()
    const { promise } = this.#waiting
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
    return promise
  }

  async #write(): Promise<void> {
    while (this.#waiting !== undefined) {
      const waiting = this.#waiting
      const bytes = Buffer.from(this.#lines, 'latin1')
      this.#waiting = undefined
      this.#lines = ''
      try {
        if (this.#fd === undefined || this.#length - this.#compactLength > MAX_GROWTH) await this.#writeAnew()
        else {
          await this.#fs.writeDurably(this.#fd, [bytes], this.#length)
          this.#length += bytes.length
        }
        waiting.resolve()
      } catch (cause) {
        // Half a line may stand there: the next write begins a new file with all that counts.
        await this.#close()
        waiting.reject(cause)
      }
    }
  }

  /** Replaces the file by one line for each quota. */
  async #writeAnew(): Promise<void> {
    await this.#close()
    const kept = [...this.#days.keys()].toSorted().slice(-KEPT_DAYS)
    for (const day of this.#days.keys()) if (!kept.includes(day)) this.#days.delete(day)
    let text = ''
    for (const [day, names] of this.#days) {
      for (const [name, state] of names) text += formatLine(day, name, state)
    }
    const bytes = Buffer.from(text, 'latin1')
    await replaceFile(this.#fs, this.#file, bytes)
    this.#fd = await this.#fs.open(this.#file, 'durable')
    this.#length = bytes.length
    this.#compactLength = bytes.length
  }

  async #close(): Promise<void> {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) await this.#fs.close(fd)
  }
}

/** So small that a node that dies with one and a half in hand, again and again, never loses the whole part. */
function blockOf(max: number, lost: number): number {
  const left = Math.floor(max / LOSS_PART) - lost
  return Math.max(1, Math.floor(left / 4))
}
