import { type Agreement, type AgreementKind, kindOf } from './agreement.ts'
import { type DataClass, isWithinClass } from './data-class.ts'

/** What may be signed under a mandate. */
export interface MandateScope {
  readonly kinds: readonly AgreementKind[]
  readonly dataClassUpTo: DataClass
  /** Whole dirhams a month; absent: no ceiling. */
  readonly ceilingAed?: number
}

/**
 * What in a content goes beyond a mandate; undefined: it may be signed under it. An agreement without grants opens no
 * data, and one without a connection costs nothing extra: `docs/spec/directory.md`, 4.8.5.
 */
export function beyondScope(
  content: Agreement,
  { kinds, dataClassUpTo, ceilingAed = Infinity }: MandateScope,
): 'kind' | 'data_class' | 'cost' | undefined {
  if (!kinds.includes(kindOf(content))) return 'kind'
  const grants = 'grants' in content ? content.grants : []
  if (!grants.every(({ dataClass }) => isWithinClass(dataClass, dataClassUpTo))) return 'data_class'
  return (content.connection?.extraLineCostAed ?? 0) > ceilingAed ? 'cost' : undefined
}
