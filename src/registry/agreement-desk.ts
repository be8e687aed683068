import { decodeAgreement, agreementHash } from '../agreements/agreement.ts'
import type { Directory } from '../directory/directory.ts'
import type { FileSystem } from '../ledger/file-system.ts'
import type { Clock } from '../protocol/clock.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { AgreementRecords } from './desk/agreement-records.ts'
import { assertSuccession } from './desk/assert-succession.ts'
import { assertClosable, type DeskParts, filedOf, nowOf, standingOf } from './desk/desk-parts.ts'
import {
  assertOfThisNetwork,
  fileAcceptance,
  fileDraft,
  finishLinks,
  type Proposal,
} from './desk/file-draft.ts'
export type { FiledAgreement } from './desk/filed-agreement.ts'
import { type AgreementStatus, type FiledAgreement, partiesOf, proposerOf } from './desk/filed-agreement.ts'
import { forgetOver } from './desk/forget-over.ts'
import { LeaseTable } from './desk/lease-table.ts'
import { OneAtATime } from './desk/one-at-a-time.ts'
import { publishIfComplete } from './desk/publish-agreement.ts'
import { RecordFolder } from './desk/record-folder.ts'
import { freezeDraft, takeLease, takeRevision } from './desk/sign-revision.ts'
import type { SignedUpload } from './desk/signing-checks.ts'
import type { Publisher } from './publisher.ts'
import type { RequestDesk } from './request-desk.ts'

interface AgreementDeskOptions {
  readonly stateDirectory: string
  readonly fs: FileSystem
  readonly directory: Directory
  readonly publisher: Pick<Publisher, 'publishOwn'>
  readonly requests: RequestDesk
  readonly clock: Clock
}

/**
 * Where parties meet to agree: holds drafts, signed documents and acceptances, and publishes an agreement once both parties
 * have signed or, in a network without a signing policy, accepted. The contents are for the parties, the operator and auditors
 * only. Acts follow one another, so that each is judged by what the one before left.
 */
export class AgreementDesk {
  readonly #parts: DeskParts
  readonly #acts = new OneAtATime()

  private constructor(parts: DeskParts) {
    this.#parts = parts
  }

  static async open({ stateDirectory, fs, ...rest }: AgreementDeskOptions): Promise<AgreementDesk> {
    const folder = await RecordFolder.open(fs, stateDirectory, 'agreements')
    const records = await AgreementRecords.open(folder)
    const parts = { ...rest, records, leases: new LeaseTable() }
    await finishWhatACrashLeft(parts)
    return new AgreementDesk(parts)
  }

  get(hash: string): FiledAgreement | undefined {
    return this.#parts.records.get(hash)
  }

  list(member?: string): FiledAgreement[] {
    return this.#parts.records.list(member)
  }

  statusOf(filed: FiledAgreement): AgreementStatus {
    return standingOf(this.#parts, filed)
  }

  /** Who signs it at this moment, and until when nobody else may. */
  leaseOf({ hash }: FiledAgreement): { readonly by: string; readonly until: string } | undefined {
    return this.#parts.leases.holder(hash, this.#parts.clock.nowMs())
  }

  /** The newest signed revision; undefined while nobody has signed. @throws WuslaError `file_unreadable` */
  async readDocument(filed: FiledAgreement): Promise<Buffer | undefined> {
    return await this.#parts.records.readDocument(filed)
  }

  /**
   * Files a content: with an acceptance as a proposal, without one as a draft. The same again is filed once.
   *
   * @throws WuslaError `invalid_agreement`, `invalid_signature`, `forbidden`, `signatures_required`, `agreement_not_found`
   *   or `conflict` about what it counters, `not_found` or `conflict` about the request, `too_many_requests`
   */
  async propose(member: string, value: unknown, proposal: Proposal): Promise<string> {
    const content = decodeAgreement(value)
    assertOfThisNetwork(this.#parts.directory, content)
    assertSuccession(this.#parts.directory, content)
    if (!partiesOf({ content }).includes(member)) throw new WuslaError('forbidden')
    if (proposal.acceptance !== undefined) this.#assertSealsSuffice()
    await this.#acts.run(async () => await fileDraft(this.#parts, content, member, proposal))
    return agreementHash(content)
  }

  /** Files an acceptance; the one that completes it publishes the agreement. @throws WuslaError `agreement_not_found` … */
  async accept(hash: string, member: string, acceptance: string): Promise<void> {
    await this.#acts.run(async () => {
      const filed = filedOf(this.#parts, hash, member)
      this.#assertSealsSuffice()
      await fileAcceptance(this.#parts, filed, member, acceptance)
    })
  }

  /** The content is final from here on. @throws WuslaError `agreement_not_found`, `conflict` */
  async freeze(hash: string, member: string): Promise<void> {
    await this.#acts.run(async () => await freezeDraft(this.#parts, filedOf(this.#parts, hash, member)))
  }

  /** A party refuses, or takes its own draft back. @throws WuslaError `agreement_not_found`, `conflict`, `signing_in_progress` */
  async refuse(hash: string, member: string, reason: string): Promise<void> {
    await this.#acts.run(async () => {
      const parts = this.#parts
      const filed = filedOf(parts, hash, member)
      if (filed.closed?.as === 'refused' && filed.closed.by === member) return
      assertClosable(parts, filed, member)
      const closed = { as: 'refused', by: member, at: nowOf(parts), reason } as const
      await parts.records.save({ ...filed, closed })
      parts.leases.release(hash, member)
      await forgetOver(parts, proposerOf(filed) ?? member)
    })
  }

  /**
   * The right to sign next, for 20 minutes. Freezes the content.
   *
   * @throws WuslaError `agreement_not_found`, `already_signed`, `signing_in_progress`, `conflict`, `too_many_requests`
   */
  async lease(hash: string, member: string): Promise<{ leaseUntil: string; document: string | null }> {
    return await this.#acts.run(async () => await takeLease(this.#parts, hash, member))
  }

  /** Nothing happens when this member does not hold it. @throws WuslaError `agreement_not_found` */
  releaseLease(hash: string, member: string): void {
    this.#parts.leases.release(filedOf(this.#parts, hash, member).hash, member)
  }

  /**
   * Takes the revision that officials of this party signed; the second party's publishes the agreement.
   *
   * @throws WuslaError `agreement_not_found`, `already_signed`, `lease_required`, `signing_in_progress`, `conflict`,
   *   `request_too_large`, `document_not_extended`, `invalid_signature`, `mandate_not_valid`, `change_refused`
   */
  async submit(hash: string, member: string, upload: SignedUpload): Promise<void> {
    await this.#acts.run(async () => await takeRevision(this.#parts, hash, member, upload))
  }

  /** @throws WuslaError `signatures_required` */
  #assertSealsSuffice(): void {
    if (this.#parts.directory.signingPolicy() !== undefined) throw new WuslaError('signatures_required')
  }
}

/** A crash may have come between the last signature and its publication, or between a draft and what it takes the place of. */
async function finishWhatACrashLeft(parts: DeskParts): Promise<void> {
  const byAge = parts.records
    .list()
    .toSorted((a, b) => (a.proposedAt ?? '').localeCompare(b.proposedAt ?? '', 'en'))
  for (const filed of byAge) {
    await publishIfComplete(parts, filed).catch(ignoreRefusal)
    await finishLinks(parts, filed)
  }
}

// Refused now, it waits for an acceptance with an active key, or for what else the directory misses.
function ignoreRefusal(cause: unknown): void {
  if (!isWuslaError(cause) || cause.code !== 'change_refused') throw cause
}
