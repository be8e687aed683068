import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from './limits.ts'
import { WuslaError } from './wusla-error.ts'

export { parseJsonStrict } from './strict-json.ts'
export type { Json, JsonLimits, JsonObject } from './strict-json.ts'
import type { Json, JsonLimits } from './strict-json.ts'

/** Printable ASCII without quote and backslash: needs no escape, and is the usual case. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * One JSON string in the form of RFC 8785, 3.2.2.2.
 *
 * @throws WuslaError `invalid_json` if the text holds half a surrogate pair, which has no UTF-8 form
 */
export function canonicalString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  if (!text.isWellFormed())
    throw new WuslaError('invalid_json', { message: 'A text holds half a surrogate pair' })
  return JSON.stringify(text)
}

/**
 * The canonical text of a JSON value (RFC 8785): what gets hashed or signed, as UTF-8. Members that are
 * `undefined` count as absent; every other value outside JSON is refused.
 *
 * @throws WuslaError `invalid_json`
 */
export function canonicalJson(value: unknown): string {
  return encodeValue(value, MAX_JSON_DEPTH)
}

/** @param depth - how many brackets may still be opened */
function encodeValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value)
    case 'number':
      if (!Number.isFinite(value)) throw new WuslaError('invalid_json', { message: 'A number is not finite' })
      return value === 0 ? '0' : String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth <= 0) throw new WuslaError('invalid_json', { message: 'A value is nested too deep' })
      return Array.isArray(value) ? encodeArray(value, depth - 1) : encodeObject(value, depth - 1)
    default:
      throw new WuslaError('invalid_json', { message: `JSON has no ${typeof value}` })
  }
}

function encodeArray(values: readonly unknown[], depth: number): string {
  let text = '['
  for (let i = 0; i < values.length; i += 1) {
    text += i === 0 ? encodeValue(values[i], depth) : `,${encodeValue(values[i], depth)}`
  }
  return `${text}]`
}

function encodeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new WuslaError('invalid_json', { message: 'JSON has plain objects only' })
  }
  const members = object as Readonly<Record<string, unknown>>
  let text = ''
  // The default order of sort() is by UTF-16 code units, which is the order RFC 8785, 3.2.3 asks for.
  for (const name of Object.keys(object).sort()) {
    const value = members[name]
    if (value === undefined) continue
    text += `${text === '' ? '' : ','}${canonicalString(name)}:${encodeValue(value, depth)}`
  }
  return `{${text}}`
}

/**
 * Reads a text that must be its own canonical form, so that the value and the signed bytes are one thing. A repeated
 * name, another order or another spelling all show as a difference when the value is written again.
 *
 * @throws WuslaError `invalid_json`
 */
export function parseCanonicalJson(text: string, limits: JsonLimits = {}): Json {
  const { maxBytes = MAX_JSON_BYTES, maxDepth = MAX_JSON_DEPTH } = limits
  if (Buffer.byteLength(text) > maxBytes)
    throw new WuslaError('invalid_json', { message: 'The text is too long' })
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw new WuslaError('invalid_json', { message: 'The text is not JSON', cause })
  }
  if (encodeValue(value, maxDepth) !== text) {
    throw new WuslaError('invalid_json', { message: 'The text is not in canonical form' })
  }
  return value
}
