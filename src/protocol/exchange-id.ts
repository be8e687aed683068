import { randomUUID } from 'node:crypto'
import { WuslaError } from './wusla-error.ts'

const LATEST_MS = 2 ** 48 - 1

/** The form of an exchange's name, as part of a regular expression. */
export const EXCHANGE_ID_FORM = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

const EXCHANGE_ID = new RegExp(`^${EXCHANGE_ID_FORM}$`)

/**
 * A new name for an exchange: UUID version 7 (RFC 9562, 5.7), so names sort by the time they were made.
 * The 74 random bits come from a version 4 UUID, which the runtime draws from a buffered pool.
 *
 * @param nowMs - milliseconds since 1970; the first 48 bits of the name
 * @param random - gives a version 4 UUID
 */
export function newExchangeId(nowMs: number = Date.now(), random: () => string = randomUUID): string {
  if (!(nowMs >= 0 && nowMs <= LATEST_MS)) throw new WuslaError('invalid_time')
  const high = Math.floor(nowMs / 0x10000)
  const low = Math.trunc(nowMs) % 0x10000
  // Two small integers print faster than one large one.
  return `${hex(high, 8)}-${hex(low, 4)}-7${random().slice(15)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

/** Whether a text is a lower-case UUID version 7: the only form of an exchange's name. */
export function isExchangeId(text: string): boolean {
  return EXCHANGE_ID.test(text)
}

/**
 * When the exchange got its name, in milliseconds since 1970. The consumer's gateway chose it: never take it
 * for a proof of time.
 *
 * @throws WuslaError `invalid_identifier`
 */
export function exchangeTime(id: string): number {
  if (!EXCHANGE_ID.test(id)) throw new WuslaError('invalid_identifier')
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
