import { formatTime } from '../protocol/clock.ts'
import type { Hours } from './agreement.ts'
import type { ReasonDetails } from './decision-texts.ts'

/** The hours of a grant, ready for decisions. */
export interface GrantHours {
  /** Whether the grant may be used at this instant, in milliseconds since 1970. */
  readonly holdAt: (ms: number) => boolean
  /** The hours, and when the next window begins, as facts for `outside_hours`. */
  readonly factsAt: (ms: number) => ReasonDetails
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MINUTES_OF_DAY = 1_440

/**
 * Prepares hours (`docs/spec/agreement.md` 2.7). They are read off the clock on the wall of their zone: where that clock
 * skips an hour the window that holds it is an hour shorter, where it shows one twice an hour longer.
 */
export function compileHours(hours: Hours): GrantHours {
  const days = new Set(hours.days)
  const from = minutesOf(hours.from)
  // 24:00 is the midnight that ends the day: a window until then ends on the next day at 0.
  const until = minutesOf(hours.until) % MINUTES_OF_DAY
  const endsNextDay = until <= from
  const wallClock = wallClockOf(hours.timeZone)
  let judgedMinute = Number.NaN
  let held = false
  const judge = (ms: number): boolean => {
    const wallMs = wallClock(ms)
    const day = Math.floor(wallMs / DAY_MS)
    const minute = (wallMs - day * DAY_MS) / MINUTE_MS
    const isDay = days.has(weekdayOf(day))
    if (!endsNextDay) return isDay && minute >= from && minute < until
    return (isDay && minute >= from) || (minute < until && days.has(weekdayOf(day - 1)))
  }
  return {
    holdAt: (ms) => {
      // Windows begin and end with a minute, so all calls of one minute share an answer.
      const minute = Math.floor(ms / MINUTE_MS)
      if (minute !== judgedMinute) {
        held = judge(ms)
        judgedMinute = minute
      }
      return held
    },
    factsAt: (ms) => ({
      daysEn: namesOf(hours.days, 'en'),
      daysAr: namesOf(hours.days, 'ar'),
      from: hours.from,
      until: hours.until,
      timeZone: hours.timeZone,
      opensAt: formatTime(nextOpening(ms, days, from, wallClock)),
    }),
  }
}

/** The first instant after `ms` at which a window begins. */
function nextOpening(
  ms: number,
  days: ReadonlySet<number>,
  from: number,
  wallClock: (ms: number) => number,
): number {
  const today = Math.floor(wallClock(ms) / DAY_MS)
  for (let day = today; day <= today + 7; day += 1) {
    if (!days.has(weekdayOf(day))) continue
    const wanted = day * DAY_MS + from * MINUTE_MS
    // A zone's distance from UTC at the instant itself: a second guess settles it on the day of a change.
    const guess = wanted - (wallClock(wanted) - wanted)
    const opens = wanted - (wallClock(guess) - guess)
    if (opens > ms) return opens
  }
  throw new RangeError('hours without a day')
}

/** What the clock on the wall of a zone shows, in whole minutes, as milliseconds since 1970 as if it were UTC. */
function wallClockOf(timeZone: string): (ms: number) => number {
  if (timeZone === 'UTC') return (ms) => Math.floor(ms / MINUTE_MS) * MINUTE_MS
  let format: Intl.DateTimeFormat | undefined
  return (ms) => {
    // Made when first asked: rules are compiled at every change of the directory.
    format ??= new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    const shown = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? Number.NaN
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'))
  }
}

/** 1 Monday to 7 Sunday; day 0 is 1970-01-01, a Thursday. */
function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function namesOf(days: readonly number[], language: 'en' | 'ar'): string {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  // Day 4 of 1970 is its first Monday, counted from 0.
  const names = days.toSorted((a, b) => a - b).map((day) => format.format((day + 3) * DAY_MS))
  return names.join(language === 'ar' ? '، ' : ', ')
}
