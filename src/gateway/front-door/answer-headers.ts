import { DROPPED_ANSWER_HEADERS, parseHeaderBlock } from '../../protocol/head.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from './front-door-request.ts'
import { STREAM_LENGTH_HEADER } from './request-headers.ts'

/** The headers of an answer to a client. */
export interface AnswerHeaders {
  /** Names and values in turn. */
  readonly rawHeaders: string[]
  /** Length of the streamed body as the provider's gateway told it, in bytes. */
  readonly bodyBytes: number | undefined
}

/** Puts absolute addresses of a backend into the words of a mapped port. */
export interface LocationRewrite {
  /** `host` or `host:port` of backends, lower case. */
  readonly hosts: ReadonlySet<string>
  /** What the client called: `http://127.0.0.1:7001`. */
  readonly origin: string
}

const REWRITTEN: ReadonlySet<string> = new Set(['location', 'content-location'])

/**
 * Checks every line of the provider's header block, drops hop-by-hop headers and those only this gateway may set, and
 * adds its own. A block with a stray CR or LF could split one answer in two, so it refuses the whole answer.
 *
 * @throws WuslaError `invalid_frame`
 */
export function answerHeaders(
  answer: FrontDoorAnswer,
  request: FrontDoorRequest,
  rewrite: LocationRewrite | undefined,
): AnswerHeaders {
  const pairs = parseHeaderBlock(answer.headerBlock)
  const rawHeaders: string[] = []
  let bodyBytes = answer.bodyBytes
  let hasDate = false
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? ''
    const value = pairs[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (DROPPED_ANSWER_HEADERS.has(lower)) continue
    if (lower.startsWith('wusla-')) {
      if (lower === STREAM_LENGTH_HEADER && /^\d{1,15}$/.test(value)) bodyBytes ??= Number(value)
      continue
    }
    if (lower === 'date') {
      // Exactly one `Date`: the provider's first, or else the runtime's.
      if (hasDate) continue
      hasDate = true
    }
    const isAddress = rewrite !== undefined && REWRITTEN.has(lower)
    rawHeaders.push(name, isAddress ? rewritten(value.trim(), rewrite) : value)
  }
  rawHeaders.push('x-road-id', headerText(answer.messageId), 'x-road-client', request.client)
  rawHeaders.push('x-road-service', request.service, 'x-road-request-id', answer.exchange)
  if (answer.requestHash !== undefined) rawHeaders.push('x-road-request-hash', answer.requestHash)
  return { rawHeaders, bodyBytes }
}

/** A text as bytes of a header: UTF-8, one character per byte. */
function headerText(text: string): string {
  // eslint-disable-next-line no-control-regex -- plain ASCII needs no change
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

function rewritten(value: string, rewrite: LocationRewrite): string {
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(value)
  const [, authority = '', rest = ''] = match ?? []
  return match !== null && rewrite.hosts.has(authority.toLowerCase()) ? rewrite.origin + rest : value
}
