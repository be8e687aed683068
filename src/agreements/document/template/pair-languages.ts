import type { AgreementKind, Bilingual } from '../../agreement.ts'
import type { Clause, LanguageText, Part, Piece } from './language-text.ts'
import { type Block, BLOCKS, type Condition, NEEDS } from './placeholders.ts'

/** A part in both languages. */
export type PairedPart =
  | { readonly paragraph: { readonly ar: readonly Piece[]; readonly en: readonly Piece[] } }
  | { readonly block: Block }

/** A clause in both languages; the first has no heading. */
export interface PairedClause {
  readonly heading: Bilingual | undefined
  readonly onlyWhen: Condition | undefined
  readonly parts: readonly PairedPart[]
}

type Report = (problem: string) => void

/**
 * Puts the two languages beside each other: the n-th paragraph of a clause faces the n-th of the other language, so
 * both must have the same clauses, conditions and paragraphs. Whatever is not so is reported.
 */
export function pairLanguages(
  ar: LanguageText,
  en: LanguageText,
  kind: AgreementKind,
  report: Report,
): PairedClause[] {
  if (ar.clauses.length !== en.clauses.length) {
    report(`ar.txt has ${ar.clauses.length - 1} headings, en.txt has ${en.clauses.length - 1}`)
    return []
  }
  const clauses = ar.clauses.map((clause, index) => pairClause(clause, en.clauses[index] as Clause, report))
  for (const block of BLOCKS[kind]) checkBlock(clauses, block, report)
  return clauses
}

function pairClause(ar: Clause, en: Clause, report: Report): PairedClause {
  const at = `the clause at ar.txt:${ar.line} and en.txt:${en.line}`
  if (ar.onlyWhen !== en.onlyWhen) report(`${at} has different conditions in the two languages`)
  if (ar.parts.length !== en.parts.length) {
    report(`${at} has ${ar.parts.length} paragraphs in Arabic and ${en.parts.length} in English`)
  }
  const parts = ar.parts
    .slice(0, en.parts.length)
    .flatMap((part, index): PairedPart[] => pairPart(part, en.parts[index] as Part, ar.onlyWhen, report))
  const heading = ar.heading === '' ? undefined : { ar: ar.heading, en: en.heading }
  return { heading, onlyWhen: ar.onlyWhen, parts }
}

function pairPart(ar: Part, en: Part, onlyWhen: Condition | undefined, report: Report): PairedPart[] {
  const at = `ar.txt:${ar.line} and en.txt:${en.line}`
  if ('block' in ar && 'block' in en && ar.block === en.block) return [{ block: ar.block }]
  if ('block' in ar || 'block' in en) {
    report(`${at} do not show the same part of the content`)
    return []
  }
  const named = [namesIn(ar.paragraph), namesIn(en.paragraph)]
  if (named[0]?.join() !== named[1]?.join()) report(`${at} do not use the same placeholders`)
  for (const name of named[0] ?? []) {
    const condition = NEEDS[name]
    if (condition !== undefined && condition !== onlyWhen) {
      report(`${at}: {{${name}}} needs {{only-when ${condition}}} below the heading`)
    }
  }
  return [{ paragraph: { ar: ar.paragraph, en: en.paragraph } }]
}

// Nobody may be given a text to sign in which a term of the content is not to be seen.
function checkBlock(clauses: readonly PairedClause[], block: Block, report: Report): void {
  const holders = clauses.filter(({ parts }) => parts.some((part) => 'block' in part && part.block === block))
  const times = clauses
    .flatMap(({ parts }) => parts)
    .filter((part) => 'block' in part && part.block === block)
  if (times.length !== 1) report(`{{${block}}} must stand there once, and stands there ${times.length} times`)
  const wrong = holders.find(({ onlyWhen }) => onlyWhen !== undefined && onlyWhen !== block)
  if (wrong !== undefined) report(`{{${block}}} must not depend on {{only-when ${wrong.onlyWhen}}}`)
}

function namesIn(pieces: readonly Piece[]): string[] {
  return pieces.flatMap((piece) => ('placeholder' in piece ? [piece.placeholder] : [])).toSorted()
}
