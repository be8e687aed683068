import { join } from 'node:path'
import { ensureDirectory, readFileIfThere, replaceFile } from '../../ledger/durable-file.ts'
import { type FileSystem, isMissing } from '../../ledger/file-system.ts'

/** Files that are read at the same time at the start. */
const READ_AT_ONCE = 64

/** Far more than a record may hold: its content and two acceptances. */
const MAX_RECORD_BYTES = 2_097_152

/**
 * A folder of records, one JSON file each, with other files beside them. A file is replaced in one step: when a write
 * fails it holds what it held or what was written, so whoever writes must be able to live with both. One writer at a time.
 */
export class RecordFolder {
  readonly #fs: FileSystem
  readonly #path: string

  private constructor(fs: FileSystem, path: string) {
    this.#fs = fs
    this.#path = path
  }

  static async open(fs: FileSystem, stateDirectory: string, name: string): Promise<RecordFolder> {
    return new RecordFolder(fs, await ensureDirectory(fs, stateDirectory, [name], new Set()))
  }

  /** Names of all files, sorted. Rests of writes that did not come to an end are removed. */
  async names(): Promise<readonly string[]> {
    const names = await this.#fs.list(this.#path)
    for (const name of names.filter((each) => each.endsWith('.new'))) await this.remove(name)
    return names.filter((name) => !name.endsWith('.new')).toSorted()
  }

  /** The values in the records with these names, in their order. */
  async readRecords(names: readonly string[]): Promise<readonly unknown[]> {
    const records: unknown[] = []
    for (let from = 0; from < names.length; from += READ_AT_ONCE) {
      const slice = names.slice(from, from + READ_AT_ONCE)
      const files = await Promise.all(slice.map(async (name) => await this.read(name, MAX_RECORD_BYTES)))
      for (const bytes of files) records.push(JSON.parse(String(bytes)))
    }
    return records
  }

  /** A file of at most `maxBytes`, or undefined when there is none. */
  async read(name: string, maxBytes: number): Promise<Buffer | undefined> {
    return await readFileIfThere(this.#fs, join(this.#path, name), maxBytes)
  }

  /** When it resolves, content and name are durable. */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
    await replaceFile(this.#fs, join(this.#path, name), bytes)
  }

  /** Also when it is gone already: a removal that failed after it was done is asked for again. */
  async remove(name: string): Promise<void> {
    try {
      await this.#fs.remove(join(this.#path, name))
    } catch (cause) {
      if (!isMissing(cause)) throw cause
    }
  }
}
