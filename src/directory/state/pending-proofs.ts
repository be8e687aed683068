import { deferredProofs } from '../rules/judge-change.ts'
import type { Refusal } from '../rules/judgement.ts'
import { readCheckedEntry } from '../signed-entry.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from './directory-state.ts'

/** An entry whose signatures turned out not to verify, after its record had been put in place. */
export interface TakenBack {
  readonly index: number
  readonly entry: SignedEntry
  readonly refusal: Refusal
}

/**
 * Entries that were entered without checking their signatures yet. Before such a record is read the signatures are
 * checked, and a record that fails is gone before anybody saw it: the outcome is that of checking at once.
 */
export class PendingProofs {
  // In order of insertion, which is the order of the log: the first is the lowest.
  readonly #indexes = new Set<number>()
  readonly #readEntry: (index: number) => Uint8Array
  readonly #onTakenBack: (taken: TakenBack) => void

  /** @param readEntry - reads an entry again; absent: {@link add} must never be called. */
  constructor(
    readEntry: ((index: number) => Uint8Array) | undefined,
    onTakenBack: (taken: TakenBack) => void,
  ) {
    this.#readEntry = readEntry ?? unreadable
    this.#onTakenBack = onTakenBack
  }

  get size(): number {
    return this.#indexes.size
  }

  /** The first entry that is not checked yet: everything before it is. */
  get lowest(): number | undefined {
    const first = this.#indexes.values().next()
    return first.done === true ? undefined : first.value
  }

  add(index: number): void {
    this.#indexes.add(index)
  }

  settle(state: DirectoryState, index: number): void {
    if (this.#indexes.size === 0 || !this.#indexes.delete(index)) return
    const entry = readCheckedEntry(this.#readEntry(index))
    for (const proof of deferredProofs(state, entry, index)) {
      const refusal = proof()
      if (refusal === undefined) continue
      takeBack(state, entry, index)
      this.#onTakenBack({ index, entry, refusal })
      return
    }
  }
}

function unreadable(): never {
  throw new RangeError('this directory was not given a way to read entries again')
}

function takeBack(state: DirectoryState, { change }: SignedEntry, index: number): void {
  if (change.kind === 'service_published' && state.peekService(change.service)?.index === index) {
    state.dropService(change.service)
  }
  if (change.kind === 'agreement_effective') {
    const record = state.peekAgreement(change.agreement)
    if (record?.index === index) state.dropAgreement(record)
  }
}
