import { memberOf, systemOf } from '../../protocol/identifier.ts'
import type { ChangeOf } from '../change.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement, Proof } from './judgement.ts'
import { needSignatures } from './signers.ts'
import { activeMember, isNewer, notNewer } from './standing.ts'

/** A system and its name: by its member. A second registration gives it another name. */
export function judgeSystem(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'system_registered'>,
): Judgement {
  const { system, name, time } = change
  const member = memberOf(system)
  const standing = activeMember(state, member)
  if (!standing.ok) return standing
  if (!isNewer(time, state.systems.get(system)?.changedAt)) return notNewer(system)
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => state.putSystem({ system, name, changedAt: time, index }))
}

/** A service and its description: by its member. A second publication takes the place of the first. */
export function judgePublication(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'service_published'>,
): Judgement {
  const { service, time } = change
  const member = memberOf(service)
  const standing = activeMember(state, member)
  if (!standing.ok) return standing
  if (!state.systems.has(systemOf(service))) {
    return refuse('unknown_subject', `${systemOf(service)} is not registered`)
  }
  const known = state.service(service)
  if (!isNewer(time, known?.changedAt)) return notNewer(service)
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const { serviceKind: kind, xroadType, name, description, operations, open } = change
    state.putService({
      service,
      kind,
      xroadType,
      name,
      ...(description === undefined ? {} : { description }),
      ...(operations === undefined ? {} : { operations }),
      ...(open === undefined ? {} : { open }),
      status: 'published',
      history: [...(known?.history ?? []), index],
      changedAt: time,
      index,
    })
  })
}

/** The proofs of the entry `asOf`, which was judged before. */
export function publicationProofs(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'service_published'>,
  asOf: number,
): readonly Proof[] {
  const signed = needSignatures(state, entry, [{ as: 'member', member: memberOf(change.service) }], asOf)
  return signed.ok ? signed.proofs : [() => signed]
}

/** The end of a service: by its member. It may publish the service again later. */
export function judgeWithdrawal(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'service_withdrawn'>,
): Judgement {
  const { service, time } = change
  const record = state.service(service)
  if (record === undefined) return refuse('unknown_subject', `${service} is not published`)
  if (record.status === 'withdrawn') return refuse('wrong_state', `${service} was withdrawn before`)
  if (!isNewer(time, record.changedAt)) return notNewer(service)
  const member = memberOf(service)
  const signed = needSignatures(state, entry, [{ as: 'member', member }])
  if (!signed.ok) return signed
  return allow(signed.proofs, (index) => {
    const history = [...record.history, index]
    state.putService({ ...record, status: 'withdrawn', history, changedAt: time, index })
  })
}
