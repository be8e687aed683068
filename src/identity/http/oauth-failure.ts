import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'oauth4webapi'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { askProvider, invalidAnswer, refusedRequest } from './ask-provider.ts'
import type { ProviderLine } from './ask-provider.ts'

/** Longest answer of an endpoint that speaks OAuth, in bytes. */
const MAX_OAUTH_BYTES = 262_144

/** `error` values with which a refusal on the telephone comes back. No official list is known. */
const CANCELLED = new Set(['access_denied', 'cancelledonapp', 'login_cancelled', 'user_cancelled'])

/** What the OAuth libraries hand to a fetch. */
interface LibraryRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: RequestInit['body'] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * A fetch for the OAuth library whose answers are bounded and whose failures are ours. `step` goes into the errors.
 */
export function oauthFetch(
  line: ProviderLine,
  step: string,
): (url: string, init: LibraryRequest) => Promise<Response> {
  return async (url, { signal, body, method, headers: sent }) => {
    const answer = await askProvider(line, {
      step,
      url,
      init: { method, headers: sent, ...(body === undefined ? {} : { body }) },
      maxBytes: MAX_OAUTH_BYTES,
      signal,
    })
    if (answer.status >= 500) throw refusedRequest(step, answer.status)
    const { status, headers } = answer
    return new Response(answer.body.byteLength === 0 ? null : answer.body, { status, headers })
  }
}

/**
 * Our error for what the OAuth library threw. The library's errors carry answers and parameters, with tokens, codes and
 * identity numbers in them: only codes are taken over, and they are never a `cause`.
 */
export function oauthFailure(step: string, error: unknown): WuslaError {
  // openid-client wraps what a fetch throws.
  const ours = [error, error instanceof Error ? error.cause : undefined].find(isWuslaError)
  if (ours !== undefined) return ours
  if (error instanceof AuthorizationResponseError) return refusedLogin(error.error)
  if (error instanceof ResponseBodyError) {
    return new WuslaError('identity_provider_refused', {
      details: { step, status: error.status, providerCode: safeCode(error.error) },
    })
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const told = error.cause.map(({ parameters }) => parameters.error).find((code) => code !== undefined)
    const providerCode = told === undefined ? {} : { providerCode: safeCode(told) }
    return new WuslaError('identity_provider_refused', {
      details: { step, status: error.status, ...providerCode },
    })
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return invalidAnswer(step, typeof code === 'string' ? safeCode(code) : 'form')
}

function refusedLogin(providerCode: string): WuslaError {
  return CANCELLED.has(providerCode.toLowerCase())
    ? new WuslaError('login_cancelled')
    : new WuslaError('login_refused', { details: { providerCode: safeCode(providerCode) } })
}

/** A provider's code if it looks like one. Anything else could be a sentence with somebody's name in it. */
export function safeCode(text: string): string {
  return /^[A-Za-z][A-Za-z_]{0,63}$/.test(text) ? text : 'unreadable'
}
