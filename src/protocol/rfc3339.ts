/** RFC 3339, section 5.6: `T` and `Z` may be small, the fraction may have any length, the offset is in hours and minutes. */
const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** The years 1 to 9999, in UTC. */
const EARLIEST_MS = -62_135_596_800_000
const LATEST_MS = 253_402_300_799_999

/**
 * Reads an instant as people and programs write it: any text of RFC 3339. For questions only: what is signed has one
 * spelling, the one of `parseTime`.
 *
 * @returns milliseconds since 1970, what is finer cut off; undefined when the text is no RFC 3339 instant
 * of the years 1 to 9999. A leap
 * second is the first moment of the next minute.
 */
export function readRfc3339(text: string): number | undefined {
  const match = RFC_3339.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const [fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match.slice(7)
  const date = new Date(0)
  // Unlike Date.UTC this takes the years 0 to 99 as they are.
  date.setUTCFullYear(year, month - 1, day)
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  const isClock = hour <= 23 && minute <= 59 && second <= 60
  const isOffset = Number(offsetHours) <= 23 && Number(offsetMinutes) <= 59
  if (!isDate || !isClock || !isOffset) return undefined
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const local = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + ms
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000
  const instant = sign === '-' ? local + offsetMs : local - offsetMs
  return instant >= EARLIEST_MS && instant <= LATEST_MS ? instant : undefined
}
