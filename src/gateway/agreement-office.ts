import { randomBytes } from 'node:crypto'
import { makeAcceptance } from '../agreements/acceptance.ts'
import { agreementHash, decodeAgreement } from '../agreements/agreement.ts'
import type { Directory } from '../directory/directory.ts'
import type { AgreementRecord } from '../directory/directory-record.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { SealKey } from '../trust/seal-key.ts'
import type { AgreementStore } from './agreement-store.ts'
import {
  type AgreementDetails,
  type AgreementView,
  detailsOf,
  viewOfFiled,
  viewOfRecord,
} from './agreement-view.ts'
import { nameDraft } from './name-draft.ts'
import { assertOwn, readOwnAgreement } from './own-agreement.ts'
import type { ProposalLinks, RegistryAgreement, RegistryClient } from './registry-client.ts'
import type { VerifiedAgreements } from './verified-agreements.ts'

/** What the office asks of the registry. */
export type AgreementRegistry = Pick<
  RegistryClient,
  | 'acceptAgreement'
  | 'freezeAgreement'
  | 'listAgreements'
  | 'proposeAgreement'
  | 'readAgreement'
  | 'refuseAgreement'
>

interface AgreementOfficeOptions {
  readonly network: string
  readonly member: string
  /** The seal key of the moment: a rotation puts another in place. */
  readonly key: () => SealKey
  readonly directory: Directory
  readonly store: AgreementStore
  readonly registry: AgreementRegistry
  /** Whether a signed agreement was verified here. */
  readonly verified: Pick<VerifiedAgreements, 'failureOf'>
  readonly clock: Clock
  /** Resolves when the directory here shows the agreement; rejects after a time. */
  readonly untilInForce: (hash: string) => Promise<void>
}

/** Where this member proposes, accepts and reads its agreements. */
export class AgreementOffice {
  readonly #options: AgreementOfficeOptions

  constructor(options: AgreementOfficeOptions) {
    this.#options = options
  }

  /**
   * Completes a draft and files it with the registry for the other party: accepted for this member by the seal, or, where officials have to
   * sign, as a draft that binds nobody yet.
   *
   * @param draft - content without `type`, `network` and `nonce`; parties and services without a name get that of the directory
   * @throws WuslaError `invalid_agreement`, `forbidden` when this member is no party, `terms_not_enforced`, `conflict`,
   *   `registry_unreachable`
   */
  async propose(draft: object, links: ProposalLinks = {}): Promise<string> {
    const { network, registry, store, member, directory } = this.#options
    const nonce = randomBytes(16).toString('base64url')
    const named = nameDraft(draft, directory)
    const content = decodeAgreement({ nonce, ...named, type: 'wusla/agreement/v1', network })
    assertOwn(content, member)
    const hash = await store.put(content)
    const isSigned = directory.signingPolicy() !== undefined
    await registry.proposeAgreement(content, isSigned ? undefined : await this.#acceptance(hash), links)
    return hash
  }

  /**
   * Accepts a proposed agreement after checking that its content is what its hash says.
   *
   * @throws WuslaError as {@link propose}, `agreement_not_found`, `signatures_required` where officials have to sign
   */
  async accept(hash: string): Promise<void> {
    const { registry, store, member, directory, untilInForce } = this.#options
    if (directory.signingPolicy() !== undefined)
      throw new WuslaError('signatures_required', { details: { agreement: hash } })
    const content = readOwnAgreement((await registry.readAgreement(hash)).content, hash, member)
    // Kept before it is accepted: from the moment it is in force this gateway must be able to decide by it.
    await store.put(content)
    await registry.acceptAgreement(hash, await this.#acceptance(hash))
    await untilInForce(hash)
  }

  /** Says that the content of a draft is final. @throws WuslaError `conflict`, `registry_unreachable` */
  async freeze(hash: string): Promise<void> {
    await this.#options.registry.freezeAgreement(hash)
  }

  /** Refuses a draft of the other party, or withdraws an own one. @throws WuslaError `conflict`, `registry_unreachable` */
  async refuse(hash: string, reason: string): Promise<void> {
    await this.#options.registry.refuseAgreement(hash, reason)
  }

  /** Fetches the contents of agreements that other nodes of this member signed. */
  async fetchMissing(): Promise<void> {
    const { directory, member, store, registry } = this.#options
    for (const { agreement } of directory.agreementsOf(member)) {
      if (store.get(agreement) !== undefined) continue
      const { content } = await registry.readAgreement(agreement)
      if (agreementHash(decodeAgreement(content)) === agreement) await store.put(content)
    }
  }

  /** All agreements of this member: those in the directory, and what is proposed at the registry if it answers. */
  async list(): Promise<AgreementView[]> {
    const { directory, member, clock } = this.#options
    const now = formatTime(clock.nowMs())
    const known = directory.agreementsOf(member).map((record) => this.#viewOf(record, now))
    const filed = (await this.#filed()).filter(({ hash }) => directory.agreement(hash) === undefined)
    return [...known, ...filed.map((each) => viewOfFiled(each, now))]
  }

  /**
   * One agreement with its signatures and what is missing.
   *
   * @throws WuslaError `agreement_not_found`, `forbidden` when this member is no party, `registry_unreachable` for one that only the
   *   registry knows
   */
  async read(hash: string): Promise<AgreementDetails> {
    const { directory, member, registry, clock } = this.#options
    const now = formatTime(clock.nowMs())
    const record = directory.agreement(hash)
    if (record !== undefined && !record.parties.includes(member))
      throw new WuslaError('forbidden', { details: { agreement: hash } })
    const filed = await (record === undefined
      ? registry.readAgreement(hash)
      : unlessAway(registry.readAgreement(hash)))
    if (record === undefined && filed === undefined)
      throw new WuslaError('agreement_not_found', { details: { agreement: hash } })
    const view =
      record === undefined ? viewOfFiled(filed as RegistryAgreement, now) : this.#viewOf(record, now)
    return detailsOf(view, record, filed, (id) => directory.mandate(id))
  }

  #viewOf(record: AgreementRecord, now: string): AgreementView {
    const { store, verified } = this.#options
    return viewOfRecord({
      record,
      content: store.get(record.agreement),
      failure: verified.failureOf(record),
      now,
    })
  }

  /** Proposals are the registry's to tell; what is in force is known here without it. */
  async #filed(): Promise<readonly RegistryAgreement[]> {
    const { registry, member } = this.#options
    return (await unlessAway(registry.listAgreements(member))) ?? []
  }

  async #acceptance(agreement: string): Promise<string> {
    const { member, key, clock } = this.#options
    return await makeAcceptance({ agreement, member, key: key(), nowMs: clock.nowMs() })
  }
}

/** @returns undefined when the registry does not answer */
async function unlessAway<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isWuslaError(error) && error.code === 'registry_unreachable') return undefined
    throw error
  }
}
