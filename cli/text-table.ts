/** One column of a table: its head, and whether its cells are numbers, which stand at the right. */
export interface Column {
  readonly head: string
  readonly isNumber?: boolean
}

/** Characters that steer the direction of a text and take no room. */
const ISOLATES = /[\u2066-\u2069]/g

/** How many columns of a terminal a text takes. Combining marks take none. */
export function widthOf(text: string): number {
  return text.replaceAll(ISOLATES, '').replaceAll(/\p{Mn}/gu, '').length
}

/**
 * Lines of a table whose columns stand under each other. Columns in which no row has anything are left out; nothing is
 * cut off.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const shown = columns
    .map((column, at) => ({ ...column, at }))
    .filter(({ at }) => rows.some((row) => (row[at] ?? '') !== ''))
  const widths = shown.map(({ head, at }) =>
    Math.max(widthOf(head), ...rows.map((row) => widthOf(row[at] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => pad(cell, widths[at] ?? 0, shown[at]?.isNumber === true)).join('  ')}`.trimEnd()
  return [
    line(shown.map(({ head }) => head)),
    ...rows.map((row) => line(shown.map(({ at }) => row[at] ?? ''))),
  ]
}

function pad(text: string, width: number, isNumber: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return isNumber ? `${blanks}${text}` : `${text}${blanks}`
}

/** Widest line of text. Unit: characters. Tables are as wide as their names. */
const WIDTH = 100

/** Breaks a text at blanks; a name or an address stays whole, and so do words that a no-break space joins. */
export function wrapped(text: string, first: string, next: string): string[] {
  const lines: string[] = []
  let line = first
  for (const word of text.split(' ')) {
    const isFull = line.trim() !== '' && widthOf(line) + widthOf(word) + 1 > WIDTH
    if (isFull) {
      lines.push(line)
      line = next
    }
    line = line.trim() === '' ? `${line}${word}` : `${line} ${word}`
  }
  return [...lines, line]
}
