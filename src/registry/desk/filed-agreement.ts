import type { Agreement } from '../../agreements/agreement.ts'

/** One signature field of the document, and the mandate under which it was signed. */
export interface Signer {
  readonly field: string
  readonly mandate: string
  /** 32 bytes, base64url. For the two parties only: with it and the mandate an identity number can be guessed. */
  readonly salt: string
}

/** What the officials of one party signed. */
export interface SignedByParty {
  readonly signers: readonly Signer[]
  /** `digest256` of the whole file as this party uploaded it. */
  readonly document: string
  readonly at: string
}

/** Why nobody signs it any more. */
export interface Closing {
  readonly as: 'refused' | 'countered'
  readonly by: string
  readonly at: string
  readonly reason?: string
  /** Hash of the counter-proposal. */
  readonly counteredBy?: string
}

/** An agreement as the registry keeps it for its parties: content, how far it came, and who accepted so far. */
export interface FiledAgreement {
  readonly hash: string
  readonly content: Agreement
  /** Compact JWS by party. */
  readonly acceptances: Readonly<Record<string, string>>
  /** Absent in a file from before there were drafts. */
  readonly proposedBy?: string
  readonly proposedAt?: string
  readonly frozenAt?: string
  readonly closed?: Closing
  /** Hash of the draft whose place it takes. */
  readonly counters?: string
  /** Id of the access request that it answers. */
  readonly request?: string
  /** By member. */
  readonly signed?: Readonly<Record<string, SignedByParty>>
  /** Digest of the newest signed revision, which lies beside this record. */
  readonly revision?: string
  readonly revisionBytes?: number
}

export type AgreementStatus = 'draft' | 'frozen' | 'refused' | 'countered' | 'effective'

/** How far it came. What the directory says goes before everything that is written here. */
export function statusOf(filed: FiledAgreement, isEffective: boolean): AgreementStatus {
  if (isEffective) return 'effective'
  if (filed.closed !== undefined) return filed.closed.as
  return filed.frozenAt === undefined ? 'draft' : 'frozen'
}

/** The members whose agreement it is. */
export function partiesOf({ content }: Pick<FiledAgreement, 'content'>): readonly string[] {
  return content.parties.map(({ member }) => member)
}

/** Who filed it. In older files the first acceptance is the proposer's. */
export function proposerOf({ proposedBy, acceptances }: FiledAgreement): string | undefined {
  return proposedBy ?? Object.keys(acceptances)[0]
}
