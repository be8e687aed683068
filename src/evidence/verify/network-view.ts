import type { SealVerifier } from '../../trust/seal-key.ts'
import type { MandateGranted, PolicySet } from './trust-change.ts'

/** The end of a key. Times are RFC 3339 UTC with milliseconds and sort as text. */
export interface KeyEnd {
  /** When the change that ended it was made. */
  readonly time: string
  /** Since when whoever ended it holds it for unsafe; never later than `time`. */
  readonly unsafeSince: string
  /** True when the key was put away in good order: what it sealed before is not in doubt. */
  readonly isOrderly: boolean
}

/** A key and the gateway that holds it, as long as the network remembers. */
export interface BoundKey {
  readonly keyId: string
  readonly use: 'seal' | 'tls'
  readonly verifier: SealVerifier
  readonly gateway: string
  readonly member: string
  readonly boundAt: string
  readonly end?: KeyEnd
}

export interface MemberView {
  readonly member: string
  readonly name: { readonly ar: string; readonly en: string }
  readonly isSuspended: boolean
  /** Its next gateway is enrolled by the registry's word: none was since admission or re-admission. */
  readonly awaitsFirstKey: boolean
  readonly changedAt: string
  /** Suspensions and their ends, in order. */
  readonly standings: readonly { readonly time: string; readonly isSuspended: boolean }[]
}

export interface GatewayView {
  readonly gateway: string
  readonly member: string
  readonly isRetired: boolean
  /** Verifier keys of its evidence ledger, of every enrolment. */
  readonly ledgerKeys: readonly string[]
  readonly changedAt: string
}

export interface AgreementView {
  readonly parties: readonly string[]
  readonly validFrom: string
  readonly validUntil: string
  /** What the parties did about it later, in order. */
  readonly standings: readonly {
    readonly party: string
    readonly time: string
    readonly act: 'suspended' | 'resumed' | 'revoked'
  }[]
  /** What its officials signed, and under which mandates, in the order of `parties`. */
  readonly signing?: { readonly document: string; readonly signedUnder: readonly (readonly string[])[] }
  /** The digests that the parties sealed beside it, in the order of `parties`. */
  readonly sealedDocuments: readonly (string | undefined)[]
  /** The signing policy that stood when it took effect. */
  readonly policy?: PolicyView
  /** The agreement that takes its place, and from when. */
  readonly superseded?: { readonly by: string; readonly from: string }
}

/** A mandate as it was granted, and its own end; that of what it was delegated from stands there. */
export type MandateView = Omit<MandateGranted, 'type' | 'kind' | 'network' | 'time' | 'instrument'> & {
  readonly grantedAt: string
  readonly endedAt?: string
}

/** What signatures under agreements have to be. */
export type PolicyView = Omit<PolicySet, 'type' | 'kind' | 'network' | 'time'> & { readonly setAt: string }

/** A branch as witness: the key counts from one time to another. */
export interface WitnessView {
  readonly branch: string
  /** The member in whose house the branch stands. */
  readonly host: string
  readonly key: string
  readonly from: string
  readonly until?: string
}

/** What entries of the directory say, replayed in their order. Records stay after their subject's end. */
export class NetworkView {
  readonly registryKey: string
  readonly members: Map<string, MemberView> = new Map()
  readonly gateways: Map<string, GatewayView> = new Map()
  readonly keys: Map<string, BoundKey> = new Map()
  /** Keys of branches: known so that nobody binds them a second time. */
  readonly branchKeys: Set<string> = new Set()
  readonly branches: Map<
    string,
    { readonly isRetired: boolean; readonly tlsKey: string; readonly changedAt: string }
  > = new Map()
  readonly witnesses: WitnessView[] = []
  readonly agreements: Map<string, AgreementView> = new Map()
  readonly mandates: Map<string, MandateView> = new Map()
  policy: PolicyView | undefined

  constructor(registryKey: string) {
    this.registryKey = registryKey
  }

  /** The verifier of a seal key of this member that has not ended. */
  activeSealKey(member: string, keyId: string): SealVerifier | undefined {
    const key = this.keys.get(keyId)
    const isActive = key?.use === 'seal' && key.member === member && key.end === undefined
    return isActive ? key.verifier : undefined
  }

  /** Ends the keys that `belongs` picks and that have not ended. */
  endKeys(belongs: (key: BoundKey) => boolean, end: KeyEnd): void {
    for (const key of this.keys.values()) {
      if (key.end === undefined && belongs(key)) this.keys.set(key.keyId, { ...key, end })
    }
  }

  /** Ends the time in office of the witness of a branch. */
  endWitness(branch: string, until: string): void {
    for (const [place, witness] of this.witnesses.entries()) {
      if (witness.branch === branch && witness.until === undefined)
        this.witnesses[place] = { ...witness, until }
    }
  }
}
