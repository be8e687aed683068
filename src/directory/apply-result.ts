import type { ApplyResult } from './directory-change.ts'
import type { Judgement } from './rules/judgement.ts'
import type { ReadEntry, SignedEntry } from './signed-entry.ts'

/** What became of an entry about which the rules said this. */
export function resultOf(judgement: Judgement, { change }: SignedEntry, index: number): ApplyResult {
  if (judgement.ok) return { index, applied: true, change }
  const { reason, detail } = judgement
  return { index, applied: false, changeKind: change.kind, reason, detail }
}

/** What became of an entry that is none by its form. */
export function malformed(
  { changeKind, detail }: Extract<ReadEntry, { readonly ok: false }>,
  index: number,
): ApplyResult {
  return { index, applied: false, changeKind, reason: 'malformed', detail }
}
