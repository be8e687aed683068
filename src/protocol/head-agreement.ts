import { canonicalIdentifier } from './identifier.ts'
import type { RequestOpening } from './statement.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Anything beyond ASCII: only then bytes and characters can differ. */
const NOT_ASCII = /[\u0080-\u00ff]/

/**
 * The text of a header value: its bytes read as UTF-8, or, where they are not UTF-8, one character for each byte.
 * This is how `messageId`, `user`, `issue` and `representedParty` get from a header into a statement.
 *
 * @param value - a byte string as `node:http` gives it
 */
export function headerText(value: string): string {
  if (!NOT_ASCII.test(value)) return value
  try {
    return utf8.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}

type Agreement = (opening: RequestOpening, value: string) => boolean

/** Headers that say over again what the statement says, lower case. A backend may read them instead. */
const AGREEMENTS: ReadonlyMap<string, Agreement> = new Map<string, Agreement>([
  ['x-road-client', (opening, value) => isClient(opening.client, value)],
  ['x-road-id', (opening, value) => headerText(value) === opening.messageId],
  ['x-road-issue', (opening, value) => headerText(value) === opening.issue],
  ['x-road-represented-party', (opening, value) => headerText(value) === opening.representedParty],
  ['x-road-request-id', (opening, value) => value === opening.exchange],
  ['x-road-userid', (opening, value) => headerText(value) === opening.user],
])

function isClient(client: string, value: string): boolean {
  if (value === client) return true
  try {
    return canonicalIdentifier('client', value) === client
  } catch {
    return false
  }
}

/**
 * The first header that contradicts the statement, or nothing. A provider's gateway asks this before it calls the
 * backend: a consumer's gateway could otherwise sign one client and show another to the program behind the door.
 * `x-road-request-id` has to be there, once.
 *
 * @param headers - name, value, name, value … of the header block
 * @returns the header's name in lower case
 */
export function headDisagreement(opening: RequestOpening, headers: readonly string[]): string | undefined {
  let requestIds = 0
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase() ?? ''
    if (!name.startsWith('x-road-')) continue
    if (name === 'x-road-request-id') requestIds += 1
    if (AGREEMENTS.get(name)?.(opening, headers[i + 1] ?? '') === false) return name
  }
  return requestIds === 1 ? undefined : 'x-road-request-id'
}
