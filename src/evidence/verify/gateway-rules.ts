import { memberOf } from '../../protocol/identifier.ts'
import { parseVkey } from '../../trust/note-key.ts'
import type { SealVerifier } from '../../trust/seal-key.ts'
import { verifyVoucher } from '../../trust/voucher.ts'
import type { Enrolled, KeyBound, KeyRevoked, Retired, SignedTrustChange } from './trust-change.ts'
import type { KeyEnd, NetworkView } from './network-view.ts'
import { isSignedBy, isSignedByTokenHolder, keyIdOfText, signerWithKey, verifierOf } from './signers.ts'
import type { Signer } from './signers.ts'

/** Reasons of a revocation that leave earlier seals beyond doubt; any other word counts as a lost key. */
const ORDERLY_REASONS: ReadonlySet<string> = new Set(['superseded', 'retired'])

/** `docs/spec/directory.md`, section 5: each gives whether the entry has an effect, and then the effect. */
export function applyEnrolment(view: NetworkView, entry: SignedTrustChange, change: Enrolled): boolean {
  const { gateway, member, time, sealKey, tlsKey, ledgerKey } = change
  const record = view.members.get(member)
  if (record === undefined || record.isSuspended || memberOf(gateway) !== member) return false
  const known = view.gateways.get(gateway)
  if (known !== undefined && (!known.isRetired || time <= known.changedAt)) return false
  const keys = newKeys(view, [sealKey, tlsKey])
  const [seal, tls] = keys ?? []
  if (seal === undefined || tls === undefined || !isLedgerKeyOf(gateway, ledgerKey)) return false
  if (!isEnrolmentSigned(view, entry, change, record.awaitsFirstKey)) return false
  view.members.set(member, { ...record, awaitsFirstKey: false })
  const ledgerKeys = [...(known?.ledgerKeys ?? []), ledgerKey]
  view.gateways.set(gateway, { gateway, member, isRetired: false, ledgerKeys, changedAt: time })
  bind(view, { gateway, member, use: 'seal', verifier: seal, boundAt: time })
  bind(view, { gateway, member, use: 'tls', verifier: tls, boundAt: time })
  return true
}

function isEnrolmentSigned(
  view: NetworkView,
  entry: SignedTrustChange,
  change: Enrolled,
  isFirst: boolean,
): boolean {
  const { gateway, member, sealKey, voucher } = change
  const signers: Signer[] = [signerWithKey(gateway, sealKey)]
  if (isFirst) {
    if (voucher !== undefined) return false
    signers.push(signerWithKey('registry', view.registryKey))
  } else if (voucher === undefined) {
    signers.push(memberSigner(view, member))
  } else if (!isVouchedFor(view, entry, change, voucher)) {
    return false
  }
  return isSignedBy(entry.signingBytes, entry.signatures, signers)
}

function isVouchedFor(view: NetworkView, entry: SignedTrustChange, change: Enrolled, jws: string): boolean {
  const { gateway, member, time } = change
  const resolveKey = (kid: string): { member: string; verifier: SealVerifier } | undefined => {
    const verifier = view.activeSealKey(member, kid)
    return verifier === undefined ? undefined : { member, verifier }
  }
  try {
    const voucher = verifyVoucher(jws, resolveKey)
    if (voucher.gateway !== gateway || time > voucher.expires) return false
    return isSignedByTokenHolder(entry.signingBytes, entry.signatures, voucher.secretHash)
  } catch {
    return false
  }
}

export function applyKeyBinding(view: NetworkView, entry: SignedTrustChange, change: KeyBound): boolean {
  const { gateway, member, use, publicKey, time } = change
  const record = view.members.get(member)
  if (record === undefined || record.isSuspended) return false
  const owner = view.gateways.get(gateway)
  if (owner === undefined || owner.isRetired || owner.member !== member) return false
  const [verifier] = newKeys(view, [publicKey]) ?? []
  if (verifier === undefined) return false
  if (!isSignedBy(entry.signingBytes, entry.signatures, [memberSigner(view, member)])) return false
  bind(view, { gateway, member, use, verifier, boundAt: time })
  return true
}

export function applyKeyRevocation(view: NetworkView, entry: SignedTrustChange, change: KeyRevoked): boolean {
  const { member, key: keyId, time, at, reason } = change
  const key = view.keys.get(keyId)
  if (key === undefined || key.member !== member || key.end !== undefined) return false
  if (time <= key.boundAt || at > time) return false
  if (!isSignedBy(entry.signingBytes, entry.signatures, [memberOrRegistry(view, entry, member)])) return false
  const end: KeyEnd = { time, unsafeSince: at, isOrderly: ORDERLY_REASONS.has(reason) }
  view.endKeys((other) => other.keyId === keyId, end)
  return true
}

export function applyRetirement(view: NetworkView, entry: SignedTrustChange, change: Retired): boolean {
  const { gateway, time } = change
  const record = view.gateways.get(gateway)
  if (record === undefined || record.isRetired || time <= record.changedAt) return false
  const signer = memberOrRegistry(view, entry, record.member)
  if (!isSignedBy(entry.signingBytes, entry.signatures, [signer])) return false
  view.endKeys((key) => key.gateway === gateway, { time, unsafeSince: time, isOrderly: true })
  view.gateways.set(gateway, { ...record, isRetired: true, changedAt: time })
  return true
}

/** A member, by any of its active seal keys. */
export function memberSigner(view: NetworkView, member: string): Signer {
  return { by: member, verifierOf: (keyId) => view.activeSealKey(member, keyId) }
}

/** Verifiers of keys that nobody ever had; undefined when one is known already or is no key. */
export function newKeys(view: NetworkView, publicKeys: readonly string[]): SealVerifier[] | undefined {
  const ids = publicKeys.map(keyIdOfText)
  if (new Set(ids).size < ids.length) return undefined
  if (ids.some((id) => view.keys.has(id) || view.branchKeys.has(id))) return undefined
  const verifiers = publicKeys.map(verifierOf)
  return verifiers.every((verifier) => verifier !== undefined) ? verifiers : undefined
}

function bind(
  view: NetworkView,
  key: { gateway: string; member: string; use: 'seal' | 'tls'; verifier: SealVerifier; boundAt: string },
): void {
  const { keyId } = key.verifier
  view.keys.set(keyId, { keyId, ...key })
}

function memberOrRegistry(view: NetworkView, entry: SignedTrustChange, member: string): Signer {
  const isRegistry = entry.signatures.some(({ by }) => by === 'registry')
  return isRegistry ? signerWithKey('registry', view.registryKey) : memberSigner(view, member)
}

function isLedgerKeyOf(gateway: string, ledgerKey: string): boolean {
  try {
    const { name, type } = parseVkey(ledgerKey)
    return name === `wusla/${gateway}` && type === 'note'
  } catch {
    return false
  }
}
