import type { MandateSigner } from '../../agreements/mandate-terms.ts'
import type { DirectoryFacts, DocumentFailure } from '../../agreements/signed-document-result.ts'
import type { CarriedProof } from '../../agreements/verify-agreement-pdf.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { type AgreementProof, readAgreementProof } from '../agreement-proof.ts'
import {
  checkDirectoryCheckpoint,
  checkWitnesses,
  type OpenCheckpoint,
  type Sighting,
} from './checkpoint-check.ts'
import { checkDirectoryInclusion, replayComplete, replayFile } from './directory-check.ts'
import type { NetworkView } from './network-view.ts'
import { Refusal } from './refusal.ts'

/** What is known of the directory: by the proof in a document, by all entries, or by both. */
export interface Shown {
  readonly view: NetworkView
  /** Entries that were given. */
  readonly entries: number
  /** Who signed under which mandate; only a proof says it. */
  readonly signers?: readonly MandateSigner[]
  readonly checkpoint?: Required<DirectoryFacts>['checkpoint']
  /** All entries were given, and lead to the checkpoint of the proof. */
  readonly isComplete: boolean
}

type Reading =
  | { readonly ok: true; readonly shown: Shown | undefined }
  | { readonly ok: false; readonly failure: DocumentFailure; readonly detail?: string }

interface ProvenPart {
  readonly proof: AgreementProof
  readonly view: NetworkView
  readonly tree: OpenCheckpoint
  readonly sightings: readonly Sighting[]
}

/**
 * Step `proof`: the proof that a document carries, and all entries of the directory if they were given. Undefined where there is neither.
 */
export function readShown(
  { content, agreement, text }: CarriedProof,
  anchor: Anchor,
  entries: readonly string[] | undefined,
): Reading {
  const proof = text === undefined ? undefined : readAgreementProof(text)
  if (text !== undefined && proof === undefined) return { ok: false, failure: 'proof_invalid' }
  if (proof !== undefined && proof.agreement !== agreement)
    return { ok: false, failure: 'proof_of_another', detail: proof.agreement }
  const subjects = { members: content.parties.map(({ member }) => member), agreement }
  try {
    const proven = proof === undefined ? undefined : provenPart(proof, anchor)
    if (entries === undefined)
      return { ok: true, shown: proven && { ...partOf(proven), entries: proven.proof.entries.length } }
    const { view } = replayComplete(entries, anchor, proven?.tree, subjects)
    const part = proven === undefined ? {} : partOf(proven)
    return { ok: true, shown: { ...part, view, entries: entries.length, isComplete: proven !== undefined } }
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    const failure = cause.code === 'no_effect' ? 'proof_incomplete' : 'proof_not_of_network'
    return { ok: false, failure, detail: cause.message }
  }
}

/** @throws Refusal */
function provenPart(proof: AgreementProof, anchor: Anchor): ProvenPart {
  const directory = { directory: proof }
  const tree = checkDirectoryCheckpoint(directory, anchor)
  checkDirectoryInclusion(directory, tree)
  const view = replayFile(directory, anchor)
  return { proof, view, tree, sightings: checkWitnesses(view, tree) }
}

function partOf({ proof, view, tree, sightings }: ProvenPart): Omit<Shown, 'entries'> {
  const witnesses = sightings.map(({ branch, time }) => ({ branch, time }))
  return { view, signers: proof.signers, checkpoint: { size: tree.size, witnesses }, isComplete: false }
}
