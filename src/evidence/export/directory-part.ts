import { parseNote } from '../../ledger/signed-note.ts'
import { parseCheckpoint } from '../../ledger/checkpoint.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { parseVkey } from '../../trust/note-key.ts'
import { decodeSignedChange } from '../../trust/signed-change.ts'
import type { DirectoryReader, DirectorySubjects } from '../directory-reader.ts'
import type { DirectoryEvidence } from '../evidence-file.ts'
import { startReplay } from '../verify/change-rules.ts'
import { judgeSighting } from '../verify/checkpoint-check.ts'
import type { Sighting } from '../verify/checkpoint-check.ts'
import type { NetworkView } from '../verify/network-view.ts'
import { textOf } from './choose-halves.ts'

/** A checkpoint note taken apart. */
export interface NoteParts {
  readonly size: number
  /** Names of all keys that signed. */
  readonly names: readonly string[]
}

/** @throws WuslaError `invalid_checkpoint` */
export function readNote(note: string): NoteParts {
  const parsed = parseNote(note)
  const checkpoint = parsed === undefined ? undefined : parseCheckpoint(parsed.text)
  if (parsed === undefined || checkpoint === undefined) throw new WuslaError('invalid_checkpoint')
  return { size: Number(checkpoint.size), names: parsed.signatures.map(({ name }) => name) }
}

/** The entries an export shows, and what they say. */
export interface DirectoryPart {
  readonly entries: readonly DirectoryEvidence[]
  readonly view: NetworkView
  /** Verifier key of the directory's log. */
  readonly logKey: string
}

/**
 * Takes the entries about the subjects, without those that have no effect: followers pass them over, and a file
 * shows nothing that a verifier could not judge.
 */
export async function takeEntries(
  directory: DirectoryReader,
  size: number,
  subjects: DirectorySubjects,
): Promise<DirectoryPart> {
  const indexes = directory.entriesFor(subjects).filter((index) => index < size)
  const anchor = anchorOf(await directory.entry(0))
  const replay = startReplay(anchor)
  const entries: DirectoryEvidence[] = []
  for (const index of indexes) {
    const entry = await directory.entry(index)
    if (replay.apply(entry) !== 'applied') continue
    const proof = await directory.inclusionProof(index, size)
    entries.push({ index, entry, proof: proof.map(textOf) })
  }
  return { entries, view: replay.view, logKey: anchor.logKey }
}

/** The part of an anchor that the founding entry repeats: enough to replay a directory we follow ourselves. */
function anchorOf(founding: string): Anchor {
  const { change } = decodeSignedChange(founding)
  return { registryUrl: '', ...change, type: 'wusla/anchor/v1' } as unknown as Anchor
}

/**
 * The note without the lines a verifier could not judge: of unknown keys, of witnesses out of office, or damaged
 * ones. A directory's own word on how fresh it is goes the same way: years later it means nothing.
 */
export function keepKnownLines(
  note: string,
  logKey: string,
  view: NetworkView,
): { readonly note: string; readonly sightings: readonly Sighting[] } {
  const parsed = parseNote(note)
  if (parsed === undefined) throw new WuslaError('invalid_checkpoint')
  const log = parseVkey(logKey)
  const sightings: Sighting[] = []
  const seen = new Set<string>()
  let lines = ''
  for (const signature of parsed.signatures) {
    const key = `${signature.keyId} ${signature.name}`
    if (seen.has(key)) continue
    const isLog = signature.name === log.name && signature.keyId === log.keyId
    const sighting = isLog ? undefined : judgeSighting(view, parsed.text, signature)
    if (!isLog && sighting === undefined) continue
    seen.add(key)
    lines += signature.line
    if (sighting !== undefined) sightings.push(sighting)
  }
  return { note: `${parsed.text}\n${lines}`, sightings }
}
