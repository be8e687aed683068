import { openCheckpoint } from '../../ledger/checkpoint.ts'
import { parseNote } from '../../ledger/signed-note.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { directoryOrigin } from '../../trust/anchor.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { parseVkey } from '../../trust/note-key.ts'
import type { NoteVerifier } from '../../trust/note-key.ts'
import { freshnessVerifier } from '../freshness.ts'

/** A note longer than this is refused: one line for each of a hundred witnesses fits. Unit: characters. */
export const MAX_CHECKPOINT_LENGTH = 32_768

/** A checkpoint of the directory's log, with those of its signature lines that were verified. */
export interface HeldCheckpoint {
  readonly size: number
  readonly root: Buffer
  /** The signed text. */
  readonly text: string
  /** Verified lines by vkey: the log's own first. */
  readonly lines: ReadonlyMap<string, SignedLine>
  /** When the log called it its newest, milliseconds since 1970; `undefined`: it did not say. */
  readonly freshAtMs: number | undefined
}

interface SignedLine {
  readonly line: string
  readonly timeSeconds: number
}

/** Reads checkpoints that sources show. */
export interface CheckpointReader {
  /** @throws WuslaError `invalid_checkpoint` */
  read(note: string, witnessKeys: readonly string[]): HeldCheckpoint
}

/** A reader that believes the log of this anchor. */
export function createCheckpointReader(anchor: Anchor): CheckpointReader {
  const log = parseVkey(anchor.logKey)
  const freshness = freshnessVerifier(log)
  const origin = directoryOrigin(anchor.network)
  const known = new Map<string, NoteVerifier>()
  return {
    read(note, witnessKeys) {
      if (note.length > MAX_CHECKPOINT_LENGTH) throw refused('too long')
      const witnesses = [freshness, ...witnessKeys.map((vkey) => parsed(known, vkey))]
      const opened = openCheckpoint(note, { origin, log, witnesses })
      if (!opened.ok) throw refused(opened.reason)
      const verified = [{ verifier: log, timeSeconds: 0 }, ...opened.cosignatures]
      const lines = new Map<string, SignedLine>()
      for (const { verifier, timeSeconds = 0 } of verified) {
        const { name, keyId, vkey } = verifier
        const found = parseNote(note)?.signatures.find(
          (other) => other.name === name && other.keyId === keyId,
        )
        if (found !== undefined) lines.set(vkey, { line: found.line, timeSeconds })
      }
      const freshAt = lines.get(freshness.vkey)
      return {
        size: opened.size,
        root: opened.checkpoint.rootHash,
        text: opened.text,
        lines,
        freshAtMs: freshAt === undefined ? undefined : freshAt.timeSeconds * 1000,
      }
    },
  }
}

/** The checkpoint as a note, with its verified lines only: what is kept on disk and passed on. */
export function formatHeldCheckpoint({ text, lines }: HeldCheckpoint): string {
  return `${text}\n${[...lines.values()].map(({ line }) => line).join('')}`
}

/** Of two notes over the same text, one with the lines of both; of two lines by one key, the later. */
export function mergeCheckpoints(held: HeldCheckpoint, shown: HeldCheckpoint): HeldCheckpoint {
  const lines = new Map(held.lines)
  for (const [vkey, line] of shown.lines) {
    const known = lines.get(vkey)
    if (known === undefined || known.timeSeconds < line.timeSeconds) lines.set(vkey, line)
  }
  const freshAtMs = Math.max(held.freshAtMs ?? -Infinity, shown.freshAtMs ?? -Infinity)
  return { ...held, lines, freshAtMs: Number.isFinite(freshAtMs) ? freshAtMs : undefined }
}

/** How many of these witnesses signed. */
export function countWitnesses({ lines }: HeldCheckpoint, witnessKeys: readonly string[]): number {
  return witnessKeys.filter((vkey) => lines.has(vkey)).length
}

function parsed(known: Map<string, NoteVerifier>, vkey: string): NoteVerifier {
  const verifier = known.get(vkey) ?? parseVkey(vkey)
  known.set(vkey, verifier)
  return verifier
}

function refused(reason: string): WuslaError {
  return new WuslaError('invalid_checkpoint', { details: { reason } })
}
