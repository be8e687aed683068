import { ERROR_TABLE } from '../../protocol/error-codes.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import { chooseErrorFormat, renderXroadError, xroadErrorType } from '../../protocol/xroad-error.ts'
import type { XroadDialect } from '../../protocol/xroad-error.ts'
import { type FailedAttempt, triedOf } from '../failed-attempt.ts'
import type { CallAnswer } from './incoming-call.ts'

/** What a refusal is rendered with. */
export interface RefusalSetting {
  readonly dialect: XroadDialect
  /** Every value of `Accept`. */
  readonly accept: readonly string[]
  /** The exchange, if it had its name already. */
  readonly exchange: string | undefined
  /** The id under which the event is found: the exchange's, or one made for this refusal. */
  readonly id: string
}

/** What programs of ours read beside X-Road's three members. */
interface Explanation {
  readonly code: string
  readonly reason?: string
  readonly remedy: string
  readonly exchange?: string
  /** With `no_path`: which paths were tried and why each failed. At most 16. */
  readonly tried?: readonly FailedAttempt[]
}

function explain(error: WuslaError, exchange: string | undefined): Explanation {
  const { reason, remedy } = error.details
  const tried = triedOf(error)
  return {
    code: error.code,
    ...(typeof reason === 'string' ? { reason } : undefined),
    remedy: typeof remedy === 'string' ? remedy : ERROR_TABLE[error.code].remedy,
    ...(exchange === undefined ? undefined : { exchange }),
    ...(tried === undefined ? undefined : { tried }),
  }
}

function linesOf(error: WuslaError, exchange: string | undefined, type: string, contentType: string): string {
  let lines = `content-type: ${contentType}\r\nx-road-error: ${type}\r\n`
  if (exchange !== undefined) lines += `x-road-request-id: ${exchange}\r\n`
  const seconds = retryAfter(error)
  if (seconds !== undefined) lines += `retry-after: ${seconds}\r\n`
  return lines
}

/** Seconds until it may be tried again; what a provider's gateway says is held to a day. */
function retryAfter({ code, details }: WuslaError): number | undefined {
  if (code === 'too_many_requests') return 1
  const { retryAfterS } = details
  if (code !== 'limit_exceeded' || !Number.isInteger(retryAfterS)) return undefined
  return Math.min(Math.max(Number(retryAfterS), 1), 86_400)
}

/**
 * The answer of the X-Road door to a failure of the network: X-Road's status, header and body. JSON carries one more
 * member, `wusla`, with our code, the reason and the way out; X-Road's clients ignore it.
 */
export function xroadRefusal(error: WuslaError, setting: RefusalSetting): CallAnswer {
  const { exchange, id } = setting
  const type = xroadErrorType(error.code, setting.dialect)
  const format = chooseErrorFormat(setting.accept)
  const rendered = renderXroadError({ type, message: error.message, detail: id }, format)
  const body =
    format === 'application/json'
      ? JSON.stringify({ type, message: error.message, detail: id, wusla: explain(error, exchange) })
      : rendered.body
  const lines = linesOf(error, exchange, type, rendered.contentType)
  // Paths and limits, which X-Road does not have, follow HTTP.
  const isHttp = error.code === 'not_found' || error.code === 'limit_exceeded'
  const status = isHttp ? ERROR_TABLE[error.code].httpStatus : rendered.status
  return { status, lines, body: Buffer.from(body) }
}

/** The answer of a mapped port: the status of the table, and a body as plain as the client asks for. */
export function plainRefusal(error: WuslaError, setting: RefusalSetting): CallAnswer {
  const { exchange, id } = setting
  const explanation = explain(error, exchange)
  const isText = wantsText(setting.accept)
  const sentences = [
    `${explanation.code}: ${error.message}`,
    explanation.reason,
    ...(explanation.tried ?? []).map(
      ({ gateway, via, code, detail }) => `tried ${gateway} via ${via}: ${code}: ${detail}`,
    ),
    explanation.remedy,
    `id: ${id}`,
  ]
  const body = isText
    ? `${sentences.filter((line) => line !== undefined).join('\n')}\n`
    : JSON.stringify({ ...explanation, message: error.message, id })
  const contentType = isText ? 'text/plain; charset=utf-8' : 'application/json'
  const type = xroadErrorType(error.code, setting.dialect)
  const lines = linesOf(error, exchange, type, contentType)
  return { status: ERROR_TABLE[error.code].httpStatus, lines, body: Buffer.from(body) }
}

/** The first of JSON or text in `Accept` decides; none is JSON. */
function wantsText(accept: readonly string[]): boolean {
  for (const range of accept.join(',').split(',')) {
    const type = (range.split(';', 1)[0] ?? '').trim().toLowerCase()
    if (type === 'application/json' || type === 'application/*') return false
    if (type.startsWith('text/')) return true
  }
  return false
}

/** The body of the answer to bytes that are no request: nobody knows yet what the client would like to read. */
export function malformedBody(id: string, dialect: XroadDialect): Buffer {
  const { meaning: message, remedy } = ERROR_TABLE.invalid_request
  const type = xroadErrorType('invalid_request', dialect)
  return Buffer.from(
    JSON.stringify({ type, message, detail: id, wusla: { code: 'invalid_request', remedy } }),
  )
}
