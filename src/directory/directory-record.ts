import type { SealVerifier } from '../trust/seal-key.ts'
import type {
  MandateGranted,
  Name,
  NetworkFounded,
  Operation,
  ServiceKind,
  SigningPolicySet,
} from './change.ts'

/**
 * What the directory knows about one thing. Records are never altered: a change puts a new one in place, so a
 * record in hand stays what it was. `index` is the entry that gave the record its present content, `changedAt`
 * the time of the newest change about its subject. Times are RFC 3339 UTC with milliseconds and sort as text.
 */
interface RecordBase {
  readonly index: number
  readonly changedAt: string
}

export interface NetworkRecord {
  readonly network: string
  readonly founded: NetworkFounded
  /** Key id of the registry's key. */
  readonly registryKeyId: string
  readonly maxStalenessMs: number
}

export interface MemberRecord extends RecordBase {
  readonly member: string
  readonly name: Name
  readonly status: 'active' | 'suspended'
  /** No gateway enrolled since its admission or last re-admission: the next one needs the registry only. */
  readonly awaitsFirstKey: boolean
  /** Why it is suspended, resumed or readmitted last. */
  readonly reason?: string
  readonly admittedAt: string
}

export interface GatewayRecord extends RecordBase {
  readonly gateway: string
  readonly member: string
  /** Home branches, best first. */
  readonly branches: readonly string[]
  /** Key ids of the active seal keys, newest last. */
  readonly sealKeys: readonly string[]
  /** Key ids of the active TLS keys, newest last. */
  readonly tlsKeys: readonly string[]
  /** Verifier key of its evidence ledger. */
  readonly ledgerKey: string
  /** What it said last about dialling it directly; absent: nothing since its enrolment. */
  readonly direct?: DirectRecord
  readonly status: 'active' | 'retired'
}

/** Apart from the rest of a gateway's record, so that an announcement makes no other change of it older. */
interface DirectRecord extends RecordBase {
  /** `IPv4:port` or `[IPv6]:port`; absent: withdrawn. */
  readonly address?: string
}

/** A key as long as the network remembers: also after its end, because old evidence asks for it. */
export interface KeyRecord {
  readonly keyId: string
  readonly use: 'seal' | 'tls'
  /** SubjectPublicKeyInfo in DER, base64url. */
  readonly publicKey: string
  /** Gateway or branch that holds the private half. */
  readonly owner: string
  /** The member it signs for; absent for the key of a branch. */
  readonly member?: string
  readonly boundAt: string
  readonly boundIndex: number
  readonly revokedAt?: string
  readonly revokedIndex?: number
  readonly revocationReason?: string
}

/** A seal key with what checks its seals. An end in `revokedAt` means: not for anything new. */
export interface SealKeyRecord extends KeyRecord {
  readonly member: string
  readonly gateway: string
  readonly verifier: SealVerifier
}

export interface SystemRecord extends RecordBase {
  readonly system: string
  readonly name: Name
}

export interface ServiceRecord extends RecordBase {
  readonly service: string
  readonly kind: ServiceKind
  readonly xroadType: 'REST' | 'OPENAPI'
  readonly name: Name
  readonly description?: Name
  readonly operations?: readonly Operation[]
  /** Present: these operations are granted to every member. */
  readonly open?: { readonly operations: readonly Operation[] }
  readonly status: 'published' | 'withdrawn'
  /** Entries about it, oldest first. */
  readonly history: readonly number[]
}

export interface BranchRecord extends RecordBase {
  readonly branch: string
  readonly host: string
  readonly controlAddress: string
  readonly tunnelAddress: string
  readonly mirrorUrl: string
  readonly tlsKey: string
  /** Key id of `tlsKey`. */
  readonly tlsKeyId: string
  readonly witnessKey: string
  /** Present: it is about to be retired. A new commission ends that. */
  readonly leaving?: true
  /** What transit constraints may ask for; absent: it is in no class. */
  readonly class?: string
  /** Time of the newest change that said so. */
  readonly classedAt: string
  readonly status: 'active' | 'retired'
}

export interface LineRecord extends RecordBase {
  readonly line: string
  readonly ends: readonly string[]
  readonly capacityMbps: number
  readonly monthlyCostAed: number
  readonly owner: string
  readonly riskGroups: readonly string[]
  /** `2024-03-01` */
  readonly installedSince?: string
  readonly status: 'registered' | 'removed'
}

export interface AgreementRecord extends RecordBase {
  readonly agreement: string
  /** The two members, in the order of the content. */
  readonly parties: readonly string[]
  /** As the registry stated them. The signed content decides: read it before granting anything. */
  readonly validFrom: string
  readonly validUntil: string
  readonly status: 'effective' | 'suspended' | 'revoked'
  /** Parties that suspended it and have not resumed. */
  readonly suspendedBy: readonly string[]
  /** What each party changed about it last; a party that changed nothing is not listed. */
  readonly standing: readonly { readonly party: string; readonly changedAt: string }[]
  /** Who ended or suspended it last, and why. */
  readonly reason?: string
  readonly effectiveAt: string
  /** Entries about it, oldest first: the first made it effective. */
  readonly history: readonly number[]
  /** Digest of the PDF that the officials signed; absent: accepted with seals alone, before any signing policy. */
  readonly document?: string
  /** The mandates it was signed under, in the order of `parties`. */
  readonly signedUnder?: readonly (readonly string[])[]
  /** The agreement that it took the place of. */
  readonly supersedes?: string
  /** The agreement that takes its place, and from when, as the registry stated it. Final. */
  readonly superseded?: { readonly by: string; readonly from: string }
}

/** What the network demands of signatures under agreements, as the registry said last. */
export type SigningPolicyRecord = RecordBase & WithoutBase<SigningPolicySet>

/** An official may sign for a member, or might until it ended. */
export type MandateRecord = RecordBase &
  WithoutBase<MandateGranted> & {
    readonly grantedAt: string
    /** Time of the change that ended it. That of a mandate it was delegated from stands there, not here. */
    readonly endedAt?: string
    readonly endReason?: string
    /** Entries about it: the grant and, perhaps, its end. */
    readonly history: readonly number[]
  }

/** Whether somebody may sign under a mandate at a time. */
export type MandateStanding =
  | { readonly standing: 'valid'; readonly record: MandateRecord }
  | { readonly standing: 'unknown' | 'not_yet' | 'expired' | 'ended' }

type WithoutBase<C> = Omit<C, 'type' | 'kind' | 'network' | 'time'>
