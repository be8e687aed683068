import { WuslaError } from './wusla-error.ts'

/** Letters, digits and `-._~!$&'()*+,;=:@` stand for themselves in a segment (RFC 3986, pchar). */
const LITERAL = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]*$/

const ESCAPED = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*$/

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text of one percent-encoded path segment. Anything that is neither a literal character nor a whole escape
 * is refused, and so are bytes that are not UTF-8.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function decodeSegment(segment: string): string {
  if (LITERAL.test(segment)) return segment
  if (!ESCAPED.test(segment))
    throw new WuslaError('invalid_identifier', { message: 'A segment is not well escaped' })
  const bytes = Buffer.allocUnsafe(segment.length)
  let length = 0
  for (let i = 0; i < segment.length; i += 1) {
    if (segment.charCodeAt(i) === 0x25) {
      bytes[length] = Number.parseInt(segment.slice(i + 1, i + 3), 16)
      i += 2
    } else {
      bytes[length] = segment.charCodeAt(i)
    }
    length += 1
  }
  try {
    return utf8.decode(bytes.subarray(0, length))
  } catch (cause) {
    throw new WuslaError('invalid_identifier', { message: 'A segment is not UTF-8', cause })
  }
}

/**
 * The one percent-encoded form of a text: UTF-8, literal characters as they are, everything else as `%XX` with
 * upper-case digits.
 *
 * @throws WuslaError `invalid_identifier` if the text holds half a surrogate pair
 */
export function encodeSegment(text: string): string {
  if (LITERAL.test(text)) return text
  if (!text.isWellFormed()) {
    throw new WuslaError('invalid_identifier', { message: 'A segment holds half a surrogate pair' })
  }
  return encodeURIComponent(text).replaceAll(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  )
}
