import type { CommanderError } from 'commander'
import { ERROR_TABLE } from '../src/protocol/error-codes.ts'
import { isWuslaError, WuslaError } from '../src/protocol/wusla-error.ts'

/** Where the command line speaks. Results go to `out`, everything about the run goes to `err`. */
export interface Voice {
  /** One result: as JSON on one line with `--json`, else the lines for people. */
  readonly result: (json: unknown, lines: readonly string[]) => void
  readonly note: (text: string) => void
}

/**
 * The exit codes of `wusla`: 0 done; 1 the answer is no (with `status`: something is wrong), or an actor refused or cannot be reached; 2 the command was
 * wrong, or a file it names cannot be used; 3 something failed that should not have. Scripts decide on them.
 */
export const EXIT = Object.freeze({ done: 0, refused: 1, usage: 2, defect: 3 })

/** A mistake in the command itself or in what it names, told without a stack. */
export class UsageError extends Error {
  readonly hint: string | undefined
  /** What programs read with `--json`: `usage`, or a closer word such as `file_unreadable`. */
  readonly code: string

  constructor(message: string, hint?: string, code = 'usage') {
    super(message)
    this.name = 'UsageError'
    this.hint = hint
    this.code = code
  }
}

export function createVoice(json: boolean): Voice {
  return {
    result: (value, lines) => {
      const text = json ? JSON.stringify(value) : lines.join('\n')
      if (text !== '') process.stdout.write(`${text}\n`)
    },
    note: (text) => {
      process.stderr.write(`${text}\n`)
    },
  }
}

/** Codes that only ever mean a mistake in a file that the command names. */
const FILE_MISTAKES: ReadonlySet<string> = new Set(['invalid_network_model', 'invalid_template'])

/** Tells a failure to a person: what happened, what to do, and nothing of the program's insides. Returns the exit code. */
export function tellFailure(error: unknown, json: boolean): number {
  if (error instanceof UsageError) {
    write(json, { code: error.code, message: error.message, remedy: error.hint }, error.message, error.hint)
    return EXIT.usage
  }
  const known = isWuslaError(error) ? error : new WuslaError('internal_error', { cause: error })
  const { remedy } = ERROR_TABLE[known.code]
  write(
    json,
    { code: known.code, message: known.message, remedy, details: known.details },
    `${known.message} (${known.code})`,
    remedy,
  )
  if (!json) for (const line of detailLines(known)) process.stderr.write(`  ${line}\n`)
  if (known.code === 'internal_error' && process.env['WUSLA_DEBUG'] === '1') {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
  if (known.code === 'internal_error') return EXIT.defect
  return FILE_MISTAKES.has(known.code) ? EXIT.usage : EXIT.refused
}

/** What the reader of the command line refused, or help and version; people have read it already. */
export function tellMisuse({ exitCode, message }: CommanderError, json: boolean): number {
  if (exitCode === 0) return EXIT.done
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'usage', message } })}\n`)
  return EXIT.usage
}

function write(json: boolean, value: object, message: string, hint: string | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify({ error: value })}\n`)
  process.stderr.write(`error: ${message}\n`)
  if (hint !== undefined) process.stderr.write(`hint: ${hint}\n`)
}

function detailLines(error: WuslaError): string[] {
  const problems = error.details['problems']
  if (Array.isArray(problems))
    return problems.map((problem) => (typeof problem === 'string' ? problem : JSON.stringify(problem)))
  // A list is told line by line.
  return Object.entries(error.details).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map(
      (part) => `${name}: ${typeof part === 'string' ? part : JSON.stringify(part)}`,
    ),
  )
}
