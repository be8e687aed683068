import { DROPPED_ANSWER_HEADERS } from '../../protocol/head.ts'
import { HttpSyntaxError } from '../front-door/http-syntax-error.ts'
import { nominatedBy, withoutNominated } from '../front-door/nominated-headers.ts'
import { PLAIN_ANSWER_HEADERS } from '../front-door/plain-headers.ts'

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
  let rawHeaders: string[] = []
  let nominated: readonly string[] | undefined
  let length: number | undefined
  let keepAliveSeconds: number | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    if (PLAIN_ANSWER_HEADERS.has(name)) {
      rawHeaders.push(name, value)
      continue
    }
    const lower = name.toLowerCase()
    if (!DROPPED_ANSWER_HEADERS.has(lower)) {
      if (!lower.startsWith('wusla-')) rawHeaders.push(name, value)
    } else if (lower === 'content-length') {
      length = Number(value)
    } else if (lower === 'connection') {
      nominated = nominatedBy(value, nominated)
    } else if (lower === 'keep-alive') {
      const seconds = /\btimeout=(\d{1,6})\b/i.exec(value)?.[1]
      if (seconds !== undefined) keepAliveSeconds = Number(seconds)
    } else if (lower === 'transfer-encoding' && value.toLowerCase() !== 'chunked') {
      throw new HttpSyntaxError('unsupported_coding')
    }
  }
  if (nominated !== undefined) rawHeaders = withoutNominated(rawHeaders, nominated)
  return { rawHeaders, length, keepAliveSeconds }
}
