import { join } from 'node:path'
import type { Clock } from '../protocol/clock.ts'
import { sha256 } from '../protocol/digest.ts'
import type { EventSink } from '../protocol/event.ts'
import { emptyRoot, verifyConsistency } from '../protocol/merkle.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { NoteSigner, NoteVerifier } from '../trust/note-key.ts'
import { cosign, openCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { readFileIfThere, replaceFile } from './durable-file.ts'
import type { FileLock } from './file-lock.ts'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import { MAX_NOTE_BYTES, openNote } from './signed-note.ts'
import type { OpenedNote } from './signed-note.ts'
import { parseAddCheckpoint } from './witness-request.ts'
import type { AddCheckpointRequest } from './witness-request.ts'

/** What a witness tells about itself. */
export type WitnessEvent =
  | { readonly kind: 'checkpoint_cosigned'; readonly origin: string; readonly size: number }
  /**
   * A ledger signed something that does not continue what it signed before: the two notes together may prove
   * misbehaviour. Nothing was cosigned.
   */
  | {
      readonly kind: 'checkpoint_conflict'
      readonly origin: string
      readonly cosigned: string | undefined
      readonly offered: string
    }

/** How a witness works. */
export interface WitnessOptions {
  /** Where the last cosigned checkpoint of each ledger is kept; must be there. The witness holds it alone. */
  readonly directory: string
  /** A key of the type `cosignature`. */
  readonly signer: NoteSigner
  /** The keys of a ledger by its origin; undefined for a ledger that is not witnessed. Asked at every request. */
  readonly logKeys: (origin: string) => readonly NoteVerifier[] | undefined
  readonly clock: Clock
  readonly onEvent: EventSink<WitnessEvent>
  readonly fs?: FileSystem
}

/** What became of a request. */
export type AddCheckpointResult =
  /** Cosignature lines; what they state is durable. */
  | { readonly ok: true; readonly lines: string }
  | { readonly ok: false; readonly reason: 'malformed' | 'unknown-origin' | 'bad-signature' | 'inconsistent' }
  /** The witness cosigned another size last; the caller sends the proof from there. */
  | { readonly ok: false; readonly reason: 'other-size'; readonly size: bigint }

type TrustedNote = Extract<OpenedNote, { ok: true }>

interface Cosigned {
  readonly size: bigint
  readonly rootHash: Buffer
  readonly note: string
}

const NOTHING: Cosigned = Object.freeze({ size: 0n, rootHash: emptyRoot(), note: '' })

/**
 * Opens a witness.
 *
 * @throws WuslaError `invalid_key` for a signer of another type, `ledger_locked`
 */
export function openWitness(options: WitnessOptions): Witness {
  if (options.signer.type !== 'cosignature') throw new WuslaError('invalid_key')
  return new Witness(options, (options.fs ?? nodeFileSystem).lock(join(options.directory, 'lock')))
}

/**
 * Cosigns checkpoints of ledgers (c2sp.org/tlog-witness), each a continuation of the one before, so that no
 * ledger can show different pasts to different readers. For every origin it remembers the last checkpoint.
 */
export class Witness {
  readonly #options: WitnessOptions
  readonly #fs: FileSystem
  readonly #lock: FileLock
  readonly #cosigned = new Map<string, Cosigned>()
  readonly #busy = new Map<string, Promise<unknown>>()
  #isClosed = false

  constructor(options: WitnessOptions, lock: FileLock) {
    this.#options = options
    this.#fs = options.fs ?? nodeFileSystem
    this.#lock = lock
  }

  /**
   * Handles the body of an `add-checkpoint` request. Requests about one origin are handled one after the
   * other, so comparing with the last checkpoint and storing the new one are one step.
   *
   * @throws errors of the system when the checkpoint could not be stored; nothing was cosigned then
   */
  async addCheckpoint(body: string | Uint8Array): Promise<AddCheckpointResult> {
    const request = parseAddCheckpoint(body)
    if (request === undefined) return { ok: false, reason: 'malformed' }
    const { origin } = request.checkpoint
    const keys = this.#options.logKeys(origin)
    if (keys === undefined) return { ok: false, reason: 'unknown-origin' }
    const opened = openNote(request.note, keys)
    if (!opened.ok) return { ok: false, reason: 'bad-signature' }
    if (this.#isClosed) throw new WuslaError('ledger_unwritable', { details: { reason: 'closed' } })
    return this.#oneByOne(origin, () => this.#decide(request, opened))
  }

  /** The last checkpoint of this origin with our cosignature; undefined when there is none. */
  async latest(origin: string): Promise<string | undefined> {
    const { note } = await this.#lastOf(origin)
    return note === '' ? undefined : note
  }

  /** Finishes what was begun and lets go of the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#busy.values())
    this.#lock.release()
  }

  async #oneByOne<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const run = (this.#busy.get(origin) ?? Promise.resolve()).then(work)
    const rest = run.catch(() => undefined)
    this.#busy.set(origin, rest)
    try {
      return await run
    } finally {
      if (this.#busy.get(origin) === rest) this.#busy.delete(origin)
    }
  }

  async #decide(request: AddCheckpointRequest, opened: TrustedNote): Promise<AddCheckpointResult> {
    const { checkpoint, oldSize, note } = request
    const { origin, size } = checkpoint
    if (oldSize > size) return { ok: false, reason: 'malformed' }
    const last = await this.#lastOf(origin)
    if (oldSize !== last.size) return { ok: false, reason: 'other-size', size: last.size }
    if (!continues(last, request)) {
      const cosigned = last.note === '' ? undefined : last.note
      this.#options.onEvent({ kind: 'checkpoint_conflict', origin, cosigned, offered: note })
      return { ok: false, reason: 'inconsistent' }
    }
    return { ok: true, lines: await this.#cosign(request.checkpoint, opened) }
  }

  async #cosign(checkpoint: Checkpoint, { text, verified }: TrustedNote): Promise<string> {
    const { signer, clock, onEvent } = this.#options
    const { origin, size, rootHash } = checkpoint
    const lines = cosign(text, signer, Math.floor(clock.nowMs() / 1000))
    // Only lines that were verified are kept: others could make the note as long as its sender likes.
    const note = `${text}\n${verified.map(({ line }) => line).join('')}${lines}`
    // Until the write has succeeded only the file knows which of the two checkpoints it holds.
    this.#cosigned.delete(origin)
    await replaceFile(this.#fs, this.#path(origin), Buffer.from(note, 'utf8'))
    this.#cosigned.set(origin, { size, rootHash, note })
    onEvent({ kind: 'checkpoint_cosigned', origin, size: Number(size) })
    return lines
  }

  async #lastOf(origin: string): Promise<Cosigned> {
    const kept = this.#cosigned.get(origin)
    if (kept !== undefined) return kept
    const bytes = await readFileIfThere(this.#fs, this.#path(origin), MAX_NOTE_BYTES)
    if (bytes === undefined) return NOTHING
    const stored = this.#checkStored(origin, bytes)
    this.#cosigned.set(origin, stored)
    return stored
  }

  // A witness that forgot what it cosigned could be led to cosign a fork: a damaged memory stops it.
  #checkStored(origin: string, bytes: Buffer): Cosigned {
    const opened = openCheckpoint(bytes, { origin, log: this.#options.signer.verifier })
    if (!opened.ok) {
      throw new WuslaError('ledger_corrupt', { details: { part: 'witness memory', origin } })
    }
    const { size, rootHash } = opened.checkpoint
    return { size, rootHash, note: bytes.toString('utf8') }
  }

  #path(origin: string): string {
    return join(this.#options.directory, `${sha256(origin).toString('hex')}.checkpoint`)
  }
}

function continues(last: Cosigned, { checkpoint, proof }: AddCheckpointRequest): boolean {
  const { size, rootHash } = checkpoint
  if (size === 0n && !rootHash.equals(emptyRoot())) return false
  return verifyConsistency({
    fromSize: Number(last.size),
    toSize: Number(size),
    fromRoot: last.rootHash,
    toRoot: rootHash,
    proof,
  })
}

/** How the protocol puts a result into an HTTP answer (c2sp.org/tlog-witness). */
export interface WitnessAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** The HTTP answer to `add-checkpoint`, for whoever serves it. */
export function witnessAnswer(result: AddCheckpointResult): WitnessAnswer {
  const contentType = 'text/plain; charset=utf-8'
  if (result.ok) return { status: 200, contentType, body: result.lines }
  switch (result.reason) {
    case 'malformed':
      return { status: 400, contentType, body: 'malformed request\n' }
    case 'bad-signature':
      return { status: 403, contentType, body: 'no valid signature of the log\n' }
    case 'unknown-origin':
      return { status: 404, contentType, body: 'unknown origin\n' }
    case 'inconsistent':
      return { status: 422, contentType, body: 'not consistent with what was cosigned\n' }
    case 'other-size':
      return { status: 409, contentType: 'text/x.tlog.size', body: `${result.size}\n` }
  }
}
