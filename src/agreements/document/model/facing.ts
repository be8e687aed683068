import type { Bilingual } from '../../agreement.ts'
import type { FacingLines, Row, Run } from './document-model.ts'

/** One line of our own words. */
export function facing({ ar, en }: Bilingual): FacingLines {
  return { ar: [[ar]], en: [[en]] }
}

/** One line of words from the content. */
export function quoted({ ar, en }: Bilingual): FacingLines {
  return { ar: [[{ own: ar }]], en: [[{ own: en }]] }
}

/** Several lines, each made of words and identifiers. */
export function lines(
  each: readonly { readonly ar: readonly Run[]; readonly en: readonly Run[] }[],
): FacingLines {
  return { ar: each.map(({ ar }) => ar), en: each.map(({ en }) => en) }
}

/** A term with words in both languages. */
export function row(label: Bilingual, words: FacingLines): Row {
  return { label, facing: words }
}

/** A term that is identifiers or codes. */
export function idRow(label: Bilingual, ids: readonly string[]): Row {
  return { label, shared: ids.map((ltr) => ({ ltr })) }
}
