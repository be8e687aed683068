import { parseCheckpoint } from '../../ledger/checkpoint.ts'
import { parseNote, verifySignature } from '../../ledger/signed-note.ts'
import type { NoteSignature } from '../../ledger/signed-note.ts'
import { parseTime } from '../../protocol/clock.ts'
import { directoryOrigin } from '../../trust/anchor.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { parseVkey } from '../../trust/note-key.ts'
import type { NoteVerifier } from '../../trust/note-key.ts'
import type { EvidenceFile } from '../evidence-file.ts'
import type { WitnessFacts } from '../verify-result.ts'
import { CLOCK_TOLERANCE_MS, timeOfSeconds } from './key-time.ts'
import type { NetworkView, WitnessView } from './network-view.ts'
import { need, Refusal } from './refusal.ts'

/** A checkpoint that its log signed. */
export interface OpenCheckpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  /** What was signed. */
  readonly text: string
  /** The lines of everybody but the log, not judged yet. */
  readonly cosignatures: readonly NoteSignature[]
}

/** The checkpoint of the directory, signed by the key of the anchor. */
export function checkDirectoryCheckpoint(
  { directory }: Pick<EvidenceFile, 'directory'>,
  anchor: Anchor,
): OpenCheckpoint {
  return openSigned(directory.checkpoint, directoryOrigin(anchor.network), parseVkey(anchor.logKey))
}

/** The checkpoint of the holder's ledger, signed by a key that an enrolment of the holder names. */
export function checkLedgerCheckpoint(file: EvidenceFile, view: NetworkView): OpenCheckpoint {
  const { origin, key, checkpoint } = file.ledger
  need(origin === `wusla/${file.holder}`, 'other_log', origin)
  const isEnrolled = view.gateways.get(file.holder)?.ledgerKeys.includes(key) === true
  need(isEnrolled, 'unknown_key', file.holder)
  return openSigned(checkpoint, origin, parseVkey(key))
}

function openSigned(note: string, origin: string, log: NoteVerifier): OpenCheckpoint {
  const parsed = parseNote(note)
  const checkpoint = parsed === undefined ? undefined : parseCheckpoint(parsed.text)
  if (parsed === undefined || checkpoint === undefined) throw new Refusal('invalid_checkpoint')
  const size = Number(checkpoint.size)
  need(Number.isSafeInteger(size) && checkpoint.extensions.length === 0, 'invalid_checkpoint')
  need(checkpoint.origin === origin, 'other_log', checkpoint.origin)
  const names = parsed.signatures.map(({ name, keyId }) => `${keyId} ${name}`)
  need(new Set(names).size === names.length, 'duplicate_signature')
  const isLog = ({ name, keyId }: NoteSignature): boolean => name === log.name && keyId === log.keyId
  const own = parsed.signatures.find(isLog)
  need(own !== undefined && verifySignature(parsed.text, own, log) !== undefined, 'invalid_signature', origin)
  const cosignatures = parsed.signatures.filter((signature) => !isLog(signature))
  return { origin, size, root: checkpoint.rootHash, text: parsed.text, cosignatures }
}

/** A witness that saw a checkpoint, and in whose house it stands. */
export interface Sighting {
  readonly branch: string
  readonly host: string
  readonly time: string
}

/**
 * Who saw the checkpoint. Every line must be a cosignature of a branch in office: a line nobody can judge has no
 * place in a file whose every byte counts.
 */
export function checkWitnesses(view: NetworkView, checkpoint: OpenCheckpoint): Sighting[] {
  return checkpoint.cosignatures.map((line) => sightingOf(view, checkpoint.text, line))
}

/** Who made this cosignature and when, or undefined when a verifier would refuse it. */
export function judgeSighting(view: NetworkView, text: string, line: NoteSignature): Sighting | undefined {
  try {
    return sightingOf(view, text, line)
  } catch (cause) {
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}

function sightingOf(view: NetworkView, text: string, line: NoteSignature): Sighting {
  const known = view.witnesses.filter(({ key }) => isKeyOfLine(key, line))
  const [first] = known
  if (first === undefined) throw new Refusal('unknown_witness', line.name)
  const seconds = verifySignature(text, line, parseVkey(first.key))?.timeSeconds
  if (seconds === undefined) throw new Refusal('invalid_signature', line.name)
  const time = timeOfSeconds(seconds)
  if (time === undefined) throw new Refusal('invalid_checkpoint', line.name)
  const witness = known.find((other) => isInOffice(other, time))
  if (witness === undefined) throw new Refusal('out_of_office', line.name)
  return { branch: witness.branch, host: witness.host, time }
}

/** A witness in the house of a party is no help against that party. */
export function judgeIndependence(
  sightings: readonly Sighting[],
  members: readonly string[],
): readonly WitnessFacts[] {
  return sightings.map(({ branch, host, time }) => ({ branch, time, isIndependent: !members.includes(host) }))
}

function isKeyOfLine(vkey: string, line: NoteSignature): boolean {
  const { name, keyId } = parseVkey(vkey)
  return name === line.name && keyId === line.keyId
}

function isInOffice(witness: WitnessView, time: string): boolean {
  const isEarly = parseTime(time) + CLOCK_TOLERANCE_MS < parseTime(witness.from)
  return !isEarly && (witness.until === undefined || time < witness.until)
}
