import { MAX_CLOSED } from './desk-limits.ts'
import { type DeskParts, isUnfinished, nowOf } from './desk-parts.ts'
import { type FiledAgreement, proposerOf } from './filed-agreement.ts'

/**
 * Forgets the oldest of a member's proposals that came to nothing: refused, countered, or past their validity without having
 * been in force. Else a member could fill the disk with them. What was in force is never forgotten.
 */
export async function forgetOver(parts: DeskParts, member: string): Promise<void> {
  const { records, directory } = parts
  const over = records
    .list(member)
    .filter((filed) => proposerOf(filed) === member && directory.agreement(filed.hash) === undefined)
    .filter((filed) => !isUnfinished(parts, filed, nowOf(parts)))
  // Times in this form sort as text.
  const oldest = over.toSorted((a, b) => endOf(a).localeCompare(endOf(b), 'en'))
  for (const filed of oldest.slice(0, Math.max(0, over.length - MAX_CLOSED))) await records.forget(filed)
}

function endOf({ closed, content }: FiledAgreement): string {
  return closed?.at ?? content.validUntil
}
