import { memberOf, systemOf } from '../../protocol/identifier.ts'
import type { AgreementRecord } from '../directory-record.ts'
import type { DirectoryState } from './directory-state.ts'
import { mandateChain } from './mandate-chain.ts'

/** What a piece of evidence speaks of. */
export interface EvidenceSubjects {
  readonly members?: readonly string[]
  /** The same as naming their members: who vouched for a gateway is another gateway of the member. */
  readonly gateways?: readonly string[]
  /** Key ids; each stands for the member, or the branch, that held it. */
  readonly keys?: readonly string[]
  readonly agreement?: string
  /** For exchanges with an open service. */
  readonly service?: string
  /** Names of witness keys on checkpoints. */
  readonly witnesses?: readonly string[]
}

/**
 * Indexes of the entries without which the subjects cannot be judged: the founding; admission, standing, gateways
 * and keys of each member from the first on; everything about the agreement, the service and the branches of the
 * witnesses; with the agreement the signing policies, those it took the place of, the one that took its place, and the
 * mandates under which each was signed, with those they were delegated from. The parties of the agreement and the member of the service are subjects too. Sorted, each once.
 */
export function entriesAbout(state: DirectoryState, subjects: EvidenceSubjects): number[] {
  const { members = [], gateways = [], keys = [], agreement: hash, service: id, witnesses = [] } = subjects
  const involved = new Set([...members, ...gateways.map(memberOf)])
  const indexes = new Set(state.network === undefined ? [] : [0])
  const add = (entries: readonly number[]): void => entries.forEach((index) => indexes.add(index))

  const agreement = hash === undefined ? undefined : state.agreement(hash)
  if (agreement !== undefined) {
    for (const party of agreement.parties) involved.add(party)
    add(state.policies.map(({ index }) => index))
    for (const record of successionOf(state, agreement)) {
      add(record.history)
      for (const mandate of record.signedUnder?.flat() ?? []) {
        for (const { history } of mandateChain(state, mandate)) add(history)
      }
    }
  }

  const service = id === undefined ? undefined : state.service(id)
  if (service !== undefined) {
    involved.add(memberOf(service.service))
    const system = state.systems.get(systemOf(service.service))
    add([...(system === undefined ? [] : [system.index]), ...service.history])
  }

  for (const keyId of keys) {
    const key = state.keys.get(keyId)
    if (key?.member !== undefined) involved.add(key.member)
    else if (key !== undefined) add(state.branchHistory(key.owner))
  }
  for (const { branch, witnessKey } of state.branches.values()) {
    if (witnesses.includes(witnessKey.slice(0, witnessKey.indexOf('+')))) add(state.branchHistory(branch))
  }
  for (const member of involved) add(state.historyOf(member))
  return [...indexes].sort((a, b) => a - b)
}

/** The agreement, all it took the place of one after the other, and the one that took its place: the same two parties. */
function successionOf(state: DirectoryState, agreement: AgreementRecord): readonly AgreementRecord[] {
  const next = agreement.superseded === undefined ? undefined : state.agreement(agreement.superseded.by)
  const records = next === undefined ? [agreement] : [next, agreement]
  for (let before = agreement.supersedes; before !== undefined;) {
    const record = state.agreement(before)
    if (record === undefined) break
    records.push(record)
    before = record.supersedes
  }
  return records
}
