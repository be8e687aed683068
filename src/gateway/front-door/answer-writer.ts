import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
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

/** Up to this many bytes, head and body leave as one byte string: cheaper than a second write or a new buffer. */
const ONE_PIECE_BYTES = 16_384

/** Writes head and body together. */
export function writeWhole(socket: Socket, head: string, body: Buffer | null): void {
  if (body === null || body.length === 0) {
    socket.write(head, 'latin1')
  } else if (body.length <= ONE_PIECE_BYTES) {
    socket.write(head + body.toString('latin1'), 'latin1')
  } else {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
  }
}

const CRLF = Buffer.from('\r\n')

/** The end of a chunked body. Never written for a body that broke off: it would make a part look whole. */
export const LAST_CHUNK = '0\r\n\r\n'

/** Writes bytes of a body. Returns whether more may be written at once. */
export function writeRun(socket: Socket, run: Uint8Array, isChunked: boolean): boolean {
  if (!isChunked) return socket.write(run)
  socket.cork()
  socket.write(`${run.length.toString(16)}\r\n`, 'latin1')
  socket.write(run)
  const goesOn = socket.write(CRLF)
  socket.uncork()
  return goesOn
}
