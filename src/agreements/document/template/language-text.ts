import type { AgreementKind } from '../../agreement.ts'
import { UNSEEN } from '../../content/text-shapes.ts'
import { type Block, BLOCKS, type Condition, CONDITIONS, INLINE } from './placeholders.ts'

/** Words of a sentence, or the name of a placeholder in it. */
export type Piece = { readonly words: string } | { readonly placeholder: string }

/** What stands between two blank lines. */
export type Part = { readonly line: number } & (
  { readonly paragraph: readonly Piece[] } | { readonly block: Block }
)

/** A heading and what follows. The first clause of a text has no heading: it is what stands before the first. */
export interface Clause {
  readonly line: number
  readonly heading: string
  readonly onlyWhen: Condition | undefined
  readonly parts: readonly Part[]
}

/** The text in one language. */
export interface LanguageText {
  readonly title: string
  readonly clauses: readonly Clause[]
}

/** Says what is wrong on a line. */
export type Report = (line: number, problem: string) => void

const MAX_PARAGRAPH = 4_000
const MAX_CLAUSES = 100
const MAX_PARTS = 100

interface OpenClause {
  line: number
  heading: string
  onlyWhen: Condition | undefined
  parts: Part[]
}

/** Reads one language of a template. Everything that is wrong with it is reported. */
export function readLanguageText(text: string, kind: AgreementKind, report: Report): LanguageText {
  const clauses: OpenClause[] = [{ line: 1, heading: '', onlyWhen: undefined, parts: [] }]
  let title = ''
  for (const { line, words } of chunksOf(text)) {
    const clause = clauses.at(-1) as OpenClause
    if (UNSEEN.test(words)) report(line, 'holds a hidden character')
    else if (words.length > MAX_PARAGRAPH) report(line, `is longer than ${MAX_PARAGRAPH} characters`)
    else if (words.startsWith('## ')) {
      clauses.push({ line, heading: words.slice(3).trim(), onlyWhen: undefined, parts: [] })
    } else if (words.startsWith('# ')) {
      if (title !== '' || clauses.length > 1 || clause.parts.length > 0) {
        report(line, 'a second title, or one that is not at the beginning')
      }
      title = words.slice(2).trim()
    } else if (words.startsWith('{{only-when ')) clause.onlyWhen = readCondition(clause, words, line, report)
    else clause.parts.push({ line, ...readPart(words, kind, line, report) })
  }
  if (title === '') report(1, 'must begin with the name of the document: # Name')
  if (clauses.length > MAX_CLAUSES) report(1, `has more than ${MAX_CLAUSES} headings`)
  for (const { line, heading, parts } of clauses) {
    if (parts.length > MAX_PARTS) report(line, `has more than ${MAX_PARTS} paragraphs`)
    if (parts.length === 0 && heading !== '') report(line, 'is a heading without anything below it')
  }
  return { title, clauses }
}

/** Headings, conditions and paragraphs: a paragraph ends at a blank line, the others with their line. */
function* chunksOf(text: string): Generator<{ line: number; words: string }> {
  let open: { line: number; words: string } | undefined
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const words = raw.trim()
    const isOwnLine = words.startsWith('#') || /^\{\{[^{}]*\}\}$/.test(words)
    if (open !== undefined && (words === '' || isOwnLine)) {
      yield open
      open = undefined
    }
    if (words === '') continue
    if (isOwnLine) yield { line: index + 1, words }
    else if (open === undefined) open = { line: index + 1, words }
    else open.words += ` ${words}`
  }
  if (open !== undefined) yield open
}

function readCondition(
  clause: OpenClause,
  words: string,
  line: number,
  report: Report,
): Condition | undefined {
  const named = words.slice('{{only-when '.length, -2).trim()
  const condition = CONDITIONS.find((each) => each === named)
  if (condition === undefined) report(line, `names no condition; there are: ${CONDITIONS.join(', ')}`)
  if (clause.heading === '' || clause.parts.length > 0 || clause.onlyWhen !== undefined) {
    report(line, 'a condition stands once, directly below a heading')
  }
  return condition
}

function readPart(
  words: string,
  kind: AgreementKind,
  line: number,
  report: Report,
): { paragraph: readonly Piece[] } | { block: Block } {
  const alone = /^\{\{([^{}]*)\}\}$/.exec(words)?.[1]
  const block = BLOCKS[kind].find((each) => each === alone)
  if (block !== undefined) return { block }
  const pieces: Piece[] = words.split(/(\{\{[^{}]*\}\})/).flatMap((piece): Piece[] => {
    if (piece === '') return []
    if (!piece.startsWith('{{')) {
      if (/\{\{|\}\}/.test(piece)) report(line, 'has a placeholder that is not closed or not opened')
      return [{ words: piece }]
    }
    const placeholder = piece.slice(2, -2)
    if (INLINE[kind].includes(placeholder)) return [{ placeholder }]
    const problem = BLOCKS[kind].some((each) => each === placeholder)
      ? 'must stand on a line of its own'
      : `is no placeholder of this kind of agreement; there are: ${[...INLINE[kind], ...BLOCKS[kind]].join(', ')}`
    report(line, `{{${placeholder.slice(0, 64)}}} ${problem}`)
    return []
  })
  return { paragraph: pieces }
}
