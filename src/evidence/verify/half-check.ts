import { batchSigningBytes, decodeBatchHeader } from '../../protocol/batch.ts'
import type { BatchHeader } from '../../protocol/batch.ts'
import { leafHash, verifyInclusion } from '../../protocol/merkle.ts'
import { isSealAlgorithm } from '../../trust/seal-key.ts'
import type { EvidenceFile, EvidenceHalf, PlacedProof } from '../evidence-file.ts'
import { ledgerEntryOf } from '../record/batch-record.ts'
import type { OpenCheckpoint } from './checkpoint-check.ts'
import type { BoundKey, NetworkView } from './network-view.ts'
import { need, readOr, Refusal } from './refusal.ts'

/** Whether the proof leads from an entry to a root given as bytes. */
export function isIncluded(
  entry: string,
  place: PlacedProof,
  tree: { readonly size: number; readonly root: Uint8Array },
): boolean {
  const proof = place.proof.map((sibling) => Buffer.from(sibling, 'base64url'))
  return verifyInclusion({
    leafHash: leafHash(entry),
    index: place.index,
    proof,
    size: tree.size,
    root: tree.root,
  })
}

/** The header of the batch a statement is in, once it is shown that it is in. */
export function checkBatchProof(
  file: EvidenceFile,
  half: EvidenceHalf,
  kind: BatchHeader['kind'],
): BatchHeader {
  const header = readOr('invalid_header', () => decodeBatchHeader(half.batch.header))
  need(header.network === file.network, 'other_network', header.network)
  need(header.kind === kind, 'wrong_kind')
  const root = Buffer.from(header.root, 'base64url')
  need(isIncluded(half.statement, half, { size: header.size, root }), 'not_included')
  return header
}

/**
 * The keys behind the seals with a known algorithm, all bound to the gateway that sealed. There is at least one.
 */
export function checkSealKeys(view: NetworkView, half: EvidenceHalf, gateway: string): readonly BoundKey[] {
  const known = half.batch.seals.filter(({ alg }) => isSealAlgorithm(alg))
  need(known.length > 0, 'no_known_algorithm')
  return known.map(({ key: keyId }) => {
    const key = view.keys.get(keyId)
    if (key?.use !== 'seal') throw new Refusal('unknown_key', keyId)
    need(key.gateway === gateway, 'other_owner', key.gateway)
    return key
  })
}

/** Refuses unless every seal with a known algorithm was made by its key over the header. */
export function checkSeals(view: NetworkView, half: EvidenceHalf): void {
  const signed = batchSigningBytes(half.batch.header)
  for (const seal of half.batch.seals) {
    if (!isSealAlgorithm(seal.alg)) continue
    need(view.keys.get(seal.key)?.verifier.verify(signed, seal) === true, 'invalid_signature')
  }
}

/** Refuses unless the batch, with its seals, is in the holder's ledger under the checkpoint. */
export function checkLedgerInclusion(
  holder: { readonly file: EvidenceFile; readonly ledger: OpenCheckpoint },
  half: EvidenceHalf,
  header: BatchHeader,
): void {
  const direction = header.from === holder.file.holder ? 'sent' : 'received'
  const entry = ledgerEntryOf(half.batch.header, direction, half.batch.seals)
  need(isIncluded(entry, half.ledger, holder.ledger), 'not_included')
}
