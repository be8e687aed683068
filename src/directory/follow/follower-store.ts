import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile } from '../../ledger/file-lock.ts'
import type { FileLock } from '../../ledger/file-lock.ts'
import { CompactTree } from '../../protocol/compact-tree.ts'
import { leafHash } from '../../protocol/merkle.ts'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { writePrivateFile } from '../../trust/private-file.ts'
import { EntryFile } from './entry-file.ts'
import { HashLevels } from './hash-levels.ts'
import { formatHeldCheckpoint } from './held-checkpoint.ts'
import type { CheckpointReader, HeldCheckpoint } from './held-checkpoint.ts'

const FILES = { checkpoint: 'checkpoint', checked: 'checked.json', entries: 'entries', forked: 'forked.json' }

/** Which of the held entries were fully checked, and which of those have no effect. */
export interface CheckedEntries {
  readonly size: number
  readonly refused: readonly number[]
}

/** Two checkpoints that the log signed and that do not fit together: the proof of its misbehaviour. */
export interface Fork {
  readonly held: string
  readonly shown: string
}

interface Parts {
  readonly directory: string
  readonly lock: FileLock
  readonly entries: EntryFile
  readonly levels: HashLevels
  readonly checkpoint: HeldCheckpoint | undefined
}

/**
 * What a follower keeps on disk: entries, the checkpoint over them, how far they were checked, and, if it ever
 * comes to that, the proof of a fork. An entry counts when the checkpoint over it is durable, not before.
 */
export class FollowerStore {
  readonly entries: EntryFile
  readonly levels: HashLevels
  readonly #directory: string
  readonly #lock: FileLock
  #checkpoint: HeldCheckpoint | undefined

  private constructor({ directory, lock, entries, levels, checkpoint }: Parts) {
    this.#directory = directory
    this.#lock = lock
    this.entries = entries
    this.levels = levels
    this.#checkpoint = checkpoint
  }

  /**
   * Opens the store, or makes it. Entries that do not fit their checkpoint are set aside, and everything is fetched
   * again: a follower owns nothing that others do not have.
   *
   * @param onDiscard - told why, in that case
   * @throws WuslaError `ledger_locked` when another process has it open
   */
  static async open(
    directory: string,
    reader: CheckpointReader,
    onDiscard: (detail: string) => void,
  ): Promise<FollowerStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const lock = lockFile(join(directory, 'lock'))
    try {
      const found = await openFiles(directory, reader)
      if (typeof found !== 'string') return new FollowerStore({ directory, lock, ...found })
      onDiscard(found)
      await setAside(directory)
      const fresh = await openFiles(directory, reader)
      if (typeof fresh === 'string') throw new Error(`an empty store does not open: ${fresh}`)
      return new FollowerStore({ directory, lock, ...fresh })
    } catch (cause) {
      lock.release()
      throw cause
    }
  }

  get size(): number {
    return this.#checkpoint?.size ?? 0
  }

  get checkpoint(): HeldCheckpoint | undefined {
    return this.#checkpoint
  }

  /** The tree as it stands, to see what root it would have with more entries. */
  tree(): CompactTree {
    return new CompactTree(this.levels.size, this.levels.peaks())
  }

  /** Reads the stored checkpoint again, now that the keys of witnesses are known. */
  async recognise(reader: CheckpointReader, witnessKeys: readonly string[]): Promise<void> {
    const note = await readText(join(this.#directory, FILES.checkpoint))
    if (note !== undefined) this.#checkpoint = reader.read(note, witnessKeys)
  }

  /**
   * Makes the entries behind {@link size} count. They were appended to the file before; when the promise resolves
   * they and the checkpoint over them are durable.
   */
  async commit(checkpoint: HeldCheckpoint, leaves: Iterable<Uint8Array>): Promise<void> {
    await this.entries.sync()
    await writePrivateFile(join(this.#directory, FILES.checkpoint), formatHeldCheckpoint(checkpoint))
    // From here on a restart finds them.
    for (const leaf of leaves) this.levels.append(leaf)
    this.#checkpoint = checkpoint
  }

  /** Takes over more signature lines of the same checkpoint; to the disk only with `durably`. */
  async refresh(checkpoint: HeldCheckpoint, durably: boolean): Promise<void> {
    this.#checkpoint = checkpoint
    if (durably)
      await writePrivateFile(join(this.#directory, FILES.checkpoint), formatHeldCheckpoint(checkpoint))
  }

  async readChecked(): Promise<CheckedEntries> {
    const found = (await readJson(join(this.#directory, FILES.checked))) as
      Partial<CheckedEntries> | undefined
    const { size, refused } = found ?? {}
    const usable = Number.isSafeInteger(size) && Array.isArray(refused) && refused.every(Number.isSafeInteger)
    return usable ? { size: size ?? 0, refused: refused ?? [] } : { size: 0, refused: [] }
  }

  async writeChecked(checked: CheckedEntries): Promise<void> {
    await writePrivateFile(join(this.#directory, FILES.checked), `${JSON.stringify(checked)}\n`)
  }

  async readFork(): Promise<Fork | undefined> {
    return (await readJson(join(this.#directory, FILES.forked))) as Fork | undefined
  }

  async writeFork(fork: Fork): Promise<void> {
    await writePrivateFile(join(this.#directory, FILES.forked), `${JSON.stringify(fork, null, 2)}\n`)
  }

  async close(): Promise<void> {
    await this.entries.close()
    this.#lock.release()
  }
}

/** The parts of a store, or what is wrong with its files. */
async function openFiles(
  directory: string,
  reader: CheckpointReader,
): Promise<Pick<Parts, 'entries' | 'levels' | 'checkpoint'> | string> {
  const checkpoint = await readCheckpoint(join(directory, FILES.checkpoint), reader)
  if (typeof checkpoint === 'string') return checkpoint
  const levels = new HashLevels()
  let entries: EntryFile
  try {
    entries = await EntryFile.open(join(directory, FILES.entries), checkpoint?.size ?? 0, (entry) =>
      levels.append(leafHash(entry)),
    )
  } catch (cause) {
    if (isWuslaError(cause)) return 'there are fewer entries than the checkpoint says'
    throw cause
  }
  if (checkpoint === undefined || checkpoint.size === 0) return { entries, levels, checkpoint }
  if (levels.root(checkpoint.size).equals(checkpoint.root)) return { entries, levels, checkpoint }
  await entries.close()
  return 'the entries do not have the root of the checkpoint'
}

async function readCheckpoint(
  file: string,
  reader: CheckpointReader,
): Promise<HeldCheckpoint | undefined | string> {
  const note = await readText(file)
  if (note === undefined) return undefined
  try {
    return reader.read(note, [])
  } catch {
    return 'the checkpoint is not signed by the log of the anchor'
  }
}

async function setAside(directory: string): Promise<void> {
  for (const name of [FILES.checkpoint, FILES.entries]) {
    const file = join(directory, name)
    await rename(file, `${file}.discarded`).catch(ignoreMissing)
  }
  await rm(join(directory, FILES.checked), { force: true })
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch(ignoreMissing)
}

function ignoreMissing(cause: unknown): undefined {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
  throw cause
}
