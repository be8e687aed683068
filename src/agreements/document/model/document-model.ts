import type { Bilingual } from '../../agreement.ts'

/**
 * A piece of a line. A plain string runs in the direction of its language; `ltr` is an identifier or a code, which
 * stays left to right and apart from its surroundings; `own` is a text from the content, apart, in its own direction.
 */
export type Run = string | { readonly ltr: string } | { readonly own: string }

/** One line in one language. */
export type Line = readonly Run[]

/** The same in both languages. */
export interface FacingLines {
  readonly ar: readonly Line[]
  readonly en: readonly Line[]
}

/** One term: its name, and either words in both languages or one list that needs no language. */
export type Row =
  | { readonly label: Bilingual; readonly facing: FacingLines }
  | { readonly label: Bilingual; readonly shared: readonly Run[] }

/** What stands below a heading: a numbered paragraph, or a group of terms. */
export type DocumentPart =
  | { readonly number: string; readonly facing: FacingLines }
  | { readonly name: FacingLines | undefined; readonly rows: readonly Row[] }

export interface DocumentClause {
  readonly number: string
  readonly heading: Bilingual | undefined
  readonly parts: readonly DocumentPart[]
}

/** Where one party's official signs. */
export interface SignatureField {
  readonly member: string
  readonly role: Bilingual
  readonly name: FacingLines
}

/** Everything the document shows, in words; where and how is the layout's. */
export interface DocumentModel {
  readonly kind: Bilingual
  readonly title: Bilingual
  readonly facts: readonly Row[]
  readonly clauses: readonly DocumentClause[]
  readonly signatures: readonly SignatureField[]
  readonly hash: string
  /** The hash in groups of four, for people. */
  readonly hashGroups: readonly string[]
}
