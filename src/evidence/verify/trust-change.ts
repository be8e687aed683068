import type { ChangeSignature } from '../../trust/signed-change.ts'

/**
 * The changes that say who may seal and who may sign agreements, by `docs/spec/directory.md`, section 4. A verifier stands on its own: it
 * repeats their forms instead of borrowing them from the directory that an operator runs.
 */
type ChangeBase<Kind extends string> = {
  readonly type: 'wusla/change/v1'
  readonly kind: Kind
  readonly network: string
  readonly time: string
}

type Name = { readonly ar: string; readonly en: string }

export type Founded = ChangeBase<'network_founded'> & {
  readonly registryKey: string
  readonly rootCertificate: string
  readonly logKey: string
  readonly name: Name
  readonly maxStalenessHours: number
}

export type Admitted = ChangeBase<'member_admitted'> & { readonly member: string; readonly name: Name }

export type Standing = ChangeBase<'member_suspended' | 'member_resumed' | 'member_readmitted'> & {
  readonly member: string
  readonly reason: string
}

export type Enrolled = ChangeBase<'gateway_enrolled'> & {
  readonly gateway: string
  readonly member: string
  readonly sealKey: string
  readonly tlsKey: string
  readonly ledgerKey: string
  readonly branches: readonly string[]
  readonly voucher?: string
}

export type KeyBound = ChangeBase<'key_bound'> & {
  readonly gateway: string
  readonly member: string
  readonly use: 'seal' | 'tls'
  readonly publicKey: string
}

export type KeyRevoked = ChangeBase<'key_revoked'> & {
  readonly member: string
  readonly key: string
  readonly reason: string
  readonly at: string
}

export type Retired = ChangeBase<'gateway_retired'> & { readonly gateway: string }

export type Commissioned = ChangeBase<'branch_commissioned'> & {
  readonly branch: string
  readonly host: string
  readonly controlAddress: string
  readonly tunnelAddress: string
  readonly mirrorUrl: string
  readonly tlsKey: string
  readonly witnessKey: string
  readonly class?: string
}

export type BranchRetired = ChangeBase<'branch_retired'> & { readonly branch: string }

export type Agreed = ChangeBase<'agreement_effective'> & {
  readonly agreement: string
  readonly parties: readonly string[]
  readonly validFrom: string
  readonly validUntil: string
  readonly acceptances: readonly string[]
  /** With `signedUnder`: the digest of the signed document. */
  readonly document?: string
  /** Mandates of each party, in the order of `parties`. */
  readonly signedUnder?: readonly (readonly string[])[]
  readonly supersedes?: string
}

export type AgreementStanding = ChangeBase<
  'agreement_suspended' | 'agreement_resumed' | 'agreement_revoked'
> & {
  readonly agreement: string
  readonly party: string
  readonly reason: string
}

export type PolicySet = ChangeBase<'signing_policy_set'> & {
  readonly level: 'advanced' | 'qualified'
  readonly qualifiedPolicies: readonly string[]
  readonly roots: readonly string[]
  readonly answerWithinDays: number
  readonly testAuthorities?: true
}

export type MandateGranted = ChangeBase<'mandate_granted'> & {
  readonly member: string
  readonly mandate: string
  readonly holder: string
  readonly office: Name
  readonly kinds: readonly ('service' | 'hosting' | 'membership')[]
  readonly dataClassUpTo: 'open' | 'confidential' | 'sensitive' | 'secret'
  readonly ceilingAed?: number
  readonly fourEyes?: true
  readonly delegable?: true
  readonly delegatedFrom?: string
  readonly instrument: string
  readonly validFrom: string
  readonly validUntil: string
}

export type MandateEnded = ChangeBase<'mandate_ended'> & {
  readonly member: string
  readonly mandate: string
  readonly reason: string
}

/** A change that says something about who may seal, or sign an agreement. */
export type TrustChange =
  | Founded
  | Admitted
  | Standing
  | Enrolled
  | KeyBound
  | KeyRevoked
  | Retired
  | Commissioned
  | BranchRetired
  | Agreed
  | AgreementStanding
  | PolicySet
  | MandateGranted
  | MandateEnded

export type TrustChangeKind = TrustChange['kind']

/** A change with its signatures and the bytes they cover. */
export interface SignedTrustChange {
  readonly signatures: readonly ChangeSignature[]
  readonly signingBytes: Uint8Array
}
