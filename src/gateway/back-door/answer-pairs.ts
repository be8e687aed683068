import { DROPPED_ANSWER_HEADERS, formatHeaderBlock } from '../../protocol/head.ts'
import { HttpSyntaxError } from '../front-door/http-syntax-error.ts'
import { nominatedBy, withoutNominated } from '../front-door/nominated-headers.ts'
import { PLAIN_ANSWER_HEADERS } from '../front-door/plain-headers.ts'

/** What of a backend's head travels back, and what it says about the answer itself. */
export class AnswerPairs {
  /** Names and values in turn: hop-by-hop headers and headers that only gateways set are gone. */
  readonly rawHeaders: readonly string[]
  /** `Content-Length`, in bytes. */
  readonly length: number | undefined
  /** Seconds of `Keep-Alive: timeout=…`. */
  readonly keepAliveSeconds: number | undefined
  #headerBlock: string | undefined

  constructor(rawHeaders: readonly string[], length?: number, keepAliveSeconds?: number) {
    this.rawHeaders = rawHeaders
    this.length = length
    this.keepAliveSeconds = keepAliveSeconds
  }

  /**
   * The lines that travel.
   *
   * @throws WuslaError `invalid_request` when a header cannot be forwarded
   */
  get headerBlock(): string {
    this.#headerBlock ??= formatHeaderBlock(this.rawHeaders, DROPPED_ANSWER_HEADERS, [])
    return this.#headerBlock
  }

  /** The same with one header more. */
  with(name: string, value: string): AnswerPairs {
    return new AnswerPairs([...this.rawHeaders, name, value], this.length, this.keepAliveSeconds)
  }
}

/**
 * Sorts the headers of one backend. Many answers say the same as the one before, within the second that `Date` names: those
 * are only compared.
 */
export class AnswerSorter {
  #raw: readonly string[] = []
  #pairs = new AnswerPairs([])

  /** @throws HttpSyntaxError if the body is in a coding that nobody would undo */
  sort(raw: readonly string[]): AnswerPairs {
    if (areSame(raw, this.#raw)) return this.#pairs
    const pairs = answerPairs(raw)
    this.#raw = raw
    this.#pairs = pairs
    return pairs
  }
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false
  for (let i = 0; i < some.length; i += 1) if (some[i] !== others[i]) return false
  return true
}

/**
 * Sorts the headers of a backend.
 *
 * @throws HttpSyntaxError if the body is in a coding that nobody would undo
 */
function answerPairs(raw: readonly string[]): AnswerPairs {
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
  return new AnswerPairs(rawHeaders, length, keepAliveSeconds)
}
