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

/** The members of a statement; one that is not there is undefined. They have their forms. */
export type Members<T> = { readonly [K in keyof T]: T[K] | undefined }

/** Reads a final request statement that is canonical and plain; undefined: it may be canonical all the same. */
export function readPlainRequest(text: string): Members<RequestStatement> | undefined {
  const match = text.length <= MAX_PLAIN_LENGTH ? REQUEST.exec(text) : null
  if (match === null) return undefined
  const client = match[4] ?? ''
  const service = match[14] ?? ''
  const time = match[15] ?? ''
  const purpose = match[11]
  if (!isIdentifier('client', client) || !isIdentifier('service', service) || !isTime(time)) return undefined
  if (purpose !== undefined && !isPurposeCode(purpose)) return undefined
  return {
    agreement: match[1],
    body: match[2],
    bodyBytes: Number(match[3] ?? 0),
    client,
    exchange: match[5],
    head: match[6],
    issue: match[7],
    messageId: match[8],
    method: match[9],
    path: match[10],
    purpose,
    query: match[12],
    representedParty: match[13],
    service,
    time,
    user: match[16],
  }
}

/** Reads a final answer statement that is canonical and plain; undefined: it may be canonical all the same. */
export function readPlainAnswer(text: string): Members<AnswerStatement> | undefined {
  const match = text.length <= MAX_PLAIN_LENGTH ? ANSWER.exec(text) : null
  if (match === null) return undefined
  const time = match[8] ?? ''
  if (!isTime(time)) return undefined
  return {
    body: match[1],
    bodyBytes: Number(match[2] ?? 0),
    error: match[3],
    exchange: match[4],
    head: match[5],
    request: match[6],
    status: Number(match[7]),
    time,
  }
}
