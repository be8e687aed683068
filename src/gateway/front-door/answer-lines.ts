import { DROPPED_ANSWER_HEADERS } from '../../protocol/head.ts'
import { MAX_HEADER_BLOCK_BYTES, MAX_HEADER_LINES } from '../../protocol/limits.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from './front-door-request.ts'
import { PLAIN_ANSWER_HEADERS } from './plain-headers.ts'
import { STREAM_LENGTH_HEADER } from './request-headers.ts'

/** The header of an answer to a client. */
export interface AnswerLines {
  /** `Name: value CRLF`, without those of framing and without `Connection`. */
  readonly lines: string
  /** Whether `Date` is among them. */
  readonly hasDate: boolean
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

/**
 * A whole header block, each line `name:value CRLF`: names are tokens, values hold no control character, so no line
 * and no answer can be split in two.
 */
// eslint-disable-next-line no-control-regex -- header values are bytes; the excluded ones are the refused ones
const BLOCK = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

/** What was read in the header block of an answer. */
interface ReadBlock {
  readonly lines: string
  readonly hasDate: boolean
  /** What it tells of the length of a streamed body. */
  readonly length: number | undefined
}

/** Makes the headers of answers out of what providers' gateways sent. */
export class AnswerHeaders {
  #lastBlock = ''
  #last: ReadBlock = readBlock('', undefined)

  /**
   * Checks every line of the provider's header block, drops hop-by-hop headers and those only this gateway may set, and
   * adds its own. The block comes from another house: one bad line refuses the whole answer. Many answers in a row have the same
   * block, which is not read again.
   *
   * @throws WuslaError `invalid_frame`
   */
  linesOf(
    answer: FrontDoorAnswer,
    request: FrontDoorRequest,
    rewrite: LocationRewrite | undefined,
  ): AnswerLines {
    const { lines, hasDate, length } = this.#read(answer.headerBlock, rewrite)
    return { lines: lines + ownLines(answer, request), hasDate, bodyBytes: answer.bodyBytes ?? length }
  }

  #read(block: string, rewrite: LocationRewrite | undefined): ReadBlock {
    if (rewrite !== undefined) return readBlock(block, rewrite)
    if (block !== this.#lastBlock) {
      this.#last = readBlock(block, undefined)
      this.#lastBlock = block
    }
    return this.#last
  }
}

function readBlock(block: string, rewrite: LocationRewrite | undefined): ReadBlock {
  if (block.length > MAX_HEADER_BLOCK_BYTES || !BLOCK.test(block)) throw new WuslaError('invalid_frame')
  let lines = ''
  let hasDate = false
  let length: number | undefined
  let count = 0
  for (let start = 0; start < block.length; count += 1) {
    const colon = block.indexOf(':', start)
    const end = block.indexOf('\r\n', colon)
    const name = block.slice(start, colon)
    const value = block.slice(colon + 1, end)
    start = end + 2
    if (PLAIN_ANSWER_HEADERS.has(name)) {
      lines += `${name}: ${value}\r\n`
      continue
    }
    const lower = name.toLowerCase()
    if (lower === STREAM_LENGTH_HEADER) {
      if (/^\d{1,15}$/.test(value)) length ??= Number(value)
    } else if (!DROPPED_ANSWER_HEADERS.has(lower) && !lower.startsWith('wusla-')) {
      // Exactly one `Date`: the provider's first, or else this door's.
      if (lower !== 'date' || !hasDate)
        lines += `${name}: ${isPlace(lower) ? placed(value, rewrite) : value}\r\n`
      hasDate ||= lower === 'date'
    }
  }
  if (count > MAX_HEADER_LINES) throw new WuslaError('invalid_frame')
  return { lines, hasDate, length }
}

function ownLines(answer: FrontDoorAnswer, { client, service }: FrontDoorRequest): string {
  const { messageId, exchange, requestHash, agreement, dataClass } = answer
  const lines =
    `x-road-id: ${headerBytes(messageId)}\r\nx-road-client: ${client}\r\n` +
    `x-road-service: ${service}\r\nx-road-request-id: ${exchange}\r\n`
  const hash = requestHash === undefined ? '' : `x-road-request-hash: ${requestHash}\r\n`
  if (agreement === undefined || dataClass === undefined) return lines + hash
  return `${lines}${hash}wusla-agreement: ${agreement}\r\nwusla-data-class: ${dataClass}\r\n`
}

/** A text as bytes of a header: UTF-8, one character per byte. */
function headerBytes(text: string): string {
  // eslint-disable-next-line no-control-regex -- plain ASCII needs no change
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

function isPlace(lower: string): boolean {
  return lower === 'location' || lower === 'content-location'
}

function placed(value: string, rewrite: LocationRewrite | undefined): string {
  if (rewrite === undefined) return value
  const match = /^[\t ]*https?:\/\/([^/?#]*)(.*)$/i.exec(value)
  const [, authority = '', rest = ''] = match ?? []
  return match !== null && rewrite.hosts.has(authority.toLowerCase()) ? rewrite.origin + rest : value
}
