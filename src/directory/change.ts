import type { Operation as PathOperation } from '../protocol/path-glob.ts'

/** A name in both languages of the network. Both are shown to people; neither is ever compared. */
export type Name = { readonly ar: string; readonly en: string }

/** What every change carries. `time` is RFC 3339 UTC with milliseconds. */
type ChangeBase<Kind extends string> = {
  readonly type: 'wusla/change/v1'
  readonly kind: Kind
  readonly network: string
  readonly time: string
}

/** Entry 0 of the ledger: says again what the anchor says, so that a log and an anchor cannot be mixed up. */
export type NetworkFounded = ChangeBase<'network_founded'> & {
  readonly registryKey: string
  readonly rootCertificate: string
  readonly logKey: string
  readonly name: Name
  readonly maxStalenessHours: number
}

export type MemberAdmitted = ChangeBase<'member_admitted'> & {
  readonly member: string
  readonly name: Name
}

/** Suspension, its end, and the public re-admission that voids every key of the member. */
export type MemberStanding = ChangeBase<'member_suspended' | 'member_resumed' | 'member_readmitted'> & {
  readonly member: string
  readonly reason: string
}

export type GatewayEnrolled = ChangeBase<'gateway_enrolled'> & {
  readonly gateway: string
  readonly member: string
  readonly sealKey: string
  readonly tlsKey: string
  /** Verifier key of the gateway's evidence ledger; its name is `wusla/<gateway>`. */
  readonly ledgerKey: string
  /** Home branches, best first. */
  readonly branches: readonly string[]
  /** Compact JWS by a seal key of the member; absent on the first gateway of a member. */
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
  /** Since when the signer believes the key to be unsafe; never later than `time`. */
  readonly at: string
}

export type GatewayRetired = ChangeBase<'gateway_retired'> & { readonly gateway: string }

/** Where this gateway answers peers that dial it without a branch in between. */
export type GatewayDirectAnnounced = ChangeBase<'gateway_direct_announced'> & {
  readonly gateway: string
  readonly member: string
  /** `IPv4:port` or `[IPv6]:port`: what is signed is what is dialled, no name comes in between. */
  readonly address: string
}

export type GatewayDirectWithdrawn = ChangeBase<'gateway_direct_withdrawn'> & {
  readonly gateway: string
  readonly member: string
}

export type SystemRegistered = ChangeBase<'system_registered'> & {
  readonly system: string
  readonly name: Name
}

export type ServiceKind = 'api' | 'events' | 'files' | 'stream'

/** One method (or `*`) and a path glob. */
export type Operation = Pick<PathOperation, 'method' | 'path'>

export type ServicePublished = ChangeBase<'service_published'> & {
  readonly service: string
  readonly serviceKind: ServiceKind
  readonly xroadType: 'REST' | 'OPENAPI'
  readonly name: Name
  readonly description?: Name
  /** Shown in the catalogue; grants nothing. */
  readonly operations?: readonly Operation[]
  /** Present: every member may call these operations, by the provider's seal alone. */
  readonly open?: { readonly operations: readonly Operation[] }
}

export type ServiceWithdrawn = ChangeBase<'service_withdrawn'> & { readonly service: string }

export type BranchCommissioned = ChangeBase<'branch_commissioned'> & {
  readonly branch: string
  /** The member in whose data centre the branch stands. */
  readonly host: string
  /** `host:port` where gateways keep their control connection. */
  readonly controlAddress: string
  /** `host:port` of the tunnel listener. */
  readonly tunnelAddress: string
  /** Base URL of the directory mirror and of the witness, without a trailing slash. */
  readonly mirrorUrl: string
  readonly tlsKey: string
  /** Verifier key (type cosignature) of the branch's witness; its name is `wusla/<branch>`. */
  readonly witnessKey: string
  /** What transit constraints may ask for, such as `sovereign`. */
  readonly class?: string
}

/** The operator's word on the class of a branch; absent: it is in none. */
export type BranchClassed = ChangeBase<'branch_classed'> & {
  readonly branch: string
  readonly class?: string
}

/** The operator's word that a branch is about to be retired: it takes no new tunnels, and those that run move. */
export type BranchLeaving = ChangeBase<'branch_leaving'> & { readonly branch: string }

export type BranchRetired = ChangeBase<'branch_retired'> & { readonly branch: string }

export type LineRegistered = ChangeBase<'line_registered'> & {
  readonly line: string
  /** Two branches, a branch and a gateway, or two gateways. */
  readonly ends: readonly string[]
  readonly capacityMbps: number
  readonly monthlyCostAed: number
  readonly owner: string
  /** Names of what fails together, such as one duct or one power feed. */
  readonly riskGroups: readonly string[]
  /** `2024-03-01` */
  readonly installedSince?: string
}

export type LineRemoved = ChangeBase<'line_removed'> & { readonly line: string }

export type AgreementEffective = ChangeBase<'agreement_effective'> & {
  readonly agreement: string
  readonly parties: readonly string[]
  readonly validFrom: string
  readonly validUntil: string
  /** One compact JWS for each party, in the order of `parties`. */
  readonly acceptances: readonly string[]
  /** Digest of the whole PDF that the officials signed. Comes with `signedUnder`, or not at all. */
  readonly document?: string
  /** The mandates under which it was signed: one or two for each party, in the order of `parties`. */
  readonly signedUnder?: readonly (readonly string[])[]
  /** Hash of the agreement of the same parties that it takes the place of from `validFrom` on. */
  readonly supersedes?: string
}

export type AgreementStanding = ChangeBase<
  'agreement_suspended' | 'agreement_resumed' | 'agreement_revoked'
> & {
  readonly agreement: string
  readonly party: string
  readonly reason: string
}

/** What the registry demands of agreements from here on. The newest one stands. */
export type SigningPolicySet = ChangeBase<'signing_policy_set'> & {
  /** What the signature of an official has to be. */
  readonly level: 'advanced' | 'qualified'
  /** OIDs of certificate policies under which a certificate counts as qualified. */
  readonly qualifiedPolicies: readonly string[]
  /** Certificates of the authorities that officials and time-stamps are believed from: DER in base64url. */
  readonly roots: readonly string[]
  /** How long a provider may take to answer a request for access, in days. */
  readonly answerWithinDays: number
  /** This network believes authorities for tests: it is one for trying out. */
  readonly testAuthorities?: true
}

/** Classes of data, each above the one before. */
export type DataClass = 'open' | 'confidential' | 'sensitive' | 'secret'

/** An official may sign for a member. Who the official is stands nowhere: `holder` is a keyed digest. */
export type MandateGranted = ChangeBase<'mandate_granted'> & {
  readonly member: string
  /** Random; granted once for ever. */
  readonly mandate: string
  /** HMAC-SHA-256 over the digits of the identity number, keyed with a salt that is never published. */
  readonly holder: string
  /** Name of the office, never of the person. */
  readonly office: Name
  /** Kinds of agreements that may be signed under it. */
  readonly kinds: readonly ('service' | 'hosting' | 'membership')[]
  readonly dataClassUpTo: DataClass
  /** Highest `extraLineCostAed` of an agreement, in whole dirhams a month; absent: no ceiling. */
  readonly ceilingAed?: number
  /** A second official of the same member has to sign too. */
  readonly fourEyes?: true
  /** Its holder's office may hand on a part of it. */
  readonly delegable?: true
  /** The mandate of which this one is a part. */
  readonly delegatedFrom?: string
  /** Digest of the deed of appointment, which stays with the member. */
  readonly instrument: string
  readonly validFrom: string
  readonly validUntil: string
}

/** The end of a mandate and of everything that was delegated from it. Final. */
export type MandateEnded = ChangeBase<'mandate_ended'> & {
  readonly member: string
  readonly mandate: string
  readonly reason: string
}

/** One change of the public state of the network: `docs/spec/directory.md`, section 4. */
export type Change =
  | NetworkFounded
  | MemberAdmitted
  | MemberStanding
  | GatewayEnrolled
  | KeyBound
  | KeyRevoked
  | GatewayRetired
  | GatewayDirectAnnounced
  | GatewayDirectWithdrawn
  | SystemRegistered
  | ServicePublished
  | ServiceWithdrawn
  | BranchCommissioned
  | BranchClassed
  | BranchLeaving
  | BranchRetired
  | LineRegistered
  | LineRemoved
  | AgreementEffective
  | AgreementStanding
  | SigningPolicySet
  | MandateGranted
  | MandateEnded

export type ChangeKind = Change['kind']

/** The change of one kind, or of several. */
export type ChangeOf<Kind extends ChangeKind> = Change extends infer Each
  ? Each extends Change
    ? Kind extends Each['kind']
      ? Each
      : never
    : never
  : never
