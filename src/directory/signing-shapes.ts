import { isTime } from '../protocol/clock.ts'
import { isDigest256 } from '../protocol/digest.ts'
import { listOf, objectOf, oneOf, text, wholeNumber } from '../trust/shape.ts'
import type { Shape } from '../trust/shape.ts'
import { isBase64url, isBase64urlOf } from '../trust/text-form.ts'
import type { Name } from './change.ts'

// eslint-disable-next-line no-control-regex -- these are the characters to refuse
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
/** Dotted, no leading zeros: an OID has one spelling. */
const OID = /^[0-2](?:\.(?:0|[1-9]\d{0,38})){1,31}$/

/** Text without control characters, of at most `max` UTF-16 units. */
export function line(max: number): Shape<string> {
  return text({
    max,
    test: (value) => value.isWellFormed() && !CONTROL.test(value),
    what: 'text in one line',
  })
}
export const name: Shape<Name> = objectOf({ ar: line(200), en: line(200) })
export const reason: Shape<string> = line(500)
export const time: Shape<string> = text({ max: 24, test: isTime, what: 'a time in UTC with milliseconds' })
export const digest: Shape<string> = text({ max: 43, test: isDigest256, what: 'a SHA-256 in base64url' })

const mandateId = text({
  max: 43,
  test: (value) => isBase64urlOf(value, 16, 32),
  what: '16 to 32 bytes in base64url',
})
const oid = text({ max: 255, test: (value) => OID.test(value), what: 'an object identifier' })
// 16 of these are longer than an entry may be: the size of the entry is the bound that counts.
const certificate = text({ max: 8192, test: isBase64url, what: 'a certificate in base64url' })

/** A flag that is there or not: `false` would be a second spelling of its absence. */
const set: Shape<true> = {
  check(value, path, problems) {
    if (value !== true) problems.push({ path, problem: 'must be true, or absent' })
  },
}

type Report = (path: string, problem: string) => void

/** What `agreement_effective` says of the document that officials signed: `docs/spec/directory.md`, 4.6. */
export const agreementFields = {
  optional: {
    document: digest,
    signedUnder: listOf(listOf(mandateId, { min: 1, max: 2, unique: true }), { min: 2, max: 2 }),
    supersedes: digest,
  },
  rule: (value: { document?: string; signedUnder?: unknown }, report: Report): void => {
    if ((value.document === undefined) !== (value.signedUnder === undefined)) {
      report('/document', 'comes together with signedUnder')
    }
  },
}

/** Members of `signing_policy_set` beyond those of every change: `docs/spec/directory.md`, 4.7. */
export const policyFields = {
  required: {
    level: oneOf('advanced', 'qualified'),
    qualifiedPolicies: listOf(oid, { min: 0, max: 16, unique: true }),
    roots: listOf(certificate, { min: 1, max: 16, unique: true }),
    answerWithinDays: wholeNumber(1, 365),
  },
  optional: { testAuthorities: set },
  rule: (value: { level: string; qualifiedPolicies: readonly string[] }, report: Report): void => {
    if (value.level === 'qualified' && value.qualifiedPolicies.length === 0) {
      report('/qualifiedPolicies', 'must name at least one when the level is qualified')
    }
  },
}

/** Members of `mandate_granted` beyond those of every change and `member`: `docs/spec/directory.md`, 4.8. */
export const mandateFields = {
  required: {
    mandate: mandateId,
    holder: digest,
    office: name,
    kinds: listOf(oneOf('service', 'hosting', 'membership'), { min: 1, max: 3, unique: true }),
    dataClassUpTo: oneOf('open', 'confidential', 'sensitive', 'secret'),
    instrument: digest,
    validFrom: time,
    validUntil: time,
  },
  optional: {
    ceilingAed: wholeNumber(0, 1_000_000_000),
    fourEyes: set,
    delegable: set,
    delegatedFrom: mandateId,
  },
}
