import { isTime } from './clock.ts'
import { isDigest256, isDigest512 } from './digest.ts'
import { isExchangeId } from './exchange-id.ts'
import { isIdentifier } from './identifier.ts'
import { MAX_PATH_BYTES, MAX_QUERY_BYTES, MAX_STATEMENT_TEXT_BYTES } from './limits.ts'
import { isPurposeCode } from './purpose.ts'
import type { AnswerOpening, RequestOpening } from './statement.ts'

/** The methods an exchange may carry: those of X-Road's REST protocol. */
export const METHODS: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
])

const RAW_PATH = /^(?:\/[!-~]*)?$/
const RAW_QUERY = /^[!-~]*$/
/** The form of a code, not the list: what a later version signed must stay readable here. */
const ERROR_CODE = /^[a-z][a-z0-9_]{0,63}$/
// eslint-disable-next-line no-control-regex -- these are the characters to refuse
const CONTROL = /[\u0000-\u001f\u007f]/

function isText(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_STATEMENT_TEXT_BYTES &&
    (value.length * 3 <= MAX_STATEMENT_TEXT_BYTES || Buffer.byteLength(value) <= MAX_STATEMENT_TEXT_BYTES) &&
    !CONTROL.test(value)
  )
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || isText(value)
}

function isRawPath(value: unknown): boolean {
  return (
    typeof value === 'string' && value.length <= MAX_PATH_BYTES && RAW_PATH.test(value) && !/[?#]/.test(value)
  )
}

function isRawQuery(value: unknown): boolean {
  return (
    value === undefined ||
    (typeof value === 'string' && value.length <= MAX_QUERY_BYTES && RAW_QUERY.test(value))
  )
}

/** Whether the members of a request's opening have their forms; says nothing about members it does not know. */
export function isRequestOpening(value: RequestOpening): boolean {
  return (
    (value.agreement === 'open' || (typeof value.agreement === 'string' && isDigest256(value.agreement))) &&
    typeof value.client === 'string' &&
    isIdentifier('client', value.client) &&
    typeof value.exchange === 'string' &&
    isExchangeId(value.exchange) &&
    typeof value.head === 'string' &&
    isDigest512(value.head) &&
    isTextOrAbsent(value.issue) &&
    isText(value.messageId) &&
    METHODS.has(value.method) &&
    isRawPath(value.path) &&
    (value.purpose === undefined || (typeof value.purpose === 'string' && isPurposeCode(value.purpose))) &&
    isRawQuery(value.query) &&
    isTextOrAbsent(value.representedParty) &&
    typeof value.service === 'string' &&
    isIdentifier('service', value.service) &&
    typeof value.time === 'string' &&
    isTime(value.time) &&
    isTextOrAbsent(value.user)
  )
}

/** Whether the members of an answer's opening have their forms. */
export function isAnswerOpening(value: AnswerOpening): boolean {
  return (
    (value.error === undefined || (typeof value.error === 'string' && ERROR_CODE.test(value.error))) &&
    typeof value.exchange === 'string' &&
    isExchangeId(value.exchange) &&
    typeof value.head === 'string' &&
    isDigest512(value.head) &&
    typeof value.request === 'string' &&
    isDigest256(value.request) &&
    Number.isInteger(value.status) &&
    value.status >= 100 &&
    value.status <= 599 &&
    typeof value.time === 'string' &&
    isTime(value.time)
  )
}

/** Whether the digest and length of a body fit: no byte has no digest, any byte has one. */
export function isBodyClaim(value: { readonly body?: string; readonly bodyBytes: number }): boolean {
  if (!Number.isSafeInteger(value.bodyBytes) || value.bodyBytes < 0) return false
  if (value.bodyBytes === 0) return value.body === undefined
  return typeof value.body === 'string' && isDigest512(value.body)
}
