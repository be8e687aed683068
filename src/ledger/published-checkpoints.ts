import { join } from 'node:path'
import type { NoteVerifier } from '../trust/note-key.ts'
import { openCheckpoint } from './checkpoint.ts'
import type { CheckpointTrust } from './checkpoint.ts'
import { readFileIfThere, replaceFile } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { MAX_NOTE_BYTES, parseNote, parseSignatureLines, verifySignature } from './signed-note.ts'

/** Name of the newest checkpoint in the directory of a ledger. */
const CHECKPOINT_FILE = 'checkpoint'
/** Name of the largest checkpoint that has a cosignature. */
const COSIGNED_FILE = 'checkpoint-cosigned'

/** Witnesses answer within seconds; meanwhile this many later checkpoints may have been signed. */
const REMEMBERED = 64

/** A checkpoint of this ledger with its signature lines. */
export interface PublishedCheckpoint {
  readonly size: number
  readonly rootHash: Buffer
  readonly note: string
}

/**
 * The checkpoints a ledger has shown to others: the newest one and the largest cosigned one, each in a file
 * that is replaced in one step. Calls that write must not overlap; the ledger sees to it.
 */
export class PublishedCheckpoints {
  readonly #fs: FileSystem
  readonly #directory: string
  readonly #trust: CheckpointTrust
  readonly #recent = new Map<number, PublishedCheckpoint>()
  #latest: PublishedCheckpoint | undefined
  #cosigned: PublishedCheckpoint | undefined

  constructor(fs: FileSystem, directory: string, trust: CheckpointTrust) {
    this.#fs = fs
    this.#directory = directory
    this.#trust = trust
  }

  /** The newest checkpoint. */
  get latest(): PublishedCheckpoint | undefined {
    return this.#latest
  }

  /** The largest checkpoint with at least one cosignature. */
  get cosigned(): PublishedCheckpoint | undefined {
    return this.#cosigned
  }

  /**
   * Reads what is stored. A newest checkpoint that is there but not ours to believe is reported as `false`;
   * a cosigned one is only forgotten, since witnesses give it again.
   */
  async load(): Promise<boolean> {
    const latest = await this.#read(CHECKPOINT_FILE)
    if (latest === false) return false
    const cosigned = await this.#read(COSIGNED_FILE)
    this.#cosigned = cosigned === false ? undefined : cosigned
    this.#latest = latest
    for (const known of [cosigned, latest]) if (known !== undefined && known !== false) this.#remember(known)
    return true
  }

  async #read(name: string): Promise<PublishedCheckpoint | undefined | false> {
    const bytes = await readFileIfThere(this.#fs, join(this.#directory, name), MAX_NOTE_BYTES)
    if (bytes === undefined) return undefined
    const opened = openCheckpoint(bytes, this.#trust)
    if (!opened.ok) return false
    return { size: opened.size, rootHash: opened.checkpoint.rootHash, note: bytes.toString('utf8') }
  }

  /** Stores a new checkpoint; when the promise resolves it is durable and becomes {@link latest}. */
  async publish(checkpoint: PublishedCheckpoint): Promise<void> {
    await this.#write(CHECKPOINT_FILE, checkpoint)
    this.#latest = checkpoint
    this.#remember(checkpoint)
  }

  /**
   * Takes over those of `lines` that are good cosignatures of the given witnesses over the checkpoint of `size`,
   * in place of earlier ones of the same keys, and returns how many they are. Others are left out: a bad line of
   * a known key would condemn the whole note.
   */
  async addCosignatures(size: number, lines: string, witnesses: readonly NoteVerifier[]): Promise<number> {
    const checkpoint = this.#recent.get(size)
    const parsed = checkpoint === undefined ? undefined : parseNote(checkpoint.note)
    if (checkpoint === undefined || parsed === undefined) return 0
    const good = (parseSignatureLines(lines) ?? []).filter((line) =>
      witnesses.some((key) => key.type === 'cosignature' && verifySignature(parsed.text, line, key)),
    )
    if (good.length === 0) return 0
    const byKey = new Map<string, string>()
    for (const { name, keyId, line } of [...parsed.signatures, ...good]) byKey.set(`${name} ${keyId}`, line)
    const note = `${parsed.text}\n${[...byKey.values()].join('')}`
    await this.#storeCosigned({ ...checkpoint, note })
    return good.length
  }

  async #storeCosigned(checkpoint: PublishedCheckpoint): Promise<void> {
    this.#remember(checkpoint)
    if (checkpoint.size === this.#latest?.size) {
      await this.#write(CHECKPOINT_FILE, checkpoint)
      this.#latest = checkpoint
    }
    if (checkpoint.size >= (this.#cosigned?.size ?? 0)) {
      await this.#write(COSIGNED_FILE, checkpoint)
      this.#cosigned = checkpoint
    }
  }

  #remember(checkpoint: PublishedCheckpoint): void {
    this.#recent.set(checkpoint.size, checkpoint)
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= REMEMBERED) break
      this.#recent.delete(oldest)
    }
  }

  #write(name: string, checkpoint: PublishedCheckpoint): Promise<void> {
    return replaceFile(this.#fs, join(this.#directory, name), Buffer.from(checkpoint.note, 'utf8'))
  }
}
