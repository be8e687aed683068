import { formatTime, parseTime } from '../../protocol/clock.ts'
import { memberSigner } from './gateway-rules.ts'
import type { MandateView, NetworkView } from './network-view.ts'
import { isSignedBy } from './signers.ts'
import { isSignedByRegistry } from './standing-rules.ts'
import type { MandateEnded, MandateGranted, PolicySet, SignedTrustChange } from './trust-change.ts'

/** A mandate, one delegated from it, and so on. */
const MAX_DEPTH = 4

/** By how much a grant may be younger than a signature under it: clocks differ. Unit: milliseconds. */
const GRANT_LEEWAY_MS = 300_000

const CLASSES: readonly MandateGranted['dataClassUpTo'][] = ['open', 'confidential', 'sensitive', 'secret']

/** `docs/spec/directory.md`, sections 4.7 and 4.8: each gives whether the entry has an effect, and then the effect. */
export function applyPolicy(view: NetworkView, entry: SignedTrustChange, change: PolicySet): boolean {
  const { type: _type, kind: _kind, network: _network, time, ...terms } = change
  if (view.policy !== undefined && time <= view.policy.setAt) return false
  if (!isSignedByRegistry(view, entry)) return false
  view.policy = { ...terms, setAt: time }
  return true
}

export function applyMandateGrant(
  view: NetworkView,
  entry: SignedTrustChange,
  change: MandateGranted,
): boolean {
  const { type: _type, kind: _kind, network: _network, instrument: _instrument, time, ...terms } = change
  const { member, mandate, validFrom, validUntil, delegatedFrom } = terms
  if (view.members.get(member)?.isSuspended !== false) return false
  if (validFrom >= validUntil || view.mandates.has(mandate)) return false
  if (delegatedFrom !== undefined && !isPartOf(change, mandateChain(view, delegatedFrom))) return false
  if (!isSignedBy(entry.signingBytes, entry.signatures, [memberSigner(view, member)])) return false
  view.mandates.set(mandate, { ...terms, grantedAt: time })
  return true
}

export function applyMandateEnd(view: NetworkView, entry: SignedTrustChange, change: MandateEnded): boolean {
  const { member, mandate, time } = change
  const record = view.mandates.get(mandate)
  if (record === undefined || record.member !== member || record.endedAt !== undefined) return false
  if (time <= record.grantedAt) return false
  if (!isSignedBy(entry.signingBytes, entry.signatures, [memberSigner(view, member)])) return false
  view.mandates.set(mandate, { ...record, endedAt: time })
  return true
}

function isPartOf(part: MandateGranted, chain: readonly MandateView[]): boolean {
  const [whole] = chain
  if (whole === undefined || whole.member !== part.member || whole.delegable !== true) return false
  if (chain.length >= MAX_DEPTH || chain.some(({ endedAt }) => endedAt !== undefined)) return false
  return (
    part.kinds.every((kind) => whole.kinds.includes(kind)) &&
    CLASSES.indexOf(part.dataClassUpTo) <= CLASSES.indexOf(whole.dataClassUpTo) &&
    (part.ceilingAed ?? Infinity) <= (whole.ceilingAed ?? Infinity) &&
    part.validFrom >= whole.validFrom &&
    part.validUntil <= whole.validUntil &&
    (whole.fourEyes !== true || part.fourEyes === true)
  )
}

/** The mandate, the one it was delegated from, and so on to the first. */
function mandateChain(view: NetworkView, mandate: string): readonly MandateView[] {
  const chain: MandateView[] = []
  // A parent was there before its part, so it ends.
  for (let record = view.mandates.get(mandate); record !== undefined;) {
    chain.push(record)
    record = record.delegatedFrom === undefined ? undefined : view.mandates.get(record.delegatedFrom)
  }
  return chain
}

/** How a mandate stood at a time: `docs/spec/directory.md`, 4.8.4. */
export function mandateStandingAt(
  view: NetworkView,
  mandate: string,
  time: string,
):
  | { readonly standing: 'valid'; readonly terms: MandateView }
  | { readonly standing: 'unknown' | 'not_yet' | 'expired' | 'ended' } {
  const chain = mandateChain(view, mandate)
  const [terms] = chain
  if (terms === undefined) return { standing: 'unknown' }
  if (chain.some(({ endedAt }) => endedAt !== undefined && time >= endedAt)) return { standing: 'ended' }
  if (time >= terms.validUntil) return { standing: 'expired' }
  const latestGrant = formatTime(parseTime(time) + GRANT_LEEWAY_MS)
  const isGranted = chain.every(({ grantedAt }) => grantedAt <= latestGrant)
  return isGranted && time >= terms.validFrom ? { standing: 'valid', terms } : { standing: 'not_yet' }
}
