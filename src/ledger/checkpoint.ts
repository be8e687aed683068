import { WuslaError } from '../protocol/wusla-error.ts'
import type { NoteSigner, NoteVerifier } from '../trust/note-key.ts'
import { cosignedMessage, encodeCosignature } from './cosignature.ts'
import { decodeBase64, formatSignatureLine, openNote } from './signed-note.ts'
import type { OpenedNote, VerifiedSignature } from './signed-note.ts'

/** What a ledger states about itself (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Names the ledger for ever. */
  readonly origin: string
  /** Number of entries, below 2^64. */
  readonly size: bigint
  /** 32 bytes. */
  readonly rootHash: Buffer
  /** Further lines, opaque. Ours have none. */
  readonly extensions: readonly string[]
}

const MAX_SIZE = 2n ** 64n - 1n

/**
 * The text of a checkpoint, to be signed as a note.
 *
 * @throws WuslaError `invalid_checkpoint` when it could not be read back
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, rootHash, extensions } = checkpoint
  const lines = [origin, size.toString(), rootHash.toString('base64'), ...extensions]
  const text = `${lines.join('\n')}\n`
  if (parseCheckpoint(text) === undefined || text.split('\n').length !== lines.length + 1) {
    throw new WuslaError('invalid_checkpoint')
  }
  return text
}

/** Reads the text of a checkpoint; undefined when it is not one. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  // oxlint-disable-next-line no-control-regex -- these characters are what is looked for
  if (!text.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(text)) return undefined
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n')
  if (origin === '' || !/^(?:0|[1-9]\d{0,19})$/.test(sizeText)) return undefined
  const size = BigInt(sizeText)
  const rootHash = decodeBase64(rootText)
  if (size > MAX_SIZE || rootHash?.length !== 32) return undefined
  return extensions.includes('') ? undefined : { origin, size, rootHash, extensions }
}

/** Whose word a checkpoint needs. */
export interface CheckpointTrust {
  readonly origin: string
  /** The ledger's own key. */
  readonly log: NoteVerifier
  /** Keys of witnesses; a known one that signed wrongly condemns the checkpoint. Default: none. */
  readonly witnesses?: readonly NoteVerifier[]
}

/** A checkpoint that its ledger signed, or why it is none. */
export type OpenedCheckpoint =
  | {
      readonly ok: true
      readonly checkpoint: Checkpoint
      /** The size as a number. */
      readonly size: number
      readonly text: string
      /** Cosignatures of the known witnesses, one per key, with their times. */
      readonly cosignatures: readonly VerifiedSignature[]
    }
  | {
      readonly ok: false
      readonly reason: 'malformed' | 'invalid-signature' | 'no-known-signature' | 'ambiguous' | 'wrong-origin'
    }

/**
 * Verifies a checkpoint note: the ledger's own signature must be there, and the origin must be the expected
 * one. Whether there are cosignatures enough is for the caller's policy.
 */
export function openCheckpoint(note: string | Uint8Array, trust: CheckpointTrust): OpenedCheckpoint {
  const opened = openNote(note, [trust.log, ...(trust.witnesses ?? [])])
  return opened.ok ? judge(opened, trust) : opened
}

function judge(opened: Extract<OpenedNote, { ok: true }>, trust: CheckpointTrust): OpenedCheckpoint {
  const { text, verified } = opened
  if (!verified.some(({ verifier }) => verifier === trust.log)) {
    return { ok: false, reason: 'no-known-signature' }
  }
  const checkpoint = parseCheckpoint(text)
  if (checkpoint === undefined) return { ok: false, reason: 'malformed' }
  if (checkpoint.origin !== trust.origin) return { ok: false, reason: 'wrong-origin' }
  const size = Number(checkpoint.size)
  if (!Number.isSafeInteger(size)) return { ok: false, reason: 'malformed' }
  const cosignatures = verified.filter(({ verifier }) => verifier !== trust.log)
  return { ok: true, checkpoint, size, text, cosignatures }
}

/**
 * A cosignature line over the text of a checkpoint.
 *
 * @param signer - a key of the type `cosignature`
 * @param timeSeconds - POSIX seconds, above 0
 * @throws WuslaError `invalid_key` for a key of another type
 */
export function cosign(text: string, signer: NoteSigner, timeSeconds: number): string {
  if (signer.type !== 'cosignature') throw new WuslaError('invalid_key')
  const signature = signer.sign(cosignedMessage(text, timeSeconds))
  return formatSignatureLine(signer, encodeCosignature(timeSeconds, signature))
}
