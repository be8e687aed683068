import { canonicalJson, parseJsonStrict } from '../../protocol/canonical-json.ts'
import type { JsonObject } from '../../protocol/canonical-json.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'

/**
 * Something worth remembering that is not a sealed batch: a stream that was cut, an exchange that was refused,
 * an opening without an end. It is the holder's own word, signed by nobody else.
 */
export interface EvidenceNote {
  /** `refused`, `cut_stream`, `incomplete_opening`, `notes_dropped` …: lower-case words joined by `_`. */
  readonly kind: string
  /** When, milliseconds since 1970. */
  readonly atMs: number
  readonly exchange?: string
  /** Plain facts, small; never a payload. */
  readonly details?: JsonObject
}

/** Longest record of a note; a longer one is cut down to its kind, time and exchange. Unit: bytes. */
export const MAX_NOTE_BYTES = 4_096

const PREFIX = 'note\n'
const KIND = /^[a-z][a-z0-9_]{0,63}$/

/**
 * Bytes of the record of a note: the line `note`, then canonical JSON.
 *
 * @throws WuslaError `invalid_json` for details that are not JSON, `internal_error` for a malformed kind
 */
export function encodeNoteRecord(note: EvidenceNote): Buffer {
  if (!KIND.test(note.kind))
    throw new WuslaError('internal_error', { message: 'The kind of a note is malformed' })
  const { kind, atMs, exchange, details } = note
  const whole = Buffer.from(PREFIX + canonicalJson({ kind, atMs, exchange, details }))
  if (whole.length <= MAX_NOTE_BYTES) return whole
  return Buffer.from(PREFIX + canonicalJson({ kind, atMs, exchange, cut: true }))
}

/**
 * Reads a record made by {@link encodeNoteRecord}.
 *
 * @throws WuslaError `ledger_corrupt`
 */
export function decodeNoteRecord(record: Uint8Array): EvidenceNote {
  try {
    return parseJsonStrict(record.subarray(PREFIX.length)) as unknown as EvidenceNote
  } catch (cause) {
    throw new WuslaError('ledger_corrupt', { message: 'A note of the evidence cannot be read', cause })
  }
}

/** The ledger's entry of a note: a digest only, as for batches. */
export function noteEntry(record: Uint8Array): Buffer {
  const note = digest256(record.subarray(PREFIX.length))
  return Buffer.from(`{"note":"${note}","type":"wusla/evidence-entry/v1"}`)
}
