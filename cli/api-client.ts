import { type ErrorCode, isErrorCode } from '../src/protocol/error-codes.ts'
import { WuslaError } from '../src/protocol/wusla-error.ts'

/** The admin API of one actor. */
export interface ApiTarget {
  readonly url: string
  readonly token: string
}

/**
 * Calls an admin API and gives its JSON. A refusal arrives as the WuslaError the actor spoke of.
 *
 * @param timeoutMs - how long the whole answer may take. Default: 60,000
 * @throws WuslaError the actor's code; `actor_unreachable` when nobody answers.
 */
export async function callApi(
  target: ApiTarget,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  timeoutMs: number = 60_000,
): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(`${target.url.replace(/\/$/, '')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${target.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (cause) {
    throw new WuslaError('actor_unreachable', { details: { url: target.url }, cause })
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  const { code, message, details } = (answer ?? {}) as { code?: string; message?: string; details?: object }
  throw new WuslaError(isErrorCode(code) ? code : codeOfStatus(response.status), {
    message: message ?? `The actor answered with HTTP status ${response.status}.`,
    details: { ...details },
  })
}

/** For an answer in other words than ours, such as that of a proxy. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'unauthorized'
  return status === 403 ? 'forbidden' : 'internal_error'
}
