import { type ErrorCode, isErrorCode } from '../src/protocol/error-codes.ts'
import { WuslaError } from '../src/protocol/wusla-error.ts'

/** The admin API of one actor. */
export interface ApiTarget {
  readonly url: string
  readonly token: string
}

/** What an actor is asked with. */
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Calls an admin API and gives its JSON. A refusal arrives as the WuslaError the actor spoke of.
 *
 * @param timeoutMs - how long the whole answer may take. Default: 60,000
 * @throws WuslaError the actor's code; `actor_unreachable` when nobody answers.
 */
export async function callApi(
  target: ApiTarget,
  method: Method,
  path: string,
  body?: unknown,
  timeoutMs: number = 60_000,
): Promise<unknown> {
  const response = await ask(target, method, path, body, timeoutMs)
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  throw refusal(response, answer)
}

/** Asks an admin API for something that is no JSON, such as a document. @throws WuslaError as {@link callApi} */
export async function readBytes(target: ApiTarget, path: string): Promise<Uint8Array> {
  const response = await ask(target, 'GET', path, undefined, 60_000)
  if (response.ok) return new Uint8Array(await response.arrayBuffer())
  throw refusal(response, await response.json().catch(() => undefined))
}

async function ask(
  target: ApiTarget,
  method: Method,
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<Response> {
  try {
    return await fetch(`${target.url.replace(/\/$/, '')}${path}`, {
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
}

function refusal({ status }: Response, answer: unknown): WuslaError {
  const { code, message, details } = (answer ?? {}) as { code?: string; message?: string; details?: object }
  return new WuslaError(isErrorCode(code) ? code : codeOfStatus(status), {
    message: message ?? `The actor answered with HTTP status ${status}.`,
    details: { ...details },
  })
}

/** For an answer in other words than ours, such as that of a proxy. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'unauthorized'
  return status === 403 ? 'forbidden' : 'internal_error'
}
