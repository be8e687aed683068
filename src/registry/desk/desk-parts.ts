import type { Directory } from '../../directory/directory.ts'
import { type Clock, formatTime } from '../../protocol/clock.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Publisher } from '../publisher.ts'
import type { RequestDesk } from '../request-desk.ts'
import type { AgreementRecords } from './agreement-records.ts'
import { type AgreementStatus, type FiledAgreement, partiesOf, statusOf } from './filed-agreement.ts'
import type { LeaseTable } from './lease-table.ts'

/** What the steps of the desk work with. */
export interface DeskParts {
  readonly records: AgreementRecords
  readonly leases: LeaseTable
  readonly requests: RequestDesk
  readonly directory: Directory
  readonly publisher: Pick<Publisher, 'publishOwn'>
  readonly clock: Clock
}

export function nowOf({ clock }: DeskParts): string {
  return formatTime(clock.nowMs())
}

/** How far an agreement came, by what lies here and what the directory says. */
export function standingOf({ directory }: DeskParts, filed: FiledAgreement): AgreementStatus {
  return statusOf(filed, directory.agreement(filed.hash) !== undefined)
}

/** An agreement of this member; for everybody else it does not exist. @throws WuslaError `agreement_not_found` */
export function filedOf({ records }: DeskParts, hash: string, member: string): FiledAgreement {
  const filed = records.get(hash)
  if (filed === undefined || !partiesOf(filed).includes(member)) throw new WuslaError('agreement_not_found')
  return filed
}

/** Whether anything can still be done to it before it is in force. @throws WuslaError `conflict` */
export function assertOpen(parts: DeskParts, filed: FiledAgreement): void {
  const status = standingOf(parts, filed)
  if (status === 'draft' || status === 'frozen') return
  throw new WuslaError('conflict', {
    message:
      status === 'effective'
        ? 'The agreement is in force already.'
        : `The draft was ${status}: make another.`,
    details: { status },
  })
}

/** Whether somebody may still bring it into force: it is a draft or frozen, and its validity has not passed. */
export function isUnfinished(parts: DeskParts, filed: FiledAgreement, now: string): boolean {
  const status = standingOf(parts, filed)
  return (status === 'draft' || status === 'frozen') && filed.content.validUntil > now
}

/**
 * Whether it can be refused, withdrawn or countered by this member: nobody signed it, and nobody is signing it.
 *
 * @throws WuslaError `conflict`, `signing_in_progress`
 */
export function assertClosable(parts: DeskParts, filed: FiledAgreement, member: string): void {
  assertOpen(parts, filed)
  const signedBy = Object.keys(filed.signed ?? {})
  if (signedBy.length > 0) {
    throw new WuslaError('conflict', {
      message: 'An official has signed it: the other party signs it too, or it is left as it is.',
      details: { signedBy },
    })
  }
  parts.leases.assertNotOthers(filed.hash, member, parts.clock.nowMs())
}
