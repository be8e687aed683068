import { DROPPED_ANSWER_HEADERS } from '../../protocol/head.ts'
import { HttpSyntaxError } from '../front-door/http-syntax-error.ts'

/** What of a backend's head travels back, and what it says about the answer itself. */
export interface AnswerPairs {
  /** Names and values in turn: hop-by-hop headers and headers that only gateways set are gone. */
  readonly rawHeaders: string[]
  /** `Content-Length`, in bytes. */
  readonly length: number | undefined
  /** Seconds of `Keep-Alive: timeout=…`. */
  readonly keepAliveSeconds: number | undefined
}

/**
 * Sorts the headers of a backend.
 *
 * @throws HttpSyntaxError if the body is in a coding that nobody would undo
 */
export function answerPairs(raw: readonly string[]): AnswerPairs {
  const rawHeaders: string[] = []
  let length: number | undefined
  let keepAliveSeconds: number | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (!DROPPED_ANSWER_HEADERS.has(lower)) {
      if (!lower.startsWith('wusla-')) rawHeaders.push(name, value)
    } else if (lower === 'content-length') {
      length = Number(value)
    } else if (lower === 'keep-alive') {
      const seconds = /\btimeout=(\d{1,6})\b/i.exec(value)?.[1]
      if (seconds !== undefined) keepAliveSeconds = Number(seconds)
    } else if (lower === 'transfer-encoding' && value.toLowerCase() !== 'chunked') {
      throw new HttpSyntaxError('unsupported_coding')
    }
  }
  return { rawHeaders, length, keepAliveSeconds }
}
