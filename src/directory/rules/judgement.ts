import type { RefusalReason } from '../directory-event.ts'

/** One thing that has to hold before the change may take effect: gives the rule that is broken, else nothing. */
export type Proof = () => Refusal | undefined

/** What the rules say about a change: refused with a reason, or allowed if every proof holds. */
export type Judgement =
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string }
  | {
      readonly ok: true
      readonly proofs: readonly Proof[]
      /** Puts the change into the state. `index` is its place in the log. */
      readonly commit: (index: number) => void
    }

/** The rule that a change breaks. */
export type Refusal = Extract<Judgement, { readonly ok: false }>

export function refuse(reason: RefusalReason, detail: string): Refusal {
  return { ok: false, reason, detail }
}

export function allow(proofs: readonly Proof[], commit: (index: number) => void): Judgement {
  return { ok: true, proofs, commit }
}

/** The judgement once its proofs are made: the first rule that turns out to be broken, or still allowed. */
export function prove(judgement: Judgement): Judgement {
  if (!judgement.ok) return judgement
  for (const proof of judgement.proofs) {
    const refusal = proof()
    if (refusal !== undefined) return refusal
  }
  return judgement
}
