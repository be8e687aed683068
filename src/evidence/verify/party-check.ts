import type { BatchHeader } from '../../protocol/batch.ts'
import { memberOf } from '../../protocol/identifier.ts'
import type { RequestStatement } from '../../protocol/statement.ts'
import type { PartyFacts } from '../verify-result.ts'
import type { NetworkView } from './network-view.ts'
import { need, Refusal } from './refusal.ts'

/**
 * Both members are admitted, both gateways enrolled and theirs, and the holder is one of the two.
 */
export function checkParties(
  view: NetworkView,
  holder: string,
  request: RequestStatement,
  header: BatchHeader,
): { consumer: PartyFacts; provider: PartyFacts } {
  const consumer = partyOf(view, memberOf(request.client), header.from, request.time)
  const provider = partyOf(view, memberOf(request.service), header.to, request.time)
  need(holder === header.from || holder === header.to, 'other_holder', holder)
  return { consumer, provider }
}

function partyOf(view: NetworkView, member: string, gateway: string, time: string): PartyFacts {
  const record = view.members.get(member)
  if (record === undefined) throw new Refusal('unknown_member', member)
  need(memberOf(gateway) === member, 'other_gateway', gateway)
  need(view.gateways.has(gateway), 'unknown_gateway', gateway)
  const last = record.standings.findLast((standing) => standing.time <= time)
  const standing = last?.isSuspended === true ? 'suspended' : 'active'
  return { member, name: record.name, standing, gateway }
}
