import type { AnswerOpening, AnswerStatement } from '../protocol/statement.ts'

/**
 * The answer to a request. A small one comes verified, with a `Buffer` as its body. A large one comes at its opening
 * and its body flows; the last piece of it comes only when the whole is verified and recorded.
 */
export interface IncomingAnswer {
  /** The final statement of a small answer, the opening of a large one. */
  readonly statement: AnswerOpening | AnswerStatement
  /** Name and value lines, a byte string. Read it with `parseHeaderBlock`. */
  readonly headerBlock: string
  /** To be read once. Its iteration throws a WuslaError when the rest does not come or does not hold. */
  readonly body: Buffer | AsyncIterable<Uint8Array>
  /** The sealed statement. Rejects with a WuslaError. */
  readonly complete: Promise<AnswerStatement>
  /**
   * Resolves when both the batch with our request and the batch with the answer are durable. Until then nothing may
   * be given to the caller. Rejects with `logging_failed`.
   */
  readonly recorded: Promise<void>
}

/** Creates a small answer: one object, and no promise of its own. */
export function wholeAnswer(
  statement: AnswerStatement,
  headerBlock: string,
  body: Buffer,
  recorded: Promise<void>,
): IncomingAnswer {
  return new WholeAnswer(statement, headerBlock, body, recorded)
}

class WholeAnswer implements IncomingAnswer {
  readonly statement: AnswerStatement
  readonly headerBlock: string
  readonly body: Buffer
  readonly recorded: Promise<void>

  constructor(statement: AnswerStatement, headerBlock: string, body: Buffer, recorded: Promise<void>) {
    this.statement = statement
    this.headerBlock = headerBlock
    this.body = body
    this.recorded = recorded
  }

  get complete(): Promise<AnswerStatement> {
    return Promise.resolve(this.statement)
  }
}
