import type { Agreement } from '../agreements/agreement.ts'
import type { MandateSigner } from '../agreements/mandate-terms.ts'
import type { TypesetAgreement } from '../agreements/render-agreement.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { readOwnAgreement } from './own-agreement.ts'
import type { RegistryClient } from './registry-client.ts'
import type { VerifiedDocuments } from './verified-documents.ts'

/** What the document of an agreement is taken from. */
export interface AgreementExportDeps {
  readonly member: string
  readonly contentOf: (agreement: string) => Agreement | undefined
  readonly registry: Pick<RegistryClient, 'readAgreement' | 'readDocument'>
  readonly verified: VerifiedDocuments
  /**
   * What the network's directory shows about an agreement.
   *
   * @throws WuslaError `agreement_not_found` while no checkpoint covers it
   */
  readonly proofOf: (agreement: string, signers: readonly MandateSigner[]) => Promise<string>
  readonly attachProof: (pdf: Uint8Array, proof: string) => Promise<Uint8Array>
  readonly typeset: (content: Agreement) => Promise<TypesetAgreement>
}

/**
 * The document of an agreement of this member: the signed one that was verified here, with the network's proof in it; else the newest revision that the registry has,
 * which is the word of who signed it until it was verified; else the document before anybody signed.
 *
 * @throws WuslaError `agreement_not_found`, `forbidden`, `registry_unreachable` when nothing is known here
 */
export async function exportAgreement(deps: AgreementExportDeps, agreement: string): Promise<Uint8Array> {
  const { registry, verified, contentOf, typeset, member } = deps
  const kept = await verified.read(agreement)
  if (kept !== undefined) return await withProof(deps, agreement, kept)
  const content =
    contentOf(agreement) ??
    readOwnAgreement((await registry.readAgreement(agreement)).content, agreement, member)
  const { document } = await registry.readDocument(agreement).catch((error: unknown) => {
    // An agreement by seals from before the registry kept documents, or a registry that is away: the unsigned document is known here.
    if (
      isWuslaError(error) &&
      (error.code === 'registry_unreachable' || error.code === 'agreement_not_found')
    )
      return { document: undefined }
    throw error
  })
  return document ?? (await typeset(content)).pdf
}

/** A moment after it took effect no checkpoint covers an agreement yet: then its document goes without proof. */
async function withProof(
  { proofOf, attachProof }: AgreementExportDeps,
  agreement: string,
  { pdf, signers }: { readonly pdf: Uint8Array; readonly signers: readonly MandateSigner[] },
): Promise<Uint8Array> {
  let proof: string
  try {
    proof = await proofOf(agreement, signers)
  } catch (error) {
    if (isWuslaError(error) && error.code === 'agreement_not_found') return pdf
    throw error
  }
  return await attachProof(pdf, proof)
}
