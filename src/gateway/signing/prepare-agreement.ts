import type { Agreement } from '../../agreements/agreement.ts'
import type { MandateSigner } from '../../agreements/mandate-terms.ts'
import { halfPlace } from '../../agreements/signature-place.ts'
import type { DocumentToSign } from '../../identity/document-signing.ts'
import type { HiddenText } from '../../identity/hidden-text.ts'
import { formatTime } from '../../protocol/clock.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { readOwnAgreement } from '../own-agreement.ts'
import { findMandate, type FoundMandate } from './find-mandate.ts'
import { assertOtherPerson, type HeldRevision, type HeldRevisions } from './held-revisions.ts'
import { releaseLease } from './release-lease.ts'
import type { FiledAgreement, SigningDeps } from './signing-ports.ts'
import { verifyRevision } from './verify-revision.ts'

/** An agreement that one official is about to sign. This member has the lease. */
export interface PreparedAgreement {
  readonly agreement: string
  readonly content: Agreement
  readonly document: DocumentToSign
  /** Who signs, once it is signed. */
  readonly signer: MandateSigner
  /** Those of the other party. */
  readonly others: readonly MandateSigner[]
  /** This member's first official, who has signed already. */
  readonly first: HeldRevision | undefined
  /** A second official has to sign before this member has. */
  readonly awaitsSecond: boolean
  readonly base: string | null
}

/**
 * Makes one agreement ready for the signature of a person: finds the mandate, takes the lease, fetches the present revision and
 * verifies what the other party signed. When it throws, it has given the lease back.
 *
 * @throws WuslaError of {@link findMandate}, of the registry, `second_signer_is_first`, `signed_document_refused`
 */
export async function prepareAgreement(
  deps: SigningDeps,
  held: HeldRevisions,
  agreement: string,
  identityNumber: HiddenText,
): Promise<PreparedAgreement> {
  const { member, registry, directory, mandates, clock } = deps
  const content = readOwnAgreement((await registry.readAgreement(agreement)).content, agreement, member)
  const time = formatTime(clock.nowMs())
  const mandate = findMandate({ member, content, identityNumber, time }, mandates, directory)
  // Kept before it is signed: from the moment it is in force this gateway must be able to decide by it.
  await deps.keep(content)
  const { document: base } = await registry.takeLease(agreement)
  try {
    const first = held.get(agreement, base)
    if (first !== undefined) assertOtherPerson(first, identityNumber, directory)
    // Read again under the lease: the other party may have signed a moment before it was taken.
    const filed = await registry.readAgreement(agreement)
    const others = otherSigners(filed, member)
    const pdf = first?.pdf ?? (await presentRevision(deps, { agreement, content, base, others }))
    return {
      agreement,
      content,
      document: { name: agreement, pdf, field: await fieldFor(deps, content, mandate, first) },
      signer: {
        field: fieldName(content, member, first),
        mandate: mandate.terms.mandate,
        salt: mandate.salt,
      },
      others,
      first,
      awaitsSecond: first === undefined && mandate.terms.fourEyes === true,
      base,
    }
  } catch (error) {
    await releaseLease(deps, held, agreement)
    throw error
  }
}

function otherSigners({ signed }: FiledAgreement, member: string): readonly MandateSigner[] {
  return Object.entries(signed).flatMap(([party, { signers }]) => (party === member ? [] : signers))
}

async function presentRevision(
  deps: SigningDeps,
  {
    agreement,
    content,
    base,
    others,
  }: {
    readonly agreement: string
    readonly content: Agreement
    readonly base: string | null
    readonly others: readonly MandateSigner[]
  },
): Promise<Uint8Array> {
  if (base === null) return (await deps.typeset(content)).pdf
  const { document } = await deps.registry.readDocument(agreement)
  // The registry is not believed: neither that this is the revision, nor that it is signed as the other party says.
  if (document === undefined || digest256(document) !== base)
    throw new WuslaError('signed_document_refused', {
      message: 'The registry gives another revision than the one it names.',
      details: { step: 'file', failure: 'not_as_rendered' },
    })
  await verifyRevision(deps, { content, pdf: document, signers: others, partial: true })
  return document
}

async function fieldFor(
  { typeset, member }: SigningDeps,
  content: Agreement,
  { terms }: FoundMandate,
  first: HeldRevision | undefined,
): Promise<DocumentToSign['field']> {
  const place = (await typeset(content)).places.find((each) => each.member === member)
  if (place === undefined) throw new WuslaError('document_not_typeset')
  const shared = first !== undefined || terms.fourEyes === true
  const { page, rectangle } = shared ? halfPlace(place, first === undefined ? 0 : 1) : place
  const [left, bottom, right, top] = rectangle
  return {
    name: fieldName(content, member, first),
    page,
    rectangle: { x: left, y: bottom, width: right - left, height: top - bottom },
  }
}

/** Each party signs once in a document, with one or two officials, so the names never meet. */
function fieldName({ parties }: Agreement, member: string, first: HeldRevision | undefined): string {
  const party = parties.findIndex((each) => each.member === member) + 1
  return `Party${party}-${first === undefined ? 1 : 2}`
}
