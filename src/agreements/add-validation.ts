import { Certificate } from 'pkijs'
import type { Clock } from '../protocol/clock.ts'
import { readMaterial, type UnpackedStore, unpackStore } from './signatures/verify-signature.ts'
import { appendStore, type SignatureMaterial } from './validation/append-store.ts'
import { AuthorityLine } from './validation/authority-line.ts'
import { type Gathered, materialFor, unavailable } from './validation/gather-material.ts'
import { openSignedPdf, type SignedPdf } from './validation/signed-pdf.ts'
import { MAX_SIGNED_DOCUMENT_BYTES } from './verify-agreement-pdf.ts'

/** Whom the material has to lead to, and how it is fetched. */
export interface AddValidationOptions {
  readonly fetch: typeof globalThis.fetch
  /** Certificates of the roots that are believed for officials and time-stamps: DER each. */
  readonly roots: readonly Uint8Array[]
  readonly clock: Clock
  /** Longest time for everything that is fetched; one question gets a third of it. Unit: ms, default 30,000. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 30_000

/**
 * Adds to a signed document what its verification needs once the authorities do not answer any more: from PAdES B-T to B-LT
 * (ETSI EN 319 142-1, 5.4). For each signature and its time-stamp the path to a root, an OCSP answer or a revocation list for each
 * certificate of it, as one incremental update in the form of `docs/spec/agreement-document.md`. It does not verify the signatures: that
 * is the work of the verifier, which says `revocation: good` of what this adds.
 *
 * Certificates of strangers choose the addresses: what is asked, and how much, is bounded, redirections are not followed, and status
 * is asked only for paths that lead to a root.
 *
 * @param pdf - at most 33,554,432 bytes
 * @returns the document with one more revision; the very bytes that came when it has everything already
 * @throws WuslaError `certificate_revoked`, of a certificate that was revoked at the time of the time-stamp;
 *   `revocation_unavailable`, whose details say for which signature (`field`), for whose certificate (`of`, `depth` from the leaf), why
 *   (`reason`) and what was asked (`tried`)
 */
export async function addValidationData(
  pdf: Uint8Array,
  { fetch, roots, clock, timeoutMs = TIMEOUT_MS }: AddValidationOptions,
): Promise<Uint8Array> {
  const { opened, present } = await open(pdf)
  const gathered: Gathered = {
    roots: roots.map((each) => Certificate.fromBER(Uint8Array.from(each))),
    line: new AuthorityLine(fetch, timeoutMs),
    nowMs: clock.nowMs(),
    certificates: [...readMaterial(present).certificates],
    ocsps: [...present.ocsps],
    crls: [...present.crls],
  }
  const needed: SignatureMaterial[] = []
  for (const signature of opened.signatures) needed.push(await materialFor(signature, gathered))
  return await appendStore(opened, pdf, present, needed)
}

async function open(
  pdf: Uint8Array,
): Promise<{ readonly opened: SignedPdf; readonly present: UnpackedStore }> {
  if (pdf.length > MAX_SIGNED_DOCUMENT_BYTES) throw unavailable({ reason: 'document_too_large' })
  try {
    const opened = await openSignedPdf(pdf)
    return { opened, present: unpackStore(opened.store) }
  } catch {
    // Whatever the library says of it quotes the document.
    throw unavailable({ reason: 'document_unreadable' })
  }
}
