import { WuslaError } from './wusla-error.ts'

/** Where the time comes from. Passed in everywhere, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number
}

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({ nowMs: (): number => Date.now() })

/** 0001-01-01 and 9999-12-31: outside of them ISO text changes its shape, and with it its sort order. */
const EARLIEST_MS = -62_135_596_800_000
const LATEST_MS = 253_402_300_799_999

const TIME_FORM =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/** Days of the months of a year that is not a leap year. */
const MONTH_DAYS = Object.freeze([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

/**
 * The one text form of an instant: RFC 3339, UTC, exactly three digits of milliseconds
 * (`2026-11-23T07:36:33.123Z`). Equal instants have equal texts, and texts sort as instants do.
 *
 * @param ms - milliseconds since 1970, an integer in the years 1 to 9999
 * @throws WuslaError `invalid_time`
 */
export function formatTime(ms: number): string {
  if (!(ms >= EARLIEST_MS && ms <= LATEST_MS)) throw new WuslaError('invalid_time')
  return new Date(ms).toISOString()
}

/** Whether a text is an instant in the one form of {@link formatTime}; a 30th of February is not. */
export function isTime(text: string): boolean {
  if (!TIME_FORM.test(text) || text.startsWith('0000')) return false
  const day = Number(text.slice(8, 10))
  // On the way of every exchange: an engine's own calendar costs ten times as much on the last days of a month.
  return day <= 28 || day <= daysOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)))
}

function daysOf(year: number, month: number): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeapYear ? 29 : (MONTH_DAYS[month - 1] ?? 0)
}

/**
 * Milliseconds since 1970 of a text in the form of {@link formatTime}. No other form is accepted: what is
 * signed must have one spelling.
 *
 * @throws WuslaError `invalid_time`
 */
export function parseTime(text: string): number {
  if (!isTime(text)) throw new WuslaError('invalid_time')
  return Date.parse(text)
}
