import { digest256 } from '../../protocol/digest.ts'
import { decodeRequestStatement, encodeRequestOpening } from '../../protocol/statement.ts'
import type { AnswerStatement } from '../../protocol/statement.ts'

/**
 * What of the request an answer shows to have arrived: all of it with its body, or, for an answer that began while
 * a long body was still coming, its opening (`docs/spec/statement.md`, 5.3).
 */
export type AnswerBinding = 'request' | 'opening'

/** How an answer names a request statement, or undefined when it names another one. */
export function bindingOf(answer: AnswerStatement, requestText: string): AnswerBinding | undefined {
  if (answer.request === digest256(requestText)) return 'request'
  const opening = encodeRequestOpening(decodeRequestStatement(requestText))
  return answer.request === digest256(opening) ? 'opening' : undefined
}
