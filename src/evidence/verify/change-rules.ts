import { isWuslaError } from '../../protocol/wusla-error.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { changeSigningBytes, decodeSignedChange } from '../../trust/signed-change.ts'
import type { SignedChange } from '../../trust/signed-change.ts'
import { applyAgreement, applyAgreementStanding } from './agreement-rules.ts'
import { createChangeReader, isTrustChangeKind } from './change-shapes.ts'
import { applyEnrolment, applyKeyBinding, applyKeyRevocation, applyRetirement } from './gateway-rules.ts'
import { applyMandateEnd, applyMandateGrant, applyPolicy } from './mandate-rules.ts'
import { NetworkView } from './network-view.ts'
import { isSignedBy, signerWithKey } from './signers.ts'
import { applyAdmission, applyBranchRetirement, applyCommission, applyStanding } from './standing-rules.ts'
import type { SignedTrustChange, TrustChange } from './trust-change.ts'

/**
 * What an entry did to the view. `unrelated`: a kind that says nothing about who may seal. `anchor`: the first
 * entry does not found the network of the anchor. `no_effect`: it breaks a rule, or the right was not shown.
 */
export type ApplyOutcome = 'applied' | 'unrelated' | 'anchor' | 'no_effect'

/** Replays entries of a directory in their order. */
export interface Replay {
  readonly view: NetworkView
  /** Takes the next entry. The first one taken must be entry 0. */
  readonly apply: (entry: string) => ApplyOutcome
}

/** Begins a replay with nothing but the anchor. */
export function startReplay(anchor: Anchor): Replay {
  const view = new NetworkView(anchor.registryKey)
  const readChange = createChangeReader(anchor.network)
  let isFounded = false
  const apply = (text: string): ApplyOutcome => {
    const signed = decodeEntry(text)
    if (signed === undefined) return isFounded ? 'no_effect' : 'anchor'
    const { change, signatures } = signed
    if (!isTrustChangeKind(change.kind)) return isFounded ? 'unrelated' : 'anchor'
    const decoded = readChange(change.kind, change)
    if (!decoded.ok) return isFounded ? 'no_effect' : 'anchor'
    const entry = { signatures, signingBytes: changeSigningBytes(change) }
    if (!isFounded) {
      isFounded = foundsAnchor(anchor, entry, decoded.value)
      return isFounded ? 'applied' : 'anchor'
    }
    return applyChange(view, entry, decoded.value) ? 'applied' : 'no_effect'
  }
  return { view, apply }
}

function decodeEntry(text: string): SignedChange | undefined {
  try {
    return decodeSignedChange(text)
  } catch (cause) {
    if (isWuslaError(cause)) return undefined
    throw cause
  }
}

function foundsAnchor(anchor: Anchor, entry: SignedTrustChange, change: TrustChange): boolean {
  if (change.kind !== 'network_founded') return false
  const { registryKey, rootCertificate, logKey } = change
  return (
    registryKey === anchor.registryKey &&
    rootCertificate === anchor.rootCertificate &&
    logKey === anchor.logKey &&
    isSignedBy(entry.signingBytes, entry.signatures, [signerWithKey('registry', registryKey)])
  )
}

function applyChange(view: NetworkView, entry: SignedTrustChange, change: TrustChange): boolean {
  switch (change.kind) {
    case 'network_founded':
      return false
    case 'member_admitted':
      return applyAdmission(view, entry, change)
    case 'member_suspended':
    case 'member_resumed':
    case 'member_readmitted':
      return applyStanding(view, entry, change)
    case 'gateway_enrolled':
      return applyEnrolment(view, entry, change)
    case 'key_bound':
      return applyKeyBinding(view, entry, change)
    case 'key_revoked':
      return applyKeyRevocation(view, entry, change)
    case 'gateway_retired':
      return applyRetirement(view, entry, change)
    case 'branch_commissioned':
      return applyCommission(view, entry, change)
    case 'branch_retired':
      return applyBranchRetirement(view, entry, change)
    case 'agreement_effective':
      return applyAgreement(view, entry, change)
    case 'agreement_suspended':
    case 'agreement_resumed':
    case 'agreement_revoked':
      return applyAgreementStanding(view, entry, change)
    case 'signing_policy_set':
      return applyPolicy(view, entry, change)
    case 'mandate_granted':
      return applyMandateGrant(view, entry, change)
    case 'mandate_ended':
      return applyMandateEnd(view, entry, change)
  }
}
