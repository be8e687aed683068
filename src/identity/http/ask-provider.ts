import { WuslaError } from '../../protocol/wusla-error.ts'

/** How a provider is reached. Passed in, so that a test can stand between. */
export interface ProviderLine {
  readonly fetch: typeof globalThis.fetch
  /** Longest time of one request, milliseconds. */
  readonly timeoutMs: number
}

/** A whole answer. */
export interface ProviderAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer>
}

/** One question to a provider. */
export interface ProviderQuestion {
  /** Step of the flow, for errors: `token`, `userinfo`, `result` … */
  readonly step: string
  readonly url: string
  readonly init: RequestInit
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks and reads the whole answer. Redirections are not followed: they could carry a token to another host.
 *
 * NOTE: neither address nor body goes into an error; both can hold tokens, codes and identity numbers.
 *
 * @throws WuslaError `identity_provider_unreachable`; `identity_provider_answer_invalid` when the answer is too long
 */
export async function askProvider(line: ProviderLine, question: ProviderQuestion): Promise<ProviderAnswer> {
  const timeout = AbortSignal.timeout(line.timeoutMs)
  const signal = question.signal === undefined ? timeout : AbortSignal.any([timeout, question.signal])
  try {
    const answer = await line.fetch(question.url, { ...question.init, redirect: 'manual', signal })
    return {
      status: answer.status,
      headers: answer.headers,
      body: await readBounded(answer, question.step, question.maxBytes),
    }
  } catch (error) {
    if (error instanceof WuslaError) throw error
    question.signal?.throwIfAborted()
    throw new WuslaError('identity_provider_unreachable', {
      details: { step: question.step, reason: timeout.aborted ? 'ETIMEDOUT' : reasonOf(error) },
    })
  }
}

async function readBounded(
  answer: Response,
  step: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let size = 0
  // Leaving the loop early cancels the stream and ends the connection.
  for await (const piece of answer.body ?? []) {
    size += piece.byteLength
    if (size > maxBytes) throw invalidAnswer(step, 'length')
    pieces.push(piece)
  }
  return Uint8Array.from(Buffer.concat(pieces))
}

/** Code of a system call in the chain of causes. Never a message: it may name what was sent. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(at.code)) return at.code
  }
  return 'unknown'
}

/** The error for an answer that the documentation does not allow. */
export function invalidAnswer(step: string, part: string): WuslaError {
  return new WuslaError('identity_provider_answer_invalid', { details: { step, part } })
}

/** The error for a status that means no. */
export function refusedRequest(step: string, status: number): WuslaError {
  return status >= 500
    ? new WuslaError('identity_provider_unreachable', { details: { step, status } })
    : new WuslaError('identity_provider_refused', { details: { step, status } })
}

/**
 * The object in the body of an answer.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function jsonObject(step: string, body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // The parser's message quotes what it read.
    throw invalidAnswer(step, 'json')
  }
  const object = asObject(value)
  if (object === undefined) throw invalidAnswer(step, 'json')
  return object
}

/** The value as an object with members; undefined for everything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
