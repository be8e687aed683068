import { canonicalString } from './canonical-json.ts'
import { digest256 } from './digest.ts'
import { MAX_STATEMENT_BYTES } from './limits.ts'
import { readPlainAnswer, readPlainRequest } from './plain-statement.ts'
import { isAnswerOpening, isBodyClaim, isRequestOpening } from './statement-fields.ts'
import { WuslaError } from './wusla-error.ts'

export { METHODS } from './statement-fields.ts'

/** What a consumer's gateway knows of a request before its body has passed. */
export interface RequestOpening {
  /** Content hash of the agreement that allows the call, or `open`. */
  readonly agreement: string
  /** Canonical identifier of the calling member or system. */
  readonly client: string
  /** UUID version 7; stays the same when the request is sent again. */
  readonly exchange: string
  /** `headDigest` of the request head. */
  readonly head: string
  /** Case or document reference (X-Road-Issue). */
  readonly issue?: string
  /** The caller's own name for the message (X-Road-Id), or the one its gateway made. */
  readonly messageId: string
  readonly method: string
  /** Raw service path as sent, starting with `/`, or empty. */
  readonly path: string
  /** Purpose code (Wusla-Purpose): what the call is for. */
  readonly purpose?: string
  /** Raw query without its question mark; absent when there was no question mark. */
  readonly query?: string
  /** X-Road-Represented-Party as sent. */
  readonly representedParty?: string
  /** Canonical identifier of the service. */
  readonly service: string
  /** When the gateway took the request: RFC 3339, UTC, milliseconds. */
  readonly time: string
  /** Person behind the call (X-Road-UserId). */
  readonly user?: string
}

/** What a provider's gateway knows of an answer before its body has passed. */
export interface AnswerOpening {
  /** Set when the provider's gateway itself answers: the code of the failure. */
  readonly error?: string
  readonly exchange: string
  /** `headDigest` of the answer head. */
  readonly head: string
  /** `digest256` of the final request statement: proof that the request was received. */
  readonly request: string
  /** HTTP status, 100 to 599. */
  readonly status: number
  readonly time: string
}

/** What a body turned out to be. */
export interface BodyClaim {
  /** `digest512` of the body; absent when it has no byte. */
  readonly body?: string
  readonly bodyBytes: number
}

/** The final words about a request: what the consumer's member signs. */
export type RequestStatement = RequestOpening & BodyClaim

/** The final words about an answer: what the provider's member signs. */
export type AnswerStatement = AnswerOpening & BodyClaim

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${canonicalString(value)}`
}

function bodyMembers(claim: BodyClaim): string {
  return claim.body === undefined
    ? `"bodyBytes":${claim.bodyBytes},`
    : `"body":"${claim.body}","bodyBytes":${claim.bodyBytes},`
}

/** Members stand in the order RFC 8785 gives them; a property test compares with the general encoder. */
function requestText(opening: RequestOpening, body: string): string {
  return (
    `{"agreement":"${opening.agreement}",${body}"client":${canonicalString(opening.client)}` +
    `,"exchange":"${opening.exchange}","head":"${opening.head}"${optional('issue', opening.issue)}` +
    `,"messageId":${canonicalString(opening.messageId)},"method":${canonicalString(opening.method)}` +
    `,"path":${canonicalString(opening.path)}${optional('purpose', opening.purpose)}${optional('query', opening.query)}` +
    `${optional('representedParty', opening.representedParty)},"service":${canonicalString(opening.service)}` +
    `,"time":"${opening.time}","type":"wusla/request/v1"${optional('user', opening.user)}}`
  )
}

function answerText(opening: AnswerOpening, body: string): string {
  const error = opening.error === undefined ? '' : `"error":${canonicalString(opening.error)},`
  return (
    `{${body}${error}"exchange":"${opening.exchange}","head":"${opening.head}","request":"${opening.request}"` +
    `,"status":${opening.status},"time":"${opening.time}","type":"wusla/answer/v1"}`
  )
}

/**
 * The canonical text of a request statement. Members are trusted to have their forms: they come from our own
 * gateway or from a decoder; free texts are escaped.
 *
 * @throws WuslaError `invalid_json` if a text holds half a surrogate pair
 */
export function encodeRequestStatement(statement: RequestStatement): string {
  return encodeFinalRequest(statement, statement)
}

/** {@link encodeRequestStatement} of an opening and of what its body turned out to be. */
export function encodeFinalRequest(opening: RequestOpening, body: BodyClaim): string {
  return requestText(opening, bodyMembers(body))
}

/** The canonical text of a request's opening: the statement without `body` and `bodyBytes`. */
export function encodeRequestOpening(opening: RequestOpening): string {
  return requestText(opening, '')
}

/** The canonical text of an answer statement; trusts its members as {@link encodeRequestStatement} does. */
export function encodeAnswerStatement(statement: AnswerStatement): string {
  return encodeFinalAnswer(statement, statement)
}

/** {@link encodeAnswerStatement} of an opening and of what its body turned out to be. */
export function encodeFinalAnswer(opening: AnswerOpening, body: BodyClaim): string {
  return answerText(opening, bodyMembers(body))
}

/** The canonical text of an answer's opening: the statement without `body` and `bodyBytes`. */
export function encodeAnswerOpening(opening: AnswerOpening): string {
  return answerText(opening, '')
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * Reads a statement and proves that the text is the one canonical form: the members are read with the runtime's
 * parser, checked, and written again; unknown or repeated members, other spellings and other orders then show as
 * a difference.
 */
function decode<T>(
  text: string,
  read: (members: T) => T,
  accept: (value: T) => boolean,
  encode: (value: T) => string,
): T {
  if (text.length > MAX_STATEMENT_BYTES) throw new WuslaError('invalid_statement')
  let matches: boolean
  let value: T
  try {
    value = read(JSON.parse(text) as T)
    matches = accept(value) && encode(value) === text
  } catch (cause) {
    throw new WuslaError('invalid_statement', { cause })
  }
  if (!matches) throw new WuslaError('invalid_statement')
  return Object.freeze(value)
}

function readRequestOpening(members: RequestOpening): Writable<RequestOpening> {
  const { agreement, client, exchange, head, issue, messageId, method, path } = members
  const { purpose, query, representedParty, service, time, user } = members
  const value: Writable<RequestOpening> = {
    agreement,
    client,
    exchange,
    head,
    messageId,
    method,
    path,
    service,
    time,
  }
  if (issue !== undefined) value.issue = issue
  if (purpose !== undefined) value.purpose = purpose
  if (query !== undefined) value.query = query
  if (representedParty !== undefined) value.representedParty = representedParty
  if (user !== undefined) value.user = user
  return value
}

function readAnswerOpening(members: AnswerOpening): Writable<AnswerOpening> {
  const { error, exchange, head, request, status, time } = members
  const value: Writable<AnswerOpening> = { exchange, head, request, status, time }
  if (error !== undefined) value.error = error
  return value
}

function withBodyClaim<T extends object>(opening: T, members: BodyClaim): T & BodyClaim {
  const value: T & Partial<Writable<BodyClaim>> = opening
  if (members.body !== undefined) value.body = members.body
  value.bodyBytes = members.bodyBytes
  return value as T & BodyClaim
}

function readRequestStatement(members: RequestStatement): RequestStatement {
  return withBodyClaim(readRequestOpening(members), members)
}

function readAnswerStatement(members: AnswerStatement): AnswerStatement {
  return withBodyClaim(readAnswerOpening(members), members)
}

function isRequestStatement(value: RequestStatement): boolean {
  return isRequestOpening(value) && isBodyClaim(value)
}

function isAnswerStatement(value: AnswerStatement): boolean {
  return isAnswerOpening(value) && isBodyClaim(value)
}

/**
 * Reads a final request statement from its canonical text.
 *
 * @throws WuslaError `invalid_statement`
 */
export function decodeRequestStatement(text: string): RequestStatement {
  const plain = readPlainRequest(text)
  if (plain !== undefined) return Object.freeze(readRequestStatement(plain as RequestStatement))
  return decode<RequestStatement>(text, readRequestStatement, isRequestStatement, encodeRequestStatement)
}

/**
 * Reads a request's opening from its canonical text.
 *
 * @throws WuslaError `invalid_statement`
 */
export function decodeRequestOpening(text: string): RequestOpening {
  return decode(text, readRequestOpening, isRequestOpening, encodeRequestOpening)
}

/**
 * Reads a final answer statement from its canonical text.
 *
 * @throws WuslaError `invalid_statement`
 */
export function decodeAnswerStatement(text: string): AnswerStatement {
  const plain = readPlainAnswer(text)
  if (plain !== undefined) return Object.freeze(readAnswerStatement(plain as AnswerStatement))
  return decode<AnswerStatement>(text, readAnswerStatement, isAnswerStatement, encodeAnswerStatement)
}

/**
 * Reads an answer's opening from its canonical text.
 *
 * @throws WuslaError `invalid_statement`
 */
export function decodeAnswerOpening(text: string): AnswerOpening {
  return decode(text, readAnswerOpening, isAnswerOpening, encodeAnswerOpening)
}

/** Whether a final request statement says what its opening said. */
export function requestOpeningMatches(opening: RequestOpening, final: RequestStatement): boolean {
  return encodeRequestOpening(opening) === encodeRequestOpening(final)
}

/** Whether a final answer statement says what its opening said. */
export function answerOpeningMatches(opening: AnswerOpening, final: AnswerStatement): boolean {
  return encodeAnswerOpening(opening) === encodeAnswerOpening(final)
}

/**
 * Whether an answer is the answer to a request: it names the exchange and, by digest, the request's final statement.
 * An answer begun before the request was complete names the request's opening instead, and so proves that the
 * request was received, but not its body.
 *
 * @param requestText - canonical text of the final request statement
 * @throws WuslaError `invalid_statement` if that text is none
 */
export function isAnswerTo(answer: AnswerOpening, requestText: string): boolean {
  const request = decodeRequestStatement(requestText)
  if (answer.exchange !== request.exchange) return false
  return (
    answer.request === digest256(requestText) || answer.request === digest256(encodeRequestOpening(request))
  )
}
