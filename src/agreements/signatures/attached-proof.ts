import { PDFDict, type PDFObject, PDFRawStream, PDFRef } from '@cantoo/pdf-lib'
import type { ClaimedObjects } from './claimed-objects.ts'
import { entry, keysOf } from './first-revision.ts'
import { need } from './refusal.ts'
import { streamBytes } from './stream-bytes.ts'
import type { Update } from './revisions.ts'
import { MAX_PROOF_BYTES } from '../proof-size.ts'

/** Where the `DSS` names the proof of the network: `docs/spec/agreement-document.md`, section 8. */
export const PROOF_KEY = 'WUSLA_Proof'

/**
 * The proof that the `DSS` names after an update, and whether this update brought it. A new one is a new object: what a signature
 * needs cannot be called a proof.
 *
 * @throws Refusal `object_replaced`, `hidden_object`
 */
export function readProof(
  objects: ClaimedObjects,
  before: PDFDict,
  after: PDFDict,
): { readonly proof: PDFRawStream; readonly isNew: boolean } | undefined {
  const [had, has] = [proofIn(objects.was(entry(before, 'DSS'))), proofIn(objects.now(entry(after, 'DSS')))]
  if (has === undefined) return undefined
  need(has instanceof PDFRef, 'hidden_object', PROOF_KEY)
  const isNew = has !== had
  need(!isNew || !objects.existed(has), 'object_replaced', PROOF_KEY)
  const proof = objects.claim(has)
  need(proof instanceof PDFRawStream, 'hidden_object', PROOF_KEY)
  for (const key of keysOf(proof.dict))
    need(['Type', 'Length', 'Filter'].includes(key), 'hidden_object', `${key} in the proof`)
  return { proof, isNew }
}

function proofIn(store: PDFObject | undefined): PDFObject | undefined {
  return store instanceof PDFDict ? entry(store, PROOF_KEY) : undefined
}

/**
 * Holds an update that brings a proof against what it may be: the catalogue with another `DSS`, that `DSS` as it was but for the proof,
 * the proof, and nothing else.
 *
 * @throws Refusal `hidden_object`
 */
export function checkProofUpdate(
  objects: ClaimedObjects,
  update: Update,
  before: PDFDict,
  after: PDFDict,
): void {
  const store = entry(after, 'DSS')
  needSame(before, after, ['DSS'])
  const [had, has] = [objects.was(entry(before, 'DSS')), objects.now(store)]
  need(has instanceof PDFDict, 'hidden_object', PROOF_KEY)
  needSame(
    had instanceof PDFDict ? had : undefined,
    has,
    had === undefined ? [PROOF_KEY, 'Type'] : [PROOF_KEY],
  )
  // The catalogue, the store unless it stands in the catalogue, and the proof.
  const most = store instanceof PDFRef ? 3 : 2
  need(update.objects.size <= most, 'hidden_object', 'a proof and something else in one update')
}

function needSame(before: PDFDict | undefined, after: PDFDict, free: readonly string[]): void {
  for (const key of new Set([...(before === undefined ? [] : keysOf(before)), ...keysOf(after)])) {
    const had = before === undefined ? undefined : entry(before, key)?.toString()
    const isSame = free.includes(key) || had === entry(after, key)?.toString()
    need(isSame, 'hidden_object', `${key} changed beside the proof`)
  }
}

/** The text of a proof. @throws Refusal `proof_invalid` */
export function proofText(proof: PDFRawStream): string {
  const bytes = streamBytes(proof, MAX_PROOF_BYTES)
  need(bytes !== undefined, 'proof_invalid', 'too large, or packed in an unknown way')
  const text = bytes.toString('utf8')
  need(bytes.equals(Buffer.from(text, 'utf8')), 'proof_invalid', 'not UTF-8')
  return text
}
