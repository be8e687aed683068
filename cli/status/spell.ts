import type { Language } from '../explain-lines.ts'

/** How figures and names are written on the pages for operators. */
export interface Spelling {
  readonly language: Language
  /** Now, as the page was read, in milliseconds since 1970. */
  readonly nowMs: number
}

/** An identifier without its network, which stands at the head of the page; from left to right in every language. */
export function shortId(id: string, { language }: Spelling): string {
  const [, ...rest] = id.split('/')
  const short = rest[0] === 'branch' ? rest.slice(1).join('/') : rest.join('/')
  const text = /^https?:/.test(id) || short === '' ? id : short
  return language === 'ar' ? `\u2066${text}\u2069` : text
}

/** The branches of a path in order. */
export function pathText(path: readonly string[], spelling: Spelling): string {
  const names = path.map((branch) => shortId(branch, { ...spelling, language: 'en' }))
  const text = names.length === 0 ? (spelling.language === 'ar' ? 'مباشر' : 'direct') : names.join(' › ')
  return spelling.language === 'ar' && names.length > 0 ? `\u2066${text}\u2069` : text
}

const AGES = [
  { seconds: 86_400, en: 'd', ar: 'ي' },
  { seconds: 3_600, en: 'h', ar: 'س' },
  { seconds: 60, en: 'm', ar: 'د' },
  { seconds: 1, en: 's', ar: 'ث' },
] as const

/** How long ago an instant was: `49s`, `3h`. */
export function ageText(since: string | undefined, { language, nowMs }: Spelling): string {
  if (since === undefined) return ''
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(since)) / 1_000))
  const unit = AGES.find((age) => seconds >= age.seconds * (age.seconds === 1 ? 0 : 2)) ?? AGES[3]
  return `${Math.floor(seconds / unit.seconds)}${unit[language]}`
}

/** Time of day with seconds, and the date when it is another one. */
export function clockText(since: string, { nowMs }: Spelling): string {
  const [date = '', time = ''] = since.split('T')
  const clock = `${time.slice(0, 8)}Z`
  return new Date(nowMs).toISOString().startsWith(date) ? clock : `${date} ${clock}`
}

/** A round-trip time. */
export function msText(ms: number | undefined): string {
  if (ms === undefined) return ''
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)} ms`
}

/** A number of bytes, in steps of 1,000. */
export function bytesText(bytes: number): string {
  const steps = ['', 'k', 'M', 'G', 'T', 'P']
  const step = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1_000 ** step
  return `${step === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)}${steps[step]}B`
}

/** Mbit/s with as many digits as matter. */
export function rateText(mbps: number): string {
  return mbps >= 100
    ? mbps.toFixed(0)
    : mbps >= 1 || mbps === 0
      ? String(Math.round(mbps * 10) / 10)
      : mbps.toFixed(2)
}
