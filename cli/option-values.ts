import { InvalidArgumentError } from 'commander'
import { isBranchClass } from '../src/protocol/branch-class.ts'
import { canonicalIdentifier, isIdentifier } from '../src/protocol/identifier.ts'
import { formatTime } from '../src/protocol/clock.ts'
import { readRfc3339 } from '../src/protocol/rfc3339.ts'
import { METHODS } from '../src/protocol/statement.ts'

const EXAMPLES = {
  branch: 'AE-DU/branch/MORO',
  client: 'AE-DU/GOV/RTA/LICENSING',
  gateway: 'AE-DU/GOV/RTA/gw-1',
  member: 'AE-DU/GOV/RTA',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
} as const

/** Decimal digits with an optional fraction: what `Number` takes beside them (`0x10`, `1e9`, blanks) is a slip here. */
const DECIMAL = /^-?\d{1,15}(?:\.\d{1,6})?$/

/** Reads a whole number from `min` to `max`. Commander tells the user which option was wrong. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** Reads a number greater than 0, up to `max`; a fraction is allowed. */
export function positiveNumber(max: number): (text: string) => number {
  return (text) => {
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN
    if (value > 0 && value <= max) return value
    throw new InvalidArgumentError(`It must be a number greater than 0 and at most ${max}.`)
  }
}

/** Reads the capacity of a line, in Mbit/s: 1 to 10,000,000. */
export const capacityMbps: (text: string) => number = wholeNumber(1, 10_000_000)

/** Reads the price of a line, in whole dirhams a month: 0 to 1,000,000,000. */
export const monthlyCostAed: (text: string) => number = wholeNumber(0, 1_000_000_000)

/** Longest life of a one-time token, in hours: a year. The actors refuse more. */
export const MAX_TOKEN_HOURS = 8_760

/** Reads `host:port` of an address to listen on; port 0 takes a free one. */
export function listenAddress(text: string): string {
  const [, port] = /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? []
  if (port !== undefined && Number(port) <= 65_535) return text
  throw new InvalidArgumentError('It must be host:port, with a port from 0 to 65535.')
}

/** The class of a branch. */
export function branchClass(text: string): string {
  if (isBranchClass(text)) return text
  throw new InvalidArgumentError('It must be 1 to 32 letters, digits and hyphens.')
}

/** Reads an identifier of one kind in any spelling and gives the canonical one. */
export function identifier(kind: keyof typeof EXAMPLES): (text: string) => string {
  return (text) => {
    try {
      return canonicalIdentifier(kind, text)
    } catch {
      throw new InvalidArgumentError(`It must be the identifier of a ${kind}, such as ${EXAMPLES[kind]}.`)
    }
  }
}

/** Reads the identifier of what a line may end at, a branch or a gateway, and gives the canonical one. */
export function lineEnd(text: string): string {
  const kind = (['branch', 'gateway'] as const).find((each) => isIdentifier(each, text))
  if (kind !== undefined) return canonicalIdentifier(kind, text)
  throw new InvalidArgumentError(
    `It must be the identifier of a branch, such as ${EXAMPLES.branch}, or of a gateway, such as ${EXAMPLES.gateway}.`,
  )
}

/** Reads an instant of RFC 3339 in any of its spellings and gives the one that the network uses. */
export function instant(text: string): string {
  const ms = readRfc3339(text)
  if (ms !== undefined) return formatTime(ms)
  throw new InvalidArgumentError('It must be an instant of RFC 3339, such as 2027-01-01T00:00:00Z.')
}

/** Reads a day of the calendar, `2024-03-01`. */
export function calendarDate(text: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text) && readRfc3339(`${text}T00:00:00Z`) !== undefined
  if (isDate) return text
  throw new InvalidArgumentError('It must be a day, such as 2024-03-01.')
}

/** Reads a method of HTTP; people may write it small. */
export function httpMethod(text: string): string {
  const method = text.toUpperCase()
  if (METHODS.has(method)) return method
  throw new InvalidArgumentError(`It must be one of ${[...METHODS].join(', ')}.`)
}
