import { WuslaError } from '../protocol/wusla-error.ts'
import type { NoteSigner, NoteVerifier } from '../trust/note-key.ts'
import { cosignatureTime, cosignedMessage } from './cosignature.ts'

/**
 * Signed notes (c2sp.org/signed-note):
 *
 *     text, ending in a newline
 *     empty line
 *     one or more lines  "— " name " " base64( u32 key id || signature )
 */
/** What a signature line begins with: em dash and space. */
export const SIGNATURE_PREFIX = '— '
const KEY_ID_BYTES = 4

/** More signature lines than this are refused. */
export const MAX_NOTE_SIGNATURES = 100

/** Longest note in UTF-8 bytes; room for a hundred post-quantum signatures. */
export const MAX_NOTE_BYTES = 1_000_000

/** One signature line, taken apart. Nothing about it is verified. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  /** What follows the key id; at least one byte. */
  readonly signature: Buffer
  /** The line as it stands in the note, with its newline. */
  readonly line: string
}

/** A note taken apart. Nothing about it is verified. */
export interface ParsedNote {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Control characters other than the newline have no place in a note. */
// oxlint-disable-next-line no-control-regex -- these characters are what is looked for
const FORBIDDEN = /[\u0000-\u0009\u000b-\u001f]/

/** Takes a note apart; undefined when it is not one. */
export function parseNote(note: string | Uint8Array): ParsedNote | undefined {
  const whole = decodeNote(note)
  if (whole === undefined || FORBIDDEN.test(whole)) return undefined
  const split = whole.lastIndexOf('\n\n')
  if (split < 0 || !whole.endsWith('\n')) return undefined
  const signatures = parseSignatureLines(whole.slice(split + 2))
  return signatures === undefined ? undefined : { text: whole.slice(0, split + 1), signatures }
}

function decodeNote(note: string | Uint8Array): string | undefined {
  if (typeof note === 'string') {
    return note.length <= MAX_NOTE_BYTES && note.isWellFormed() ? note : undefined
  }
  if (note.length > MAX_NOTE_BYTES) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note)
  } catch {
    return undefined
  }
}

/** Takes signature lines apart; undefined when there is none, too many, or one is malformed. */
export function parseSignatureLines(lines: string): NoteSignature[] | undefined {
  if (!lines.endsWith('\n')) return undefined
  const split = lines.slice(0, -1).split('\n')
  if (split.length > MAX_NOTE_SIGNATURES) return undefined
  const signatures: NoteSignature[] = []
  for (const line of split) {
    const signature = parseSignatureLine(line)
    if (signature === undefined) return undefined
    signatures.push(signature)
  }
  return signatures
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  if (!line.startsWith(SIGNATURE_PREFIX)) return undefined
  const [name = '', encoded = '', ...more] = line.slice(SIGNATURE_PREFIX.length).split(' ')
  if (more.length > 0 || name === '' || /[\s+\p{Z}]/u.test(name)) return undefined
  const bytes = decodeBase64(encoded)
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined
  return {
    name,
    keyId: bytes.readUInt32BE(0),
    signature: bytes.subarray(KEY_ID_BYTES),
    line: `${line}\n`,
  }
}

/** Bytes of standard base64 with padding; undefined for any other way to write them. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/** A signature line; `signature` is what follows the key id. */
export function formatSignatureLine(
  key: { readonly name: string; readonly keyId: number },
  signature: Uint8Array,
): string {
  const id = Buffer.alloc(KEY_ID_BYTES)
  id.writeUInt32BE(key.keyId)
  return `${SIGNATURE_PREFIX}${key.name} ${Buffer.concat([id, signature]).toString('base64')}\n`
}

/**
 * A note over `text`, with one line per signer in their order. For keys of the type `note`; a cosignature is
 * made with `cosign`.
 *
 * @throws WuslaError `invalid_note` when the text does not end in a newline or could not be read back
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const message = Buffer.from(text, 'utf8')
  const lines = signers.map((signer) => formatSignatureLine(signer, signer.sign(message)))
  const note = `${text}\n${lines.join('')}`
  if (!text.endsWith('\n') || parseNote(note)?.text !== text) throw new WuslaError('invalid_note')
  return note
}

/** A line whose signature counts. `timeSeconds` (POSIX) is there for cosignatures. */
export interface VerifiedSignature {
  readonly verifier: NoteVerifier
  /** The line as it stands in the note, with its newline. */
  readonly line: string
  readonly timeSeconds?: number
}

/** What became of a note under a set of known keys. */
export type OpenedNote =
  | {
      readonly ok: true
      readonly text: string
      readonly verified: readonly VerifiedSignature[]
      /** Lines of keys that are not known; they prove nothing. */
      readonly unverified: readonly NoteSignature[]
    }
  | {
      readonly ok: false
      /** `ambiguous`: the list of known keys names a key twice, a mistake of the caller. */
      readonly reason: 'malformed' | 'invalid-signature' | 'no-known-signature' | 'ambiguous'
    }

/**
 * Verifies a note. Lines of unknown keys are ignored; a line of a known key that does not verify condemns the
 * whole note. Of several lines of one known key the first decides.
 */
export function openNote(note: string | Uint8Array, known: readonly NoteVerifier[]): OpenedNote {
  const parsed = parseNote(note)
  if (parsed === undefined) return { ok: false, reason: 'malformed' }
  const verified = new Map<NoteVerifier, VerifiedSignature>()
  const unverified = new Map<string, NoteSignature>()
  for (const signature of parsed.signatures) {
    const [verifier, ...others] = known.filter((key) => isKeyOf(key, signature))
    if (others.length > 0) return { ok: false, reason: 'ambiguous' }
    if (verifier === undefined) {
      unverified.set(signature.line, signature)
      continue
    }
    if (verified.has(verifier)) continue
    const result = verifySignature(parsed.text, signature, verifier)
    if (result === undefined) return { ok: false, reason: 'invalid-signature' }
    verified.set(verifier, result)
  }
  if (verified.size === 0) return { ok: false, reason: 'no-known-signature' }
  return {
    ok: true,
    text: parsed.text,
    verified: [...verified.values()],
    unverified: [...unverified.values()],
  }
}

function isKeyOf(key: NoteVerifier, signature: NoteSignature): boolean {
  return key.keyId === signature.keyId && key.name === signature.name
}

/** What a line of a known key is worth; undefined when it does not verify. */
export function verifySignature(
  text: string,
  signature: NoteSignature,
  verifier: NoteVerifier,
): VerifiedSignature | undefined {
  if (!isKeyOf(verifier, signature)) return undefined
  if (verifier.type === 'note') {
    return verifier.verify(Buffer.from(text, 'utf8'), signature.signature)
      ? { verifier, line: signature.line }
      : undefined
  }
  const timeSeconds = cosignatureTime(signature.signature)
  if (timeSeconds === undefined) return undefined
  const message = cosignedMessage(text, timeSeconds)
  const raw = signature.signature.subarray(signature.signature.length - RAW_SIGNATURE_BYTES)
  return verifier.verify(message, raw) ? { verifier, line: signature.line, timeSeconds } : undefined
}

const RAW_SIGNATURE_BYTES = 64
