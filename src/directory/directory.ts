import { CompactTree } from '../protocol/compact-tree.ts'
import type { EventSink } from '../protocol/event.ts'
import { leafHash } from '../protocol/merkle.ts'
import type { Anchor } from '../trust/anchor.ts'
import { malformed, resultOf } from './apply-result.ts'
import { changeShapes } from './change-shapes.ts'
import type { ChangeShapes } from './change-shapes.ts'
import type { ApplyResult, DirectoryChange, SignatureCheck } from './directory-change.ts'
import type { DirectoryEvent } from './directory-event.ts'
import type {
  AgreementRecord,
  BranchRecord,
  GatewayRecord,
  KeyRecord,
  LineRecord,
  MandateRecord,
  MandateStanding,
  MemberRecord,
  NetworkRecord,
  SealKeyRecord,
  ServiceRecord,
  SigningPolicyRecord,
  SystemRecord,
} from './directory-record.ts'
import { judgeChange, mayDefer } from './rules/judge-change.ts'
import { prove } from './rules/judgement.ts'
import type { Judgement } from './rules/judgement.ts'
import { readCheckedEntry, readSignedEntry } from './signed-entry.ts'
import type { SignedEntry } from './signed-entry.ts'
import { active, present } from './state/present-records.ts'
import { DirectoryState } from './state/directory-state.ts'
import { entriesAbout } from './state/entries-about.ts'
import type { EvidenceSubjects } from './state/entries-about.ts'
import { mandateStandingAt } from './state/mandate-chain.ts'
import { PendingProofs } from './state/pending-proofs.ts'

export interface DirectoryOptions {
  readonly anchor: Anchor
  readonly onEvent?: EventSink<DirectoryEvent>
  /** Reads an applied entry again; needed for `defer`. Throws if it cannot. */
  readonly readEntry?: (index: number) => Uint8Array
}

/**
 * The public state of the network: who is who, replayed from the entries of the registry's log. It holds whatever
 * the entries say and nothing else, so equal logs give equal directories, and no entry is believed on the
 * registry's word where a member's is needed. An entry that breaks a rule is counted and has no effect.
 *
 * Look-ups give what is active now; what has ended is reached through {@link Directory.sealKey},
 * {@link Directory.tlsKey} and {@link Directory.entriesFor}.
 */
export class Directory {
  readonly anchor: Anchor
  readonly #shapes: ChangeShapes
  readonly #state: DirectoryState
  readonly #pending: PendingProofs
  readonly #tree = new CompactTree()
  readonly #onEvent: EventSink<DirectoryEvent>
  readonly #listeners = new Set<(change: DirectoryChange) => void>()
  #version = 0

  constructor(options: DirectoryOptions) {
    this.anchor = options.anchor
    this.#onEvent = options.onEvent ?? (() => undefined)
    this.#shapes = changeShapes(options.anchor.network)
    this.#pending = new PendingProofs(options.readEntry, ({ index, entry, refusal }) => {
      this.#version += 1
      const { reason, detail } = refusal
      this.#onEvent({ kind: 'change_refused', index, changeKind: entry.change.kind, reason, detail })
      this.#tell(entry, index, true)
    })
    this.#state = new DirectoryState((index) => this.#pending.settle(this.#state, index))
  }

  /** Number of entries replayed, those without effect included. */
  get size(): number {
    return this.#tree.size
  }

  /** Grows with every change that takes effect. */
  get version(): number {
    return this.#version
  }

  /** Entries before this index are fully checked; equals {@link size} unless checks were put off. */
  get checkedSize(): number {
    return this.#pending.lowest ?? this.size
  }

  /** The RFC 6962 root over all entries. */
  root(): Buffer {
    return this.#tree.root()
  }

  /** The state of the tree, to continue it elsewhere. */
  tree(): CompactTree {
    return new CompactTree(this.#tree.size, this.#tree.peaks)
  }

  /** What the rules say about an entry that would come next. Changes nothing. */
  judge(entry: Uint8Array | string): ApplyResult {
    const read = readSignedEntry(this.#shapes, entry)
    if (!read.ok) return malformed(read, this.size)
    return resultOf(this.#decide(read.entry, this.size, 'check'), read.entry, this.size)
  }

  /**
   * Takes in the next entry of the log.
   *
   * @param leaf - its leaf hash, if it is known already.
   */
  apply(entry: Uint8Array | string, check: SignatureCheck = 'check', leaf?: Uint8Array): ApplyResult {
    const index = this.size
    const read =
      check === 'held' && typeof entry !== 'string'
        ? { ok: true as const, entry: readCheckedEntry(entry) }
        : readSignedEntry(this.#shapes, entry)
    this.#tree.append(leaf ?? leafHash(entry))
    if (!read.ok) return this.#report(malformed(read, index))
    const defers = check === 'defer' && mayDefer(this.#state, read.entry)
    const judgement = this.#decide(read.entry, index, defers ? 'held' : check)
    if (judgement.ok) {
      judgement.commit(index)
      if (defers) this.#pending.add(index)
      this.#version += 1
      this.#announce(read.entry, index, check)
    }
    return this.#report(resultOf(judgement, read.entry, index))
  }

  /** Checks up to `count` entries whose checks were put off, oldest first. @returns how many are left. */
  settle(count: number): number {
    for (let done = 0; done < count; done += 1) {
      const { lowest } = this.#pending
      if (lowest === undefined) return 0
      this.#pending.settle(this.#state, lowest)
    }
    return this.#pending.size
  }

  /** Calls back after every change, in the turn of the event loop that applied it. @returns how to stop. */
  onChange(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  network(): NetworkRecord | undefined {
    return this.#state.network
  }

  /** The member, suspended or not. */
  member(id: string): MemberRecord | undefined {
    return this.#state.members.get(id)
  }

  members(): MemberRecord[] {
    return [...this.#state.members.values()]
  }

  gateway(id: string): GatewayRecord | undefined {
    return active(this.#state.gateways.get(id))
  }

  gatewaysOf(member: string): readonly GatewayRecord[] {
    return this.#state.activeGatewaysOf(member)
  }

  system(id: string): SystemRecord | undefined {
    return this.#state.systems.get(id)
  }

  systemsOf(member: string): SystemRecord[] {
    return present(this.#state.systemsOf(member).map((id) => this.#state.systems.get(id)))
  }

  service(id: string): ServiceRecord | undefined {
    const record = this.#state.service(id)
    return record?.status === 'published' ? record : undefined
  }

  servicesOf(member: string): ServiceRecord[] {
    return present(this.#state.servicesOf(member).map((id) => this.service(id)))
  }

  /** Every published service. At 100,000 of them, and before {@link settle} is done, this takes seconds. */
  services(): ServiceRecord[] {
    return present([...this.#state.serviceIds()].map((id) => this.service(id)))
  }

  /** Services by their place in the order of first publication; those withdrawn keep their place, and are left out. */
  servicesFrom(from: number, count: number): { readonly services: ServiceRecord[]; readonly next?: number } {
    const { ids, ...more } = this.#state.serviceIdsFrom(from, count)
    return { services: present(ids.map((id) => this.service(id))), ...more }
  }

  branch(id: string): BranchRecord | undefined {
    return active(this.#state.branches.get(id))
  }

  /** Whether this branch was in office once and is no longer. */
  isRetiredBranch(id: string): boolean {
    return this.#state.branches.get(id)?.status === 'retired'
  }

  branches(): BranchRecord[] {
    return present([...this.#state.branches.values()].map(active))
  }

  lines(): LineRecord[] {
    return [...this.#state.lines.values()].filter(({ status }) => status === 'registered')
  }

  /** The agreement in whatever state; `status`, and the signed content, say whether it grants anything. */
  agreement(hash: string): AgreementRecord | undefined {
    return this.#state.agreement(hash)
  }

  agreementsOf(member: string): AgreementRecord[] {
    return present(this.#state.agreementsOf(member).map((hash) => this.#state.agreement(hash)))
  }

  agreementsBetween(a: string, b: string): AgreementRecord[] {
    return this.#state.agreementsBetween(a, b)
  }

  /** What signatures have to be now, or had to be when this agreement took effect; undefined: seals alone are enough. */
  signingPolicy(agreement?: string): SigningPolicyRecord | undefined {
    return agreement === undefined ? this.#state.policy : this.#state.policyOf(agreement)
  }

  /** A mandate, also one that has expired or ended: {@link Directory.mandateAt} says what it is worth. */
  mandate(id: string): MandateRecord | undefined {
    return this.#state.mandates.get(id)
  }

  /** Every mandate that this member ever granted, in the order of granting. */
  mandatesOf(member: string): MandateRecord[] {
    return present(this.#state.mandatesOf(member).map((id) => this.#state.mandates.get(id)))
  }

  /** Whether somebody may sign under this mandate at `time` (RFC 3339 UTC with milliseconds). */
  mandateAt(id: string, time: string): MandateStanding {
    return mandateStandingAt(this.#state, id, time)
  }

  /** A seal key, also one that has ended: `revokedAt` tells. */
  sealKey(keyId: string): SealKeyRecord | undefined {
    return this.#state.sealKey(keyId)
  }

  /** A seal key that may sign now. */
  activeSealKey(keyId: string): SealKeyRecord | undefined {
    return this.#state.keys.get(keyId)?.revokedAt === undefined ? this.sealKey(keyId) : undefined
  }

  /** A TLS key, also one that has ended: `revokedAt` tells. */
  tlsKey(keyId: string): KeyRecord | undefined {
    const key = this.#state.keys.get(keyId)
    return key?.use === 'tls' ? key : undefined
  }

  /** The gateway or branch that may show this TLS key now. */
  tlsKeyOwner(keyId: string): string | undefined {
    const key = this.tlsKey(keyId)
    return key?.revokedAt === undefined ? key?.owner : undefined
  }

  /** Indexes of the entries that a verifier of evidence about these subjects needs, in order. */
  entriesFor(subjects: EvidenceSubjects): number[] {
    return entriesAbout(this.#state, subjects)
  }

  #decide(entry: SignedEntry, index: number, check: SignatureCheck): Judgement {
    const judgement = judgeChange(this.#state, entry, this.anchor, index)
    return check === 'held' ? judgement : prove(judgement)
  }

  #announce(entry: SignedEntry, index: number, check: SignatureCheck): void {
    const { change } = entry
    if (change.kind === 'member_readmitted' && check !== 'held') {
      this.#onEvent({ kind: 'member_readmitted', index, member: change.member, reason: change.reason })
    }
    this.#tell(entry, index, false)
  }

  #tell({ change, signatures }: SignedEntry, index: number, takenBack: boolean): void {
    for (const listener of this.#listeners) listener({ index, change, signatures, takenBack })
  }

  #report(result: ApplyResult): ApplyResult {
    if (!result.applied) {
      const { index, changeKind, reason, detail } = result
      this.#onEvent({ kind: 'change_refused', index, changeKind, reason, detail })
    }
    return result
  }
}
