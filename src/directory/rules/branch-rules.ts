import { keyIdOf } from '../../protocol/digest.ts'
import { parseVkey } from '../../trust/note-key.ts'
import type { ChangeOf } from '../change.ts'
import type { BranchRecord } from '../directory-record.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { newKeys } from './gateway-rules.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Proof, Refusal } from './judgement.ts'
import { needSignatures } from './signers.ts'
import type { Signer } from './signers.ts'
import { activeMember, isNewer, notNewer } from './standing.ts'

/**
 * A branch, its addresses and keys: by the registry and by the branch's own key. For a branch that is there it
 * changes the addresses, and the keys if they are new.
 */
export function judgeCommission(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'branch_commissioned'>,
): Judgement {
  const { branch, host, tlsKey, time } = change
  const standing = activeMember(state, host)
  if (!standing.ok) return standing
  const known = state.branches.get(branch)
  if (!isNewer(time, known?.changedAt)) return notNewer(branch)
  const keepsKey = known?.status === 'active' && known.tlsKey === tlsKey
  const fresh = keepsKey ? { ok: true as const, keys: [] } : newKeys(state, [tlsKey])
  if (!fresh.ok) return fresh
  const signers: Signer[] = [{ as: 'registry' }, { as: 'new key', by: branch, publicKey: tlsKey }]
  const signed = needSignatures(state, entry, signers)
  if (!signed.ok) return signed
  const proofs: Proof[] = [...signed.proofs, () => witnessKeyProblem(change)]
  return allow(proofs, (index) => {
    if (known?.status === 'active' && !keepsKey) {
      state.endKey(known.tlsKeyId, { time, index, reason: 'the branch has a new key' })
    }
    for (const key of fresh.keys) {
      state.bindKey({ ...key, use: 'tls', owner: branch, boundAt: time, boundIndex: index })
    }
    const { controlAddress, tunnelAddress, mirrorUrl, witnessKey } = change
    const tlsKeyId = keyIdOf(Buffer.from(tlsKey, 'base64url'))
    const addresses = { controlAddress, tunnelAddress, mirrorUrl }
    const keys = { tlsKey, tlsKeyId, witnessKey }
    state.putBranch({
      branch,
      host,
      ...addresses,
      ...keys,
      ...(known?.status === 'active' ? classOf(known) : classOf(change)),
      classedAt: known?.status === 'active' ? known.classedAt : time,
      status: 'active',
      changedAt: time,
      index,
    })
  })
}

/** A branch is about to be retired: by the registry. It stays in office until it is. */
export function judgeBranchLeave(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'branch_leaving'>,
): Judgement {
  const { branch, time } = change
  const standing = endingOf(state, entry, change)
  if (!standing.ok) return standing
  const { record, proofs } = standing
  // Not a part of its history: evidence rests on the keys of a branch, and they stay as they are.
  return allow(proofs, () => {
    state.branches.set(branch, { ...record, leaving: true, changedAt: time })
  })
}

/**
 * The class of a branch: by the registry alone, so that a branch can be put out of a class against its will. It is no
 * change of the branch's keys, so it makes none of those older.
 */
export function judgeClass(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'branch_classed'>,
): Judgement {
  const { branch, time } = change
  const record = state.branches.get(branch)
  if (record?.status !== 'active') return refuse('unknown_subject', `${branch} is not commissioned`)
  if (!isNewer(time, record.classedAt)) return notNewer(`the class of ${branch}`)
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const { class: _, ...rest } = record
    // Not among the entries about the branch: it says nothing about whom evidence may believe.
    state.branches.set(branch, { ...rest, ...classOf(change), classedAt: time, index })
  })
}

/** The end of a branch and of its key: by the registry. */
export function judgeBranchRetirement(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'branch_retired'>,
): Judgement {
  const { time } = change
  const standing = endingOf(state, entry, change)
  if (!standing.ok) return standing
  const { record, proofs } = standing
  return allow(proofs, (index) => {
    state.endKey(record.tlsKeyId, { time, index, reason: 'the branch was retired' })
    state.putBranch({ ...record, status: 'retired', changedAt: time, index })
  })
}

/** A line and what it costs: by the registry. A second registration takes the place of the first. */
export function judgeLine(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'line_registered'>,
): Judgement {
  const { line, ends, capacityMbps, monthlyCostAed, owner, riskGroups, time } = change
  const missing = ends.find((end) => !isActiveEnd(state, end))
  if (missing !== undefined) return refuse('unknown_subject', `${missing} is no active branch or gateway`)
  if (!isNewer(time, state.lines.get(line)?.changedAt)) return notNewer(line)
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const { installedSince } = change
    const since = installedSince === undefined ? {} : { installedSince }
    const facts = { line, ends, capacityMbps, monthlyCostAed, owner, riskGroups, ...since }
    state.lines.set(line, { ...facts, status: 'registered', changedAt: time, index })
  })
}

/** What both steps of a branch's end need: that it is in office, and the word of the registry. */
function endingOf(
  state: DirectoryState,
  entry: SignedEntry,
  { branch, time }: ChangeOf<'branch_leaving' | 'branch_retired'>,
): { readonly ok: true; readonly record: BranchRecord; readonly proofs: readonly Proof[] } | Refusal {
  const record = state.branches.get(branch)
  if (record === undefined) return refuse('unknown_subject', `${branch} is not commissioned`)
  if (record.status === 'retired') return refuse('wrong_state', `${branch} was retired before`)
  if (!isNewer(time, record.changedAt)) return notNewer(branch)
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  return signed.ok ? { ...signed, record } : signed
}

/** The end of a line: by the registry. */
export function judgeLineRemoval(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'line_removed'>,
): Judgement {
  const { line, time } = change
  const record = state.lines.get(line)
  if (record === undefined) return refuse('unknown_subject', 'no such line is registered')
  if (record.status === 'removed') return refuse('wrong_state', 'the line was removed before')
  if (!isNewer(time, record.changedAt)) return notNewer('the line')
  const signed = needSignatures(state, entry, [{ as: 'registry' }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    state.lines.set(line, { ...record, status: 'removed', changedAt: time, index })
  })
}

function classOf(from: { readonly class?: string }): { readonly class?: string } {
  return from.class === undefined ? {} : { class: from.class }
}

function isActiveEnd(state: DirectoryState, end: string): boolean {
  const record = state.branches.get(end) ?? state.gateways.get(end)
  return record?.status === 'active'
}

function witnessKeyProblem({ witnessKey }: ChangeOf<'branch_commissioned'>): Refusal | undefined {
  try {
    if (parseVkey(witnessKey).type === 'cosignature') return undefined
  } catch {
    // Not a verifier key at all.
  }
  return refuse('malformed', 'witnessKey is not a verifier key of a witness')
}
