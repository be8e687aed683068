import { memberOf } from '../../protocol/identifier.ts'
import type {
  AgreementRecord,
  BranchRecord,
  GatewayRecord,
  KeyRecord,
  LineRecord,
  MandateRecord,
  MemberRecord,
  NetworkRecord,
  SealKeyRecord,
  ServiceRecord,
  SigningPolicyRecord,
  SystemRecord,
} from '../directory-record.ts'
import { present } from './present-records.ts'
import { createVerifierCache } from './verifier-cache.ts'
import type { VerifierCache } from './verifier-cache.ts'

/** Called before a record is read whose signatures have not been checked yet; may remove the record. */
export type Settle = (index: number) => void

/**
 * The tables of the directory. Rules read and change them; nobody else does. Records stay after their subject's
 * end: they refuse the return of an old change, and old evidence asks for them.
 */
export class DirectoryState {
  network: NetworkRecord | undefined
  readonly members: Map<string, MemberRecord> = new Map()
  readonly gateways: Map<string, GatewayRecord> = new Map()
  readonly keys: Map<string, KeyRecord> = new Map()
  readonly systems: Map<string, SystemRecord> = new Map()
  readonly branches: Map<string, BranchRecord> = new Map()
  readonly lines: Map<string, LineRecord> = new Map()
  readonly mandates: Map<string, MandateRecord> = new Map()
  /** Every signing policy there was, in order: the last one stands. */
  readonly policies: SigningPolicyRecord[] = []
  readonly verifiers: VerifierCache = createVerifierCache()

  readonly #services = new Map<string, ServiceRecord>()
  readonly #agreements = new Map<string, AgreementRecord>()
  readonly #activeGateways = new Map<string, readonly GatewayRecord[]>()
  readonly #systemsOf = new Map<string, string[]>()
  readonly #servicesOf = new Map<string, string[]>()
  readonly #agreementsOf = new Map<string, string[]>()
  readonly #mandatesOf = new Map<string, string[]>()
  readonly #memberHistory = new Map<string, number[]>()
  readonly #branchHistory = new Map<string, number[]>()
  readonly #settle: Settle

  constructor(settle: Settle) {
    this.#settle = settle
  }

  service(id: string): ServiceRecord | undefined {
    const record = this.#services.get(id)
    if (record === undefined) return undefined
    this.#settle(record.index)
    return this.#services.get(id)
  }

  agreement(hash: string): AgreementRecord | undefined {
    const record = this.#agreements.get(hash)
    if (record === undefined) return undefined
    this.#settle(record.index)
    return this.#agreements.get(hash)
  }

  serviceIds(): Iterable<string> {
    return this.#services.keys()
  }

  /** A page of {@link serviceIds}; `next` is where the one after it begins. */
  serviceIdsFrom(from: number, count: number): { readonly ids: readonly string[]; readonly next?: number } {
    const all = [...this.serviceIds()]
    const ids = all.slice(from, from + count)
    return from + count < all.length ? { ids, next: from + count } : { ids }
  }

  agreementIds(): Iterable<string> {
    return this.#agreements.keys()
  }

  systemsOf(member: string): readonly string[] {
    return this.#systemsOf.get(member) ?? []
  }

  servicesOf(member: string): readonly string[] {
    return this.#servicesOf.get(member) ?? []
  }

  agreementsOf(member: string): readonly string[] {
    return this.#agreementsOf.get(member) ?? []
  }

  agreementsBetween(a: string, b: string): AgreementRecord[] {
    const [ofA, ofB] = [this.agreementsOf(a), this.agreementsOf(b)]
    const [own, other] = ofA.length <= ofB.length ? [ofA, b] : [ofB, a]
    const records = present(own.map((hash) => this.agreement(hash)))
    return records.filter(({ parties }) => parties.includes(other))
  }

  /** A seal key, also one that has ended. */
  sealKey(keyId: string): SealKeyRecord | undefined {
    const key = this.keys.get(keyId)
    if (key === undefined || key.use !== 'seal' || key.member === undefined) return undefined
    return {
      ...key,
      member: key.member,
      gateway: key.owner,
      verifier: this.verifiers.get(keyId, key.publicKey),
    }
  }

  mandatesOf(member: string): readonly string[] {
    return this.#mandatesOf.get(member) ?? []
  }

  activeGatewaysOf(member: string): readonly GatewayRecord[] {
    return this.#activeGateways.get(member) ?? []
  }

  hasActiveSealKey(member: string): boolean {
    return this.activeGatewaysOf(member).some((gateway) => gateway.sealKeys.length > 0)
  }

  /** Entries about the standing, gateways and keys of a member, in order. */
  historyOf(member: string): readonly number[] {
    return this.#memberHistory.get(member) ?? []
  }

  remember(member: string, index: number): void {
    push(this.#memberHistory, member, index)
  }

  /** Entries about a branch, in order. */
  branchHistory(branch: string): readonly number[] {
    return this.#branchHistory.get(branch) ?? []
  }

  putBranch(record: BranchRecord): void {
    this.branches.set(record.branch, record)
    push(this.#branchHistory, record.branch, record.index)
  }

  putGateway(record: GatewayRecord): void {
    this.gateways.set(record.gateway, record)
    const others = this.activeGatewaysOf(record.member).filter(({ gateway }) => gateway !== record.gateway)
    const active = record.status === 'active' ? [...others, record] : others
    this.#activeGateways.set(record.member, Object.freeze(active))
  }

  putSystem(record: SystemRecord): void {
    if (!this.systems.has(record.system)) push(this.#systemsOf, memberOf(record.system), record.system)
    this.systems.set(record.system, record)
  }

  putService(record: ServiceRecord): void {
    if (!this.#services.has(record.service)) push(this.#servicesOf, memberOf(record.service), record.service)
    this.#services.set(record.service, record)
  }

  putAgreement(record: AgreementRecord): void {
    if (!this.#agreements.has(record.agreement)) {
      for (const party of record.parties) push(this.#agreementsOf, party, record.agreement)
    }
    this.#agreements.set(record.agreement, record)
  }

  putMandate(record: MandateRecord): void {
    if (!this.mandates.has(record.mandate)) push(this.#mandatesOf, record.member, record.mandate)
    this.mandates.set(record.mandate, record)
  }

  get policy(): SigningPolicyRecord | undefined {
    return this.policies.at(-1)
  }

  /** The policy that stood when an agreement took effect; the newest if none did, or it has not. */
  policyOf(agreement: string): SigningPolicyRecord | undefined {
    const [effect = Infinity] = this.agreement(agreement)?.history ?? []
    return this.policies.findLast(({ index }) => index < effect) ?? this.policy
  }

  /** Adds a key and shows it at its gateway, if a gateway holds it. */
  bindKey(key: KeyRecord): void {
    this.keys.set(key.keyId, key)
    const gateway = this.gateways.get(key.owner)
    if (gateway === undefined) return
    const list = key.use === 'seal' ? 'sealKeys' : 'tlsKeys'
    this.putGateway({ ...gateway, [list]: [...gateway[list], key.keyId] })
  }

  /** Ends a key for everything new. A key that has ended stays as it is. */
  endKey(keyId: string, end: { time: string; index: number; reason: string }): void {
    const key = this.keys.get(keyId)
    if (key === undefined || key.revokedAt !== undefined) return
    const { time, index, reason } = end
    this.keys.set(keyId, { ...key, revokedAt: time, revokedIndex: index, revocationReason: reason })
    const gateway = this.gateways.get(key.owner)
    if (gateway === undefined) return
    const without = (ids: readonly string[]): readonly string[] => ids.filter((id) => id !== keyId)
    this.putGateway({ ...gateway, sealKeys: without(gateway.sealKeys), tlsKeys: without(gateway.tlsKeys) })
  }

  /** Takes a service back as if its entry had never had an effect. */
  dropService(service: string): void {
    this.#services.delete(service)
    withdraw(this.#servicesOf, memberOf(service), service)
  }

  /** Takes an agreement back as if its entry had never had an effect. */
  dropAgreement(record: AgreementRecord): void {
    this.#agreements.delete(record.agreement)
    for (const party of record.parties) withdraw(this.#agreementsOf, party, record.agreement)
  }

  /** The records as they stand, without settling: only for who takes them back. */
  peekService(id: string): ServiceRecord | undefined {
    return this.#services.get(id)
  }

  peekAgreement(hash: string): AgreementRecord | undefined {
    return this.#agreements.get(hash)
  }
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function withdraw(lists: Map<string, string[]>, key: string, value: string): void {
  const rest = (lists.get(key) ?? []).filter((other) => other !== value)
  if (rest.length === 0) lists.delete(key)
  else lists.set(key, rest)
}
