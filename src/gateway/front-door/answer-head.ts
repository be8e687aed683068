import { STATUS_CODES } from 'node:http'
import type { CallAnswer } from './incoming-call.ts'
import type { MessageHead } from './message-parser.ts'

/** How a client tells the end of an answer. */
export interface AnswerFraming {
  readonly kind: 'none' | 'length' | 'chunked' | 'close'
  /** What `Content-Length` says. */
  readonly length: number | undefined
}

/** Statuses whose answer has no body, whatever else is said (RFC 9110, 6.4.1). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304
}

/** Chooses the framing. An answer to HEAD tells the length of what GET would bring, if it is known. */
export function answerFraming(answer: CallAnswer, request: MessageHead): AnswerFraming {
  const { status, body, bodyBytes } = answer
  if (isBodiless(status)) return { kind: 'none', length: undefined }
  if (request.method === 'HEAD') return { kind: 'none', length: bodyBytes }
  if (body === null) return { kind: 'length', length: 0 }
  if (Buffer.isBuffer(body)) return { kind: 'length', length: body.length }
  if (bodyBytes !== undefined) return { kind: 'length', length: bodyBytes }
  return { kind: request.minor === 1 ? 'chunked' : 'close', length: undefined }
}

/**
 * The head of an answer as it goes over the wire.
 *
 * @param connection - value of `Connection`; empty where the version of the request says it already
 * @param date - value of `Date` if the answer brings none of its own
 */
export function formatAnswerHead(
  answer: CallAnswer,
  framing: AnswerFraming,
  connection: '' | 'close' | 'keep-alive',
  date: string,
): string {
  const { status, lines, hasDate } = answer
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}`
  if (hasDate !== true) head += `date: ${date}\r\n`
  if (framing.length !== undefined) head += `content-length: ${framing.length}\r\n`
  else if (framing.kind === 'chunked') head += 'transfer-encoding: chunked\r\n'
  return connection === '' ? `${head}\r\n` : `${head}connection: ${connection}\r\n\r\n`
}
