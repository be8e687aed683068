import type { ChangeSignature } from '../trust/signed-change.ts'
import type { Change } from './change.ts'
import type { RefusalReason } from './directory-event.ts'

/** What became of one entry. */
export type ApplyResult =
  | { readonly index: number; readonly applied: true; readonly change: Change }
  | {
      readonly index: number
      readonly applied: false
      readonly changeKind: string
      readonly reason: RefusalReason
      readonly detail: string
    }

/** A change that took effect; or, with `takenBack`, one whose signatures failed when they were checked late. */
export interface DirectoryChange {
  readonly index: number
  readonly change: Change
  readonly signatures: readonly ChangeSignature[]
  readonly takenBack: boolean
}

/**
 * How the signatures of an entry are treated. `check`: now. `defer`: those of first publications and of agreements
 * when their record is first read, everything else now; for catching up with a long log. `held`: not at all, form
 * included; only for entries that were checked and accepted before and have lain in our own store since.
 */
export type SignatureCheck = 'check' | 'defer' | 'held'
