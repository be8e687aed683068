import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import { providerRefusal } from './deliver-answer.ts'

/**
 * The answer to a request as it came.
 *
 * @throws WuslaError `session_closed`, with `by: provider` in its details, when the provider's gateway is closing and did
 * nothing: that is no answer for the caller, another node may give one
 */
export function doneOnly(answer: IncomingAnswer): IncomingAnswer {
  if (answer.statement.error !== 'session_closed') return answer
  throw providerRefusal(answer.statement.error, answer)
}
