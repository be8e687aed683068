import { WuslaError } from '../../protocol/wusla-error.ts'

/** One word of a file and the line it stands on, counted from 1. */
interface Token {
  readonly text: string
  readonly line: number
}

/** Most words in a file: a network of 50,000 links with 100 modules each has about ten million. */
const MAX_TOKENS = 10_000_000

/**
 * Reads SNDlib's native text word by word: parentheses stand alone, `#` begins a comment, a comma is a space. Never
 * goes back, so its time is that of reading the text once.
 */
export class SndlibTokens {
  readonly #tokens: readonly Token[]
  #at = 0

  /** @throws WuslaError `invalid_network_model` */
  constructor(text: string) {
    const tokens: Token[] = []
    for (const [index, line] of text.split('\n').entries()) {
      const words = line.replace(/#.*/, '').match(/[()]|[^\s(),]+/g) ?? []
      for (const word of words) tokens.push({ text: word, line: index + 1 })
      if (tokens.length > MAX_TOKENS) throw notSndlib(index + 1, 'is longer than a planner takes')
    }
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  /** The line of the next word; of the last one at the end. */
  get line(): number {
    return (this.#tokens[this.#at] ?? this.#tokens.at(-1))?.line ?? 1
  }

  /** Whether the next word is this one; then it is taken. */
  takes(text: string): boolean {
    if (this.#tokens[this.#at]?.text !== text) return false
    this.#at += 1
    return true
  }

  expect(text: string): void {
    if (!this.takes(text)) throw notSndlib(this.line, `must have "${text}" here`)
  }

  word(): string {
    const text = this.#tokens[this.#at]?.text
    if (text === undefined || text === '(' || text === ')')
      throw notSndlib(this.line, 'must have a word here')
    this.#at += 1
    return text
  }

  number(): number {
    const { line } = this
    const value = Number(this.word())
    if (!Number.isFinite(value)) throw notSndlib(line, 'must have a number here')
    return value
  }

  /** Passes over what is left of a parenthesis, whatever it holds. */
  skipToEnd(): void {
    for (let depth = 1; depth > 0; this.#at += 1) {
      const text = this.#tokens[this.#at]?.text
      if (text === undefined) throw notSndlib(this.line, 'ends before its last section does')
      if (text === '(') depth += 1
      if (text === ')') depth -= 1
    }
  }
}

/** A refusal that names the line. */
export function notSndlib(line: number, problem: string): WuslaError {
  return new WuslaError('invalid_network_model', {
    details: { problems: [{ path: `line ${line}`, problem }] },
  })
}
