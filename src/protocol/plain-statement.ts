import { isTime } from './clock.ts'
import { DIGEST_256_FORM, DIGEST_512_FORM } from './digest.ts'
import { EXCHANGE_ID_FORM } from './exchange-id.ts'
import { isIdentifier } from './identifier.ts'
import { isPurposeCode } from './purpose.ts'
import { METHODS } from './statement-fields.ts'
import type { AnswerStatement, RequestStatement } from './statement.ts'

/**
 * Statements as nearly all of them are: short, and of printable ASCII without a quote or backslash in any text. Then each
 * text is its own JSON string, and one regular expression shows that a statement is the one canonical form and takes it
 * apart, at a third of what it costs to read, check and write it again. Whatever is not as plain is no error here.
 */

/** Below the bound of every single member, but those of the segments of an identifier. */
const MAX_PLAIN_LENGTH = 1_024

const TEXT = '[ !#-[\\]-~]+'
const PATH = '(?:\\/[!$->@-[\\]-~]*)?'
const QUERY = '[!#-[\\]-~]*'
/** No byte has no digest, any byte has one. The number is a safe integer. */
const BODY = `(?:"body":"(${DIGEST_512_FORM})","bodyBytes":([1-9]\\d{0,14})|"bodyBytes":0)`

function optional(name: string, form: string): string {
  return `(?:,"${name}":"(${form})")?`
}

const REQUEST = new RegExp(
  `^\\{"agreement":"(open|${DIGEST_256_FORM})",${BODY},"client":"(${TEXT})","exchange":"(${EXCHANGE_ID_FORM})"` +
    `,"head":"(${DIGEST_512_FORM})"${optional('issue', TEXT)},"messageId":"(${TEXT})"` +
    `,"method":"(${[...METHODS].join('|')})","path":"(${PATH})"${optional('purpose', TEXT)}${optional('query', QUERY)}` +
    `${optional('representedParty', TEXT)},"service":"(${TEXT})","time":"(${TEXT})","type":"wusla/request/v1"` +
    `${optional('user', TEXT)}\\}$`,
)

const ANSWER = new RegExp(
  `^\\{${BODY},(?:"error":"([a-z][a-z0-9_]{0,63})",)?"exchange":"(${EXCHANGE_ID_FORM})","head":"(${DIGEST_512_FORM})"` +
    `,"request":"(${DIGEST_256_FORM})","status":([1-5]\\d\\d),"time":"(${TEXT})","type":"wusla/answer/v1"\\}$`,
)

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Reads a final request statement that is canonical and plain; undefined: it may be canonical all the same. */
export function readPlainRequest(text: string): Writable<RequestStatement> | undefined {
  const match = text.length <= MAX_PLAIN_LENGTH ? REQUEST.exec(text) : null
  if (match === null) return undefined
  const client = match[4] ?? ''
  const service = match[14] ?? ''
  const time = match[15] ?? ''
  const body = match[2]
  const issue = match[7]
  const purpose = match[11]
  const query = match[12]
  const representedParty = match[13]
  const user = match[16]
  if (!isIdentifier('client', client) || !isIdentifier('service', service) || !isTime(time)) return undefined
  if (purpose !== undefined && !isPurposeCode(purpose)) return undefined
  const value: Writable<RequestStatement> = {
    agreement: match[1] ?? '',
    bodyBytes: Number(match[3] ?? 0),
    client,
    exchange: match[5] ?? '',
    head: match[6] ?? '',
    messageId: match[8] ?? '',
    method: match[9] ?? '',
    path: match[10] ?? '',
    service,
    time,
  }
  if (body !== undefined) value.body = body
  if (issue !== undefined) value.issue = issue
  if (purpose !== undefined) value.purpose = purpose
  if (query !== undefined) value.query = query
  if (representedParty !== undefined) value.representedParty = representedParty
  if (user !== undefined) value.user = user
  return value
}

/** Reads a final answer statement that is canonical and plain; undefined: it may be canonical all the same. */
export function readPlainAnswer(text: string): Writable<AnswerStatement> | undefined {
  const match = text.length <= MAX_PLAIN_LENGTH ? ANSWER.exec(text) : null
  if (match === null) return undefined
  const body = match[1]
  const error = match[3]
  const time = match[8] ?? ''
  if (!isTime(time)) return undefined
  const value: Writable<AnswerStatement> = {
    bodyBytes: Number(match[2] ?? 0),
    exchange: match[4] ?? '',
    head: match[5] ?? '',
    request: match[6] ?? '',
    status: Number(match[7]),
    time,
  }
  if (body !== undefined) value.body = body
  if (error !== undefined) value.error = error
  return value
}
