import { listOf, objectOf, type Shape, text, wholeNumber } from '../../trust/shape.ts'
import type { Bilingual, Connection, HostingAgreement, Hours, MembershipAgreement } from '../agreement.ts'
import { bilingual, code, hash, identifier } from './text-shapes.ts'

const MAX_AED = 1_000_000_000

/** `docs/spec/agreement.md` 2.7. */
export const HOURS: Shape<Hours> = objectOf(
  {
    timeZone: text({ max: 64, test: isTimeZone, what: 'the name of a time zone' }),
    days: listOf(wholeNumber(1, 7), { max: 7, unique: true }),
    from: text({ max: 5, test: isTimeOfDay, what: 'a time from 00:00 to 23:59' }),
    until: text({
      max: 5,
      test: (value) => value === '24:00' || isTimeOfDay(value),
      what: 'a time from 00:00 to 24:00',
    }),
  },
  {},
  ({ from, until }, report) => {
    if (from === until) report('/until', 'must not be the time at which it begins')
  },
)

/** `docs/spec/agreement.md` 2.8. */
export const CONNECTION: Shape<Connection> = objectOf({
  branches: listOf(identifier('branch'), { max: 64, unique: true }),
  lines: listOf(
    objectOf({
      line: text({ max: 64, test: (value) => /^[A-Za-z0-9._-]+$/.test(value), what: 'a line id' }),
      monthlyCostAed: wholeNumber(0, MAX_AED),
    }),
    { min: 0, max: 200 },
  ),
  extraLineCostAed: wholeNumber(0, MAX_AED),
})

/** `docs/spec/agreement.md` 2.9. */
export const TEMPLATE: Shape<{ readonly name: string; readonly digest: string }> = objectOf({
  name: code,
  digest: hash,
})

const DUTIES: Shape<readonly Bilingual[]> = listOf(bilingual(2000), { max: 64 })

/** `docs/spec/agreement.md` 2.10. */
export const HOSTING: Shape<HostingAgreement['hosting']> = objectOf(
  { branch: identifier('branch'), site: bilingual(300), duties: DUTIES },
  { services: listOf(identifier('service'), { max: 200, unique: true }) },
)

/** `docs/spec/agreement.md` 2.10. */
export const MEMBERSHIP: Shape<MembershipAgreement['membership']> = objectOf({ duties: DUTIES })

function isTimeOfDay(value: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(value)
}

// Case and form are ours to hold, so that one zone has one spelling: the runtime also takes `asia/dubai` and `+04:00`.
function isTimeZone(value: string): boolean {
  if (!/^(?:UTC|[A-Z][A-Za-z_]*(?:\/[A-Z][A-Za-z0-9_+-]*)+)$/.test(value)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
