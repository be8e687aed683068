import { memberOf } from '../protocol/identifier.ts'
import type { EventSink } from '../protocol/event.ts'
import type { Change } from './change.ts'
import type { DirectoryChange } from './directory-change.ts'
import type { DirectoryEvent } from './directory-event.ts'

/** Whose changes are watched. */
export interface OwnMember {
  readonly member: string
  /** Whether this actor itself holds the key. */
  readonly isOwnKey: (keyId: string) => boolean
}

/**
 * Raises `own_member_changed` for each change about the own member that was not signed with an own key. Keys,
 * gateways and agreements of a member change by its own hand; whoever else did it, its people must look.
 */
export function watchOwnMember(
  own: OwnMember,
  onEvent: EventSink<DirectoryEvent>,
): (change: DirectoryChange) => void {
  return ({ index, change, signatures, takenBack }) => {
    if (takenBack || !membersOf(change).includes(own.member)) return
    const keys = [...signatures.map(({ key }) => key), ...namedKeys(change)]
    if (keys.some((key) => own.isOwnKey(key))) return
    const signedBy = signatures.map(({ by }) => by)
    onEvent({ kind: 'own_member_changed', index, member: own.member, changeKind: change.kind, signedBy })
  }
}

/** The members that a change is about. */
function membersOf(change: Change): readonly string[] {
  switch (change.kind) {
    case 'member_admitted':
    case 'member_suspended':
    case 'member_resumed':
    case 'member_readmitted':
    case 'gateway_enrolled':
    case 'key_bound':
    case 'key_revoked':
    case 'gateway_direct_announced':
    case 'gateway_direct_withdrawn':
    case 'mandate_granted':
    case 'mandate_ended':
      return [change.member]
    case 'gateway_retired':
      return [memberOf(change.gateway)]
    case 'system_registered':
      return [memberOf(change.system)]
    case 'service_published':
    case 'service_withdrawn':
      return [memberOf(change.service)]
    case 'agreement_effective':
      return change.parties
    case 'agreement_suspended':
    case 'agreement_resumed':
    case 'agreement_revoked':
      return [change.party]
    case 'branch_commissioned':
      return [change.host]
    default:
      return []
  }
}

/**
 * Key ids that acceptances of an agreement and the voucher of a gateway name: the member's own word, given before the
 * change was made. A voucher was verified when the change was taken in. Acceptances may not be yet, so nothing about
 * them is sure.
 */
function namedKeys(change: Change): string[] {
  const words = change.kind === 'agreement_effective' ? change.acceptances : voucherOf(change)
  return words.flatMap((jws) => {
    try {
      const header: unknown = JSON.parse(
        Buffer.from(jws.split('.', 1)[0] ?? '', 'base64url').toString('utf8'),
      )
      const isNamed = header !== null && typeof header === 'object' && 'kid' in header
      return isNamed && typeof header.kid === 'string' ? [header.kid] : []
    } catch {
      return []
    }
  })
}

function voucherOf(change: Change): readonly string[] {
  return change.kind === 'gateway_enrolled' && change.voucher !== undefined ? [change.voucher] : []
}
