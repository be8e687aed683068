import type { Agreement } from '../agreements/agreement.ts'
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
  readonly typeset: (content: Agreement) => Promise<TypesetAgreement>
}

/**
 * The document of an agreement of this member: the signed one that was verified here; else the newest revision that the registry has,
 * which is the word of who signed it until it was verified; else the document before anybody signed.
 *
 * @throws WuslaError `agreement_not_found`, `forbidden`, `registry_unreachable` when nothing is known here
 */
export async function exportAgreement(deps: AgreementExportDeps, agreement: string): Promise<Uint8Array> {
  const { registry, verified, contentOf, typeset, member } = deps
  const kept = await verified.read(agreement)
  if (kept !== undefined) return kept.pdf
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
