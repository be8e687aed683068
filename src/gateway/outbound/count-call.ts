import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { Charge } from '../quotas/charge.ts'
import type { GrantLimits } from '../quotas/grant-limits.ts'
import type { LimitedGrant } from '../quotas/limited-grant.ts'

/**
 * Holds a call against the limits of its grant, before a way to the provider is looked for.
 *
 * @param authorise - asked again when it is counted, which may have waited for the disk; throws when the agreement ended
 * @throws WuslaError `limit_exceeded`, `logging_failed`, `stream_cancelled`
 */
export async function admitCall(
  limits: GrantLimits,
  limited: LimitedGrant,
  request: FrontDoorRequest,
  authorise: () => void,
): Promise<Charge> {
  const { body, bodyBytes = 0, signal } = request
  const isWhole = body === null || Buffer.isBuffer(body)
  const charge = await limits.admit(limited, request, isWhole ? (body?.length ?? 0) : bodyBytes, isWhole)
  try {
    if (signal.aborted) throw new WuslaError('stream_cancelled')
    authorise()
  } catch (cause) {
    charge.giveBack()
    throw cause
  }
  return charge
}

/** The body of an answer, counted; a refusal of the provider's gateway is no answer of the service and costs nothing. */
export async function countAnswer(
  charge: Charge,
  { statement, body }: IncomingAnswer,
): Promise<IncomingAnswer['body']> {
  return statement.error === undefined ? await charge.answerBody(body) : body
}

/** Whether the provider's gateway refused it by its own count: then this gateway's count goes back as well. */
export function isLimited(cause: unknown): boolean {
  return isWuslaError(cause) && cause.code === 'limit_exceeded' && cause.details['by'] === 'provider'
}
