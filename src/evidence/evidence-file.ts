import { canonicalJson, parseJsonStrict } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import type { Seal } from '../protocol/batch.ts'
import { isDigest256 } from '../protocol/digest.ts'
import { isExchangeId } from '../protocol/exchange-id.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import {
  MAX_BATCH_HEADER_BYTES,
  MAX_ENTRY_BYTES,
  MAX_SEALS,
  MAX_SEAL_VALUE_BYTES,
  MAX_STATEMENT_BYTES,
} from '../protocol/limits.ts'
import { decodeShape, listOf, objectOf, oneOf, text, wholeNumber } from '../trust/shape.ts'
import type { Shape } from '../trust/shape.ts'
import { isBase64url } from '../trust/text-form.ts'

/** Place of an entry in a ledger, and the siblings from its leaf to the root (base64url, 32 bytes each). */
export interface PlacedProof {
  readonly index: number
  readonly proof: readonly string[]
}

/** One side's words with all that ties them to a seal and to the holder's ledger. */
export interface EvidenceHalf extends PlacedProof {
  /** The exact canonical text that was signed; `index` and `proof` place it in its batch. */
  readonly statement: string
  readonly batch: { readonly header: string; readonly seals: readonly Seal[] }
  /** Place of the batch in the holder's evidence ledger. */
  readonly ledger: PlacedProof
}

/** An entry of the directory: the exact text, and its place. */
export interface DirectoryEvidence extends PlacedProof {
  readonly entry: string
}

/** One exchange, provable by whoever holds the anchor: `docs/spec/evidence-file.md`. */
export interface EvidenceFile {
  readonly format: 'wusla/evidence/v1'
  readonly network: string
  readonly exchange: string
  /** Gateway whose ledger holds the batches. */
  readonly holder: string
  readonly request: EvidenceHalf
  /** Null when no answer was recorded. */
  readonly answer: EvidenceHalf | null
  readonly ledger: { readonly origin: string; readonly key: string; readonly checkpoint: string }
  readonly directory: { readonly checkpoint: string; readonly entries: readonly DirectoryEvidence[] }
}

/** Largest evidence file. Unit: bytes. */
export const MAX_EVIDENCE_BYTES = 8_388_608

/** Most entries of the directory in one file. */
export const MAX_DIRECTORY_ENTRIES = 4_096

/** Longest signed note with its cosignatures, in characters. */
export const MAX_NOTE_LENGTH = 65_536

const MAX_PROOF_HASHES = 64
const MAX_DEPTH = 8

const hash = text({ max: 43, test: isDigest256, what: '32 bytes in base64url' })
const proof = listOf(hash, { min: 0, max: MAX_PROOF_HASHES })
const index = wholeNumber(0, Number.MAX_SAFE_INTEGER)
const note = text({ max: MAX_NOTE_LENGTH })
const seal: Shape<Seal> = objectOf({
  alg: text({ max: 32, test: (value) => /^[A-Za-z0-9-]+$/.test(value), what: 'the name of an algorithm' }),
  key: hash,
  value: text({ max: Math.ceil((MAX_SEAL_VALUE_BYTES * 4) / 3), test: isBase64url, what: 'base64url' }),
})
const half: Shape<EvidenceHalf> = objectOf({
  statement: text({ max: MAX_STATEMENT_BYTES }),
  index,
  proof,
  batch: objectOf({
    header: text({ max: MAX_BATCH_HEADER_BYTES }),
    seals: listOf(seal, { min: 1, max: MAX_SEALS }),
  }),
  ledger: objectOf({ index, proof }),
})
const nothing: Shape<null> = {
  check: (value, path, problems) => void (value === null || problems.push({ path, problem: 'must be null' })),
}
const halfOrNothing: Shape<EvidenceHalf | null> = {
  check: (value, path, problems) => (value === null ? nothing : half).check(value, path, problems),
}

/** The members that show a part of the directory: a checkpoint and entries under it. */
export const DIRECTORY_PART = {
  checkpoint: note,
  entries: listOf(objectOf({ index, entry: text({ max: MAX_ENTRY_BYTES }), proof }), {
    min: 1,
    max: MAX_DIRECTORY_ENTRIES,
  }),
} as const satisfies Record<string, Shape<unknown>>

const EVIDENCE_FILE: Shape<EvidenceFile> = objectOf({
  format: oneOf('wusla/evidence/v1'),
  network: text({ max: 63, test: (value) => isIdentifier('network', value), what: 'a network name' }),
  exchange: text({ max: 36, test: isExchangeId, what: 'an exchange id' }),
  holder: text({ max: 4096, test: (value) => isIdentifier('gateway', value), what: 'a gateway' }),
  request: half,
  answer: halfOrNothing,
  ledger: objectOf({ origin: text({ max: 4096 }), key: text({ max: 8192 }), checkpoint: note }),
  directory: objectOf(DIRECTORY_PART),
})

/**
 * Reads the JSON of an evidence file, without a look at its meaning.
 *
 * @throws WuslaError `invalid_json`
 */
export function parseEvidenceJson(file: string | Uint8Array): Json {
  return parseJsonStrict(file, { maxBytes: MAX_EVIDENCE_BYTES, maxDepth: MAX_DEPTH })
}

/** The file with its type, or the first thing that is wrong with its form, as `place: problem`. */
export function shapeEvidenceFile(
  json: Json,
): { ok: true; file: EvidenceFile } | { ok: false; problem: string } {
  const decoded = decodeShape(EVIDENCE_FILE, json)
  if (decoded.ok) return { ok: true, file: decoded.value }
  const [first] = decoded.problems
  return { ok: false, problem: `${first?.path ?? ''}: ${first?.problem ?? ''}` }
}

/** The text of an evidence file: canonical JSON without a final line feed, so that any cut is noticed. */
export function formatEvidenceFile(file: EvidenceFile): string {
  return canonicalJson(file)
}
