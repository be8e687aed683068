import { ftruncateSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { encodeEntryBundle } from '../../ledger/entry-bundle.ts'
import { TILE_WIDTH } from '../../ledger/tile-path.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'

const LENGTH_BYTES = 2
const SCAN_BYTES = 1_048_576

/**
 * The entries of the log in one file: its entry bundles one after the other, which is
 *
 *     u16 length (big-endian) || entry,   again and again
 *
 * so a bundle of any width is a stretch of the file. What lies behind the entries that a stored checkpoint covers
 * counts for nothing, and is cut off when the file is opened.
 */
export class EntryFile {
  readonly #file: FileHandle
  /** Where each entry begins, and where the next one will. */
  readonly #offsets: number[] = [0]

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /**
   * Opens the file, or makes it, and hands over its first `size` entries in order.
   *
   * @throws WuslaError `ledger_corrupt` when it holds fewer
   */
  static async open(path: string, size: number, onEntry: (entry: Buffer) => void): Promise<EntryFile> {
    const file = await open(path, 'a+', 0o600)
    const entries = new EntryFile(file)
    try {
      await entries.#scan(size, onEntry)
      await file.truncate(entries.#end)
      return entries
    } catch (cause) {
      await file.close()
      throw cause
    }
  }

  get size(): number {
    return this.#offsets.length - 1
  }

  get bytes(): number {
    return this.#end
  }

  get #end(): number {
    return this.#offsets.at(-1) ?? 0
  }

  /** Writes entries behind the last one. They are durable only after {@link sync}. */
  async append(entries: readonly Uint8Array[]): Promise<void> {
    for (let from = 0; from < entries.length; from += TILE_WIDTH) {
      const some = entries.slice(from, from + TILE_WIDTH)
      const bytes = encodeEntryBundle(some)
      await this.#file.appendFile(bytes)
      for (const entry of some) this.#offsets.push(this.#end + LENGTH_BYTES + entry.length)
    }
  }

  async sync(): Promise<void> {
    await this.#file.datasync()
  }

  /** Forgets the entries behind the first `size`. */
  cutTo(size: number): void {
    this.#offsets.length = size + 1
    ftruncateSync(this.#file.fd, this.#end)
  }

  /** One entry, read at once: for who cannot wait. @throws RangeError when there is none */
  read(index: number): Buffer {
    const [from, to] = this.#stretch(index, index + 1)
    const bytes = Buffer.allocUnsafe(to - from - LENGTH_BYTES)
    readSync(this.#file.fd, bytes, 0, bytes.length, from + LENGTH_BYTES)
    return bytes
  }

  /** Entries `from` to `to` (left out) as the bytes of a bundle. @throws RangeError when they are not there */
  async bundle(from: number, to: number): Promise<Buffer> {
    const [start, end] = this.#stretch(from, to)
    const bytes = Buffer.allocUnsafe(end - start)
    await this.#file.read(bytes, 0, bytes.length, start)
    return bytes
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #stretch(from: number, to: number): [start: number, end: number] {
    const [start, end] = [this.#offsets[from], this.#offsets[to]]
    if (start === undefined || end === undefined || from < 0 || from > to)
      throw new RangeError('no such entry')
    return [start, end]
  }

  async #scan(size: number, onEntry: (entry: Buffer) => void): Promise<void> {
    let held = Buffer.alloc(0)
    while (this.size < size) {
      const chunk = Buffer.allocUnsafe(SCAN_BYTES)
      const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, this.#end + held.length)
      if (bytesRead === 0)
        throw new WuslaError('ledger_corrupt', { details: { entries: this.size, wanted: size } })
      held = Buffer.concat([held, chunk.subarray(0, bytesRead)])
      held = held.subarray(this.#takeFrom(held, size, onEntry))
    }
  }

  /** Takes the whole entries at the front of `bytes`. @returns how many bytes they are. */
  #takeFrom(bytes: Buffer, size: number, onEntry: (entry: Buffer) => void): number {
    let at = 0
    while (this.size < size && at + LENGTH_BYTES <= bytes.length) {
      const end = at + LENGTH_BYTES + bytes.readUInt16BE(at)
      if (end > bytes.length) break
      onEntry(bytes.subarray(at + LENGTH_BYTES, end))
      this.#offsets.push(this.#end + end - at)
      at = end
    }
    return at
  }
}
