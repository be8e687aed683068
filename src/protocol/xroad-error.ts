import { ERROR_TABLE } from './error-codes.ts'
import type { ErrorCode } from './error-codes.ts'
import { decodeSegment } from './identifier-segment.ts'

/** Which vocabulary of fault codes a client expects: X-Road renamed them all in 7.8. */
export type XroadDialect = '7.8' | '7.7'

/** The forms an error answer can have. */
export type XroadErrorFormat = 'application/json' | 'text/xml' | 'application/xml'

/** A rendered error answer. */
export interface XroadErrorAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const OLD_PREFIXES = Object.freeze({
  client: 'Client',
  'server.clientproxy': 'Server.ClientProxy',
  'server.serverproxy': 'Server.ServerProxy',
  signer: 'Signer',
})

/** The full X-Road fault code, for example `server.clientproxy.service_failed.network_error`. */
export function xroadErrorType(code: ErrorCode, dialect: XroadDialect): string {
  const { prefix, code: newCode, oldCode } = ERROR_TABLE[code].xroad
  return dialect === '7.8' ? `${prefix}.${newCode}` : `${OLD_PREFIXES[prefix]}.${oldCode}`
}

/** X-Road's rule for the status of an error answer: 500 for `server.` and `Server.`, else 400. */
export function xroadStatus(type: string): 400 | 500 {
  return type.startsWith('server.') || type.startsWith('Server.') ? 500 : 400
}

/**
 * Chooses the form of an error answer from all values of `Accept`, as X-Road does: parameters and quality are
 * ignored; the first of `text/xml`, `application/xml` or `text/*` (which means `text/xml`) decides; none is JSON.
 */
export function chooseErrorFormat(acceptValues: readonly string[]): XroadErrorFormat {
  for (const range of acceptValues.join(',').split(',')) {
    const type = (range.split(';', 1)[0] ?? '').trim().toLowerCase()
    if (type === 'text/xml' || type === 'text/*') return 'text/xml'
    if (type === 'application/xml') return 'application/xml'
  }
  return 'application/json'
}

/**
 * Renders an error answer.
 *
 * @param error.type - from {@link xroadErrorType}; also the value of the header `X-Road-Error`
 * @param error.message - a sentence for people
 * @param error.detail - an id under which the administrator of the gateway finds the event
 */
export function renderXroadError(
  error: { readonly type: string; readonly message: string; readonly detail: string },
  format: XroadErrorFormat,
): XroadErrorAnswer {
  const { type, message, detail } = error
  const status = xroadStatus(type)
  if (format === 'application/json') {
    return { status, contentType: format, body: JSON.stringify({ type, message, detail }) }
  }
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<error><type>${xmlText(type)}</type><message>${xmlText(message)}</message>` +
    `<detail>${xmlText(detail)}</detail></error>`
  return { status, contentType: `${format};charset=utf-8`, body }
}

/** Characters XML 1.0 cannot hold, not even escaped. */
// eslint-disable-next-line no-control-regex -- these are the characters to replace
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** Text for the content of an XML element. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(NOT_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

/** How X-Road prints an identifier in messages: the decoded parts behind the kind, `SERVICE:EE/GOV/1/s/svc`. */
export function xroadName(kind: 'member' | 'system' | 'service' | 'gateway', id: string): string {
  const label = { member: 'MEMBER', system: 'SUBSYSTEM', service: 'SERVICE', gateway: 'SERVER' }[kind]
  return `${label}:${id.split('/').map(decodeSegment).join('/')}`
}
