import { ECDH } from 'node:crypto'
import { keyIdOf } from '../../protocol/digest.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { parseVkey } from '../../trust/note-key.ts'
import { verifyVoucher } from '../../trust/voucher.ts'
import type { ChangeOf } from '../change.ts'
import { enrolmentSignature, verifyEnrolmentSignature } from '../enrolment-key.ts'
import type { MemberRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Proof, Refusal } from './judgement.ts'
import { isSignedByRegistry, memberVerifier, needSignatures } from './signers.ts'
import type { Signer } from './signers.ts'
import { activeMember, isNewer, notNewer } from './standing.ts'

/** A key as its own change brings it. */
interface NewKey {
  readonly keyId: string
  readonly publicKey: string
}

/**
 * Enrolment. The new seal key signs, so nobody binds a key that is not its own. Who else must sign decides who
 * gets into a member: the registry for the first key since admission only; after that the member itself, by a
 * seal or by a voucher.
 */
export function judgeEnrolment(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'gateway_enrolled'>,
): Judgement {
  const { gateway, member, time } = change
  const standing = activeMember(state, member)
  if (!standing.ok) return standing
  if (memberOf(gateway) !== member) return refuse('wrong_member', `${gateway} is not a gateway of ${member}`)
  const known = state.gateways.get(gateway)
  if (known?.status === 'active') return refuse('already_exists', `${gateway} is enrolled already`)
  if (!isNewer(time, known?.changedAt)) return notNewer(gateway)
  const keys = newKeys(state, [change.sealKey, change.tlsKey])
  if (!keys.ok) return keys
  const signed = enrolmentProofs(state, entry, change, standing.record)
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const [seal, tls] = keys.keys
    const { branches, ledgerKey } = change
    const record = { gateway, member, branches, ledgerKey, sealKeys: [], tlsKeys: [] }
    state.putGateway({ ...record, status: 'active', changedAt: time, index })
    state.members.set(member, { ...standing.record, awaitsFirstKey: false })
    const bound = { owner: gateway, member, boundAt: time, boundIndex: index }
    if (seal !== undefined) state.bindKey({ ...seal, use: 'seal', ...bound })
    if (tls !== undefined) state.bindKey({ ...tls, use: 'tls', ...bound })
    state.remember(member, index)
  })
}

function enrolmentProofs(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'gateway_enrolled'>,
  member: MemberRecord,
): { readonly ok: true; readonly proofs: readonly Proof[] } | Refusal {
  const { voucher, gateway } = change
  const signers: Signer[] = [{ as: 'new key', by: gateway, publicKey: change.sealKey }]
  const proofs: Proof[] = [() => ledgerKeyProblem(change), () => publicKeyProblem(change.tlsKey)]
  if (member.awaitsFirstKey) {
    if (voucher !== undefined) return refuse('bad_voucher', 'a first gateway has nobody to vouch for it')
    signers.push({ as: 'registry' })
  } else if (voucher === undefined) {
    signers.push({ as: 'member', member: member.member })
  } else {
    proofs.push(() => voucherProblem(state, entry, change, voucher))
  }
  const signed = needSignatures(state, entry, signers)
  return signed.ok ? { ok: true, proofs: [...signed.proofs, ...proofs] } : signed
}

/** A new key for a gateway that is there: by the member. */
export function judgeKeyBinding(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'key_bound'>,
): Judgement {
  const { gateway, member, use, time } = change
  const standing = activeMember(state, member)
  if (!standing.ok) return standing
  const record = state.gateways.get(gateway)
  if (record?.status !== 'active') return refuse('unknown_subject', `${gateway} is not enrolled`)
  if (record.member !== member) return refuse('wrong_member', `${gateway} is not a gateway of ${member}`)
  const keys = newKeys(state, [change.publicKey])
  if (!keys.ok) return keys
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow([...signed.proofs, () => publicKeyProblem(change.publicKey)], (index) => {
    const bound = { use, owner: gateway, member, boundAt: time, boundIndex: index }
    for (const key of keys.keys) state.bindKey({ ...key, ...bound })
    state.remember(member, index)
  })
}

/** The end of a key, for good: by the member or by the registry. Nothing brings a key back. */
export function judgeKeyRevocation(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'key_revoked'>,
): Judgement {
  const { member, key: keyId, time, reason } = change
  const key = state.keys.get(keyId)
  if (key === undefined) return refuse('unknown_subject', 'no such key is bound')
  if (key.member !== member) return refuse('wrong_member', `the key does not belong to ${member}`)
  if (key.revokedAt !== undefined) return refuse('wrong_state', 'the key was revoked before')
  if (!isNewer(time, key.boundAt)) return notNewer('the key')
  if (change.at > time) return refuse('bad_time', 'at is later than the change itself')
  const signed = needSignatures(state, entry, [memberOrRegistry(entry, member)])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    state.endKey(keyId, { time, index, reason })
    state.remember(member, index)
  })
}

/** The end of a gateway and of all its keys: by the member or by the registry. */
export function judgeRetirement(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'gateway_retired'>,
): Judgement {
  const { gateway, time } = change
  const record = state.gateways.get(gateway)
  if (record === undefined) return refuse('unknown_subject', `${gateway} is not enrolled`)
  if (record.status === 'retired') return refuse('wrong_state', `${gateway} was retired before`)
  if (!isNewer(time, record.changedAt)) return notNewer(gateway)
  const signed = needSignatures(state, entry, [memberOrRegistry(entry, record.member)])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const end = { time, index, reason: 'the gateway was retired' }
    for (const keyId of [...record.sealKeys, ...record.tlsKeys]) state.endKey(keyId, end)
    state.putGateway({ ...record, sealKeys: [], tlsKeys: [], status: 'retired', changedAt: time, index })
    state.remember(record.member, index)
  })
}

/** Keys that no party of the network ever had: a key that ended, or that another holds, is never bound. */
export function newKeys(
  state: DirectoryState,
  publicKeys: readonly string[],
): { readonly ok: true; readonly keys: readonly NewKey[] } | Refusal {
  const keys = publicKeys.map((publicKey) => ({
    keyId: keyIdOf(Buffer.from(publicKey, 'base64url')),
    publicKey,
  }))
  const ids = new Set(keys.map(({ keyId }) => keyId))
  if (ids.size < keys.length || keys.some(({ keyId }) => state.keys.has(keyId))) {
    return refuse('key_known', 'a key is, or was, bound before')
  }
  return { ok: true, keys }
}

/** Who ends what a member has: the member, or the registry if its name stands on the change. */
export function memberOrRegistry(entry: SignedEntry, member: string): Signer {
  return isSignedByRegistry(entry) ? { as: 'registry' } : { as: 'member', member }
}

/** How a P-256 point begins in the one accepted form of a public key. */
const POINT_AT = 26

// Cheaper than making a key of it: at ten thousand gateways this is seconds.
function publicKeyProblem(publicKey: string): Refusal | undefined {
  try {
    ECDH.convertKey(Buffer.from(publicKey, 'base64url').subarray(POINT_AT), 'prime256v1')
    return undefined
  } catch {
    return refuse('malformed', 'a public key is no point of its curve')
  }
}

function ledgerKeyProblem({ ledgerKey, gateway }: ChangeOf<'gateway_enrolled'>): Refusal | undefined {
  try {
    const { name, type } = parseVkey(ledgerKey)
    if (name === `wusla/${gateway}` && type === 'note') return undefined
  } catch {
    // Whatever is wrong with it, it is not the key of this gateway's ledger.
  }
  return refuse('malformed', 'ledgerKey is not a verifier key named for the ledger of this gateway')
}

// The voucher names the public half of the token's key, and the holder of the token signs the keys it enrols:
// a registry that has seen voucher and enrolment still cannot put keys of its own in their place.
function voucherProblem(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'gateway_enrolled'>,
  jws: string,
): Refusal | undefined {
  const { gateway, member, time } = change
  const resolveKey = (kid: string) => {
    const verifier = memberVerifier(state, member, kid)
    return verifier === undefined ? undefined : { member, verifier: verifier() }
  }
  try {
    const voucher = verifyVoucher(jws, resolveKey)
    if (voucher.gateway !== gateway) return refuse('bad_voucher', 'the voucher is for another gateway')
    if (time > voucher.expires) return refuse('bad_voucher', 'the voucher has expired')
    const holder = enrolmentSignature(entry.signatures)
    if (holder === undefined || holder.key !== voucher.secretHash) {
      return refuse('bad_voucher', 'not signed by the holder of the token')
    }
    if (verifyEnrolmentSignature(entry.signingBytes(), holder)) return undefined
    return refuse('bad_signature', 'the signature by the holder of the token does not verify')
  } catch {
    return refuse('bad_voucher', 'the voucher is not signed by an active key of the member')
  }
}
