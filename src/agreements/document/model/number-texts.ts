import type { Bilingual, Hours } from '../../agreement.ts'
import { DAYS, MONTHS, WORDS } from './words.ts'

// Latin digits and our own names of months in both languages: what the runtime's formatting gives changes with its
// version, and the document must not.

/** `200000` as `200,000`. */
export function groupDigits(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** An instant of a content, in UTC. */
export function instantText(instant: string): Bilingual {
  const [, year = '', month = '', day = '', time = '', rest = ''] =
    /^(\d+)-(\d\d)-(\d\d)T(\d\d:\d\d):(.*)Z$/.exec(instant) ?? []
  const name = MONTHS[Number(month) - 1]
  const clock = rest === '00.000' ? time : `${time}:${rest}`
  return {
    ar: `${Number(day)} ${name?.ar} ${year}، الساعة ${clock} بالتوقيت العالمي`,
    en: `${Number(day)} ${name?.en} ${year}, ${clock} UTC`,
  }
}

/** Dirhams a month. */
export function costText(aed: number): Bilingual {
  return { ar: `${groupDigits(aed)} درهم شهريًّا`, en: `AED ${groupDigits(aed)} a month` }
}

/** What an agreement costs on top; nothing is said in words, so that nobody misses it. */
export function extraCostText(aed: number): Bilingual {
  return aed === 0 ? WORDS.noExtraCost : costText(aed)
}

/** A window of a week, without the time zone. */
export function hoursText({ days, from, until }: Hours): Bilingual {
  const named = days.toSorted((a, b) => a - b).map((day) => DAYS[day - 1])
  const overnight = until <= from
  return {
    ar: `${named.map((day) => day?.ar).join('، ')}: من ${from} إلى ${until}${overnight ? ' من اليوم التالي' : ''}`,
    en: `${named.map((day) => day?.en).join(', ')}: from ${from} to ${until}${overnight ? ' of the next day' : ''}`,
  }
}
