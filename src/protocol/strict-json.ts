import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from './limits.ts'
import { WuslaError } from './wusla-error.ts'

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. An own member may be called `__proto__`: never copy members by assignment. */
export interface JsonObject {
  readonly [name: string]: Json
}

/** How much a reader takes before it refuses. */
export interface JsonLimits {
  /** UTF-8 bytes; default 1 MiB. */
  readonly maxBytes?: number
  /** Nested brackets and braces; default 128. */
  readonly maxDepth?: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const MINUS = 0x2d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function refuse(message: string, cause?: unknown): never {
  throw new WuslaError('invalid_json', { message, cause })
}

/**
 * Reads JSON as RFC 7493 (I-JSON) restricts it: no duplicate names, no half surrogate pairs, no number beyond
 * the range of a double, no byte order mark, and bytes must be UTF-8. Built on the runtime's own parser; what
 * that one lets pass is found in a second look at the text, which by then is known to be well formed.
 *
 * @throws WuslaError `invalid_json`
 */
export function parseJsonStrict(input: string | Uint8Array, limits: JsonLimits = {}): Json {
  const { maxBytes = MAX_JSON_BYTES, maxDepth = MAX_JSON_DEPTH } = limits
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.length
  if (bytes > maxBytes) refuse('The text is too long')
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (!text.isWellFormed()) refuse('The text holds half a surrogate pair')
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    return refuse('The text is not JSON', cause)
  }
  inspect(text, maxDepth)
  return value
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    return refuse('The text is not UTF-8', cause)
  }
}

/** Walks over well-formed JSON and refuses depth, duplicate names, half pairs in escapes and infinite numbers. */
function inspect(text: string, maxDepth: number): void {
  const open: (Set<string> | null)[] = []
  const number = /-?\d[\d.eE+-]*/y
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      const end = stringEnd(text, at)
      inspectString(text, at, end, open.at(-1))
      at = end
      continue
    }
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      open.push(unit === OPEN_BRACE ? new Set() : null)
      if (open.length > maxDepth) refuse('A value is nested too deep')
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      open.pop()
    } else if (unit === MINUS || (unit >= DIGIT_0 && unit <= DIGIT_9)) {
      number.lastIndex = at
      if (!Number.isFinite(Number(number.exec(text)?.[0]))) refuse('A number is out of range')
      at = number.lastIndex
      continue
    }
    at += 1
  }
}

/** The place behind the closing quote of the string that starts at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

function inspectString(
  text: string,
  start: number,
  end: number,
  names: Set<string> | null | undefined,
): void {
  const raw = text.slice(start + 1, end - 1)
  const value = raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw
  if (!value.isWellFormed()) refuse('A text holds half a surrogate pair')
  if (names === null || names === undefined || !isName(text, end)) return
  if (names.has(value)) refuse('An object has the same name twice')
  names.add(value)
}

/** In well-formed JSON a string is a member's name exactly when a colon follows. */
function isName(text: string, end: number): boolean {
  let at = end
  while (text.charCodeAt(at) <= 0x20) at += 1
  return text.charCodeAt(at) === COLON
}
