import { parseVkey } from '../../trust/note-key.ts'
import type { Admitted, BranchRetired, Commissioned, SignedTrustChange, Standing } from './trust-change.ts'
import { newKeys } from './gateway-rules.ts'
import type { NetworkView } from './network-view.ts'
import { isSignedBy, keyIdOfText, signerWithKey } from './signers.ts'

/** `docs/spec/directory.md`, section 5: each gives whether the entry has an effect, and then the effect. */
export function applyAdmission(view: NetworkView, entry: SignedTrustChange, change: Admitted): boolean {
  const { member, name, time } = change
  if (view.members.has(member) || !isSignedByRegistry(view, entry)) return false
  const fresh = { isSuspended: false, awaitsFirstKey: true, changedAt: time, standings: [] }
  view.members.set(member, { member, name, ...fresh })
  return true
}

export function applyStanding(view: NetworkView, entry: SignedTrustChange, change: Standing): boolean {
  const { member, time, kind } = change
  const record = view.members.get(member)
  if (record === undefined || time <= record.changedAt) return false
  const isSuspended = kind === 'member_suspended'
  if (kind !== 'member_readmitted' && record.isSuspended === isSuspended) return false
  if (!isSignedByRegistry(view, entry)) return false
  const standings = [...record.standings, { time, isSuspended }]
  const awaitsFirstKey = kind === 'member_readmitted' || record.awaitsFirstKey
  view.members.set(member, { ...record, isSuspended, awaitsFirstKey, changedAt: time, standings })
  if (kind === 'member_readmitted') voidGateways(view, member, time)
  return true
}

// All gateways go with their keys: which of them is still in the right hands is just what nobody knows.
function voidGateways(view: NetworkView, member: string, time: string): void {
  view.endKeys((key) => key.member === member, { time, unsafeSince: time, isOrderly: false })
  for (const gateway of view.gateways.values()) {
    if (gateway.member !== member || gateway.isRetired) continue
    view.gateways.set(gateway.gateway, { ...gateway, isRetired: true, changedAt: time })
  }
}

/** The standing of the host is not judged: it has no say about the branch as a witness. */
export function applyCommission(view: NetworkView, entry: SignedTrustChange, change: Commissioned): boolean {
  const { branch, host, tlsKey, witnessKey, time } = change
  const known = view.branches.get(branch)
  if (known !== undefined && time <= known.changedAt) return false
  const keepsKey = known !== undefined && !known.isRetired && known.tlsKey === tlsKey
  if (!keepsKey && newKeys(view, [tlsKey]) === undefined) return false
  if (!isWitnessKey(witnessKey)) return false
  const signers = [signerWithKey('registry', view.registryKey), signerWithKey(branch, tlsKey)]
  if (!isSignedBy(entry.signingBytes, entry.signatures, signers)) return false
  view.branchKeys.add(keyIdOfText(tlsKey))
  view.branches.set(branch, { isRetired: false, tlsKey, changedAt: time })
  view.endWitness(branch, time)
  view.witnesses.push({ branch, host, key: witnessKey, from: time })
  return true
}

export function applyBranchRetirement(
  view: NetworkView,
  entry: SignedTrustChange,
  change: BranchRetired,
): boolean {
  const { branch, time } = change
  const known = view.branches.get(branch)
  if (known === undefined || known.isRetired || time <= known.changedAt) return false
  if (!isSignedByRegistry(view, entry)) return false
  view.branches.set(branch, { ...known, isRetired: true, changedAt: time })
  view.endWitness(branch, time)
  return true
}

/** By the registry alone. */
export function isSignedByRegistry(view: NetworkView, entry: SignedTrustChange): boolean {
  return isSignedBy(entry.signingBytes, entry.signatures, [signerWithKey('registry', view.registryKey)])
}

function isWitnessKey(vkey: string): boolean {
  try {
    return parseVkey(vkey).type === 'cosignature'
  } catch {
    return false
  }
}
