import {
  type Agreement,
  type AgreementKind,
  type Bilingual,
  decodeAgreement,
  kindOf,
} from '../agreements/agreement.ts'
import type { AgreementRecord, MandateRecord } from '../directory/directory-record.ts'
import type { RegistryAgreement } from './registry-client.ts'

/** How an agreement stands. `terminated`: revoked, superseded, refused, withdrawn or countered. */
export type AgreementState = 'draft' | 'frozen' | 'in_force' | 'suspended' | 'terminated' | 'expired'

/** An agreement as its party sees it. */
export interface AgreementView {
  readonly id: string
  /** `unknown` while the content is not here. */
  readonly kind: AgreementKind | 'unknown'
  readonly status: AgreementState
  /** Members, in the order of the content. */
  readonly parties: readonly string[]
  readonly validity: { readonly from: string; readonly until: string }
  readonly content?: Agreement
  readonly proposedBy?: string
  /** Members whose officials have signed the document. */
  readonly signedBy?: readonly string[]
  /** Of an agreement with a signed document: whether this gateway has verified it. Else it allows nothing here. */
  readonly isVerified?: boolean
  /** How far the verification came, and why not further. */
  readonly notVerified?: { readonly step: string; readonly failure: string }
  /** Of one that is terminated: which way. */
  readonly reason?: 'revoked' | 'superseded' | 'refused' | 'countered'
  /** The words of whoever ended or suspended it. */
  readonly words?: string
  readonly answersRequest?: string
  readonly counters?: string
  readonly counteredBy?: string
  readonly supersedes?: string
  readonly supersededBy?: string
  /** The id once more, and the validity: as answers named them before. */
  readonly agreement: string
  readonly validFrom: string
  readonly validUntil: string
  /** Members that have accepted by seal, while it is proposed. */
  readonly acceptedBy?: readonly string[]
}

/** An agreement with who signed it and what is missing. */
export interface AgreementDetails extends AgreementView {
  readonly signatures: readonly {
    readonly member: string
    /** When the registry took the document of this party; absent once it is only in the directory. */
    readonly at?: string
    /** The offices of who signed, never the persons. */
    readonly mandates: readonly { readonly mandate: string; readonly office?: Bilingual }[]
  }[]
  /** Members that still have to sign or to accept. */
  readonly missing: readonly string[]
  /** Who signs at this moment. */
  readonly lease?: { readonly by: string; readonly until: string }
}

/** What is known here of an agreement of the directory. */
export interface KnownAgreement {
  readonly record: AgreementRecord
  readonly content: Agreement | undefined
  readonly failure: { readonly step: string; readonly failure: string } | undefined
  /** RFC 3339. */
  readonly now: string
}

/** How an agreement of the directory is shown. */
export function viewOfRecord({ record, content, failure, now }: KnownAgreement): AgreementView {
  const { agreement: id, parties, validFrom: from, validUntil: until, document, supersedes } = record
  const [status, reason] = standingOf(record, now)
  return {
    ...named(id, parties, content?.validFrom ?? from, content?.validUntil ?? until),
    kind: content === undefined ? 'unknown' : kindOf(content),
    status,
    ...(content === undefined ? {} : { content }),
    ...(reason === undefined ? {} : { reason }),
    ...(record.reason === undefined ? {} : { words: record.reason }),
    ...(supersedes === undefined ? {} : { supersedes }),
    ...(record.superseded === undefined ? {} : { supersededBy: record.superseded.by }),
    ...(document === undefined ? {} : { signedBy: parties, isVerified: failure === undefined }),
    ...(document === undefined || failure === undefined
      ? {}
      : { notVerified: { step: failure.step, failure: failure.failure } }),
  }
}

/** How an agreement is shown that the directory does not know yet, or never will. */
export function viewOfFiled(filed: RegistryAgreement, now: string): AgreementView {
  const content = decodeAgreement(filed.content)
  const { hash, acceptedBy, proposedBy, request, counters, counteredBy, reason: words } = filed
  const signedBy = Object.keys(filed.signed ?? {})
  const [status, reason] = filedStanding(filed, content.validUntil <= now)
  return {
    ...named(
      hash,
      content.parties.map(({ member }) => member),
      content.validFrom,
      content.validUntil,
    ),
    kind: kindOf(content),
    status,
    content,
    acceptedBy,
    ...(reason === undefined ? {} : { reason }),
    ...(words === undefined ? {} : { words }),
    ...(proposedBy === undefined ? {} : { proposedBy }),
    ...(signedBy.length === 0 ? {} : { signedBy }),
    ...(request === undefined ? {} : { answersRequest: request }),
    ...(counters === undefined ? {} : { counters }),
    ...(counteredBy === undefined ? {} : { counteredBy }),
    ...(content.supersedes === undefined ? {} : { supersedes: content.supersedes }),
  }
}

/**
 * An agreement with its signatures.
 *
 * @param filed - as the registry shows it; undefined when it does not answer
 * @param mandate - looks a mandate up in the directory
 */
export function detailsOf(
  view: AgreementView,
  record: AgreementRecord | undefined,
  filed: RegistryAgreement | undefined,
  mandate: (id: string) => MandateRecord | undefined,
): AgreementDetails {
  const signatures = view.parties.flatMap((member, at) => {
    const signed = filed?.signed?.[member]
    const ids = record?.signedUnder?.[at] ?? signed?.signers.map((signer) => signer.mandate) ?? []
    if (ids.length === 0) return []
    const mandates = ids.map((id) => {
      const office = mandate(id)?.office
      return { mandate: id, ...(office === undefined ? {} : { office }) }
    })
    return [{ member, ...(signed === undefined ? {} : { at: signed.at }), mandates }]
  })
  const isOpen = view.status === 'draft' || view.status === 'frozen'
  const done = new Set([...signatures.map(({ member }) => member), ...(view.acceptedBy ?? [])])
  return {
    ...view,
    signatures,
    missing: isOpen ? view.parties.filter((party) => !done.has(party)) : [],
    ...(filed?.lease === undefined ? {} : { lease: filed.lease }),
  }
}

function named(
  id: string,
  parties: readonly string[],
  from: string,
  until: string,
): Pick<AgreementView, 'id' | 'agreement' | 'parties' | 'validity' | 'validFrom' | 'validUntil'> {
  return { id, agreement: id, parties, validity: { from, until }, validFrom: from, validUntil: until }
}

type Standing = readonly [status: AgreementState, reason?: NonNullable<AgreementView['reason']>]

// What is final comes first, as for decisions: resuming what has expired would help nobody.
function standingOf({ status, superseded, validUntil }: AgreementRecord, now: string): Standing {
  if (status === 'revoked') return ['terminated', 'revoked']
  if (superseded !== undefined && superseded.from <= now) return ['terminated', 'superseded']
  if (validUntil <= now) return ['expired']
  return [status === 'suspended' ? 'suspended' : 'in_force']
}

function filedStanding({ status }: RegistryAgreement, isPast: boolean): Standing {
  if (status === 'refused' || status === 'countered') return ['terminated', status]
  if (isPast) return ['expired']
  // Both have signed, and the directory here has not seen it yet.
  return [status === 'draft' ? 'draft' : 'frozen']
}
