import type { Agreement } from '../../agreements/agreement.ts'
import { beyondMandate, mandateHolder } from '../../agreements/mandate-terms.ts'
import type { HiddenText } from '../../identity/hidden-text.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { DirectoryMandate, OwnMandates, SigningDirectory } from './signing-ports.ts'

/** A mandate under which somebody signs. */
export interface FoundMandate {
  readonly terms: DirectoryMandate
  /** Base64url. */
  readonly salt: string
}

/** Who wants to sign what, and when. */
export interface WantedMandate {
  readonly member: string
  readonly content: Agreement
  readonly identityNumber: HiddenText
  /** RFC 3339. */
  readonly time: string
}

/**
 * The mandate under which a person may sign a content for a member. Of several the one that needs no second official is taken,
 * then the smaller id. The final word has the verifier: it judges the mandate at the time of the time-stamp.
 *
 * @throws WuslaError `mandate_missing` when the person has none of this member, `mandate_expired` when none is valid now
 *   (`details.standing`), `mandate_out_of_scope` when none reaches so far (`details.beyond`)
 */
export function findMandate(
  wanted: WantedMandate,
  mandates: OwnMandates,
  directory: Pick<SigningDirectory, 'mandate' | 'mandateAt'>,
): FoundMandate {
  const { member, content, identityNumber, time } = wanted
  const held = mandates.list().flatMap(({ mandate, salt }): FoundMandate[] => {
    const terms = directory.mandate(mandate)
    const isHeld = terms?.member === member && isHolder(terms, salt, identityNumber)
    return isHeld ? [{ terms, salt }] : []
  })
  if (held.length === 0) throw new WuslaError('mandate_missing', { details: { member } })
  const standingOf = ({ terms }: FoundMandate): string => directory.mandateAt(terms.mandate, time).standing
  const valid = held.filter((each) => standingOf(each) === 'valid')
  if (valid.length === 0) {
    const [standing] = held.map(standingOf)
    throw new WuslaError('mandate_expired', { details: { member, standing } })
  }
  const beyond = valid.map((each) => beyondMandate(content, each.terms))
  const fitting = valid.filter((_, at) => beyond[at] === undefined)
  const [best] = fitting.toSorted(aloneFirst)
  if (best === undefined)
    throw new WuslaError('mandate_out_of_scope', { details: { member, beyond: beyond[0] } })
  return best
}

/** Whether a person is the holder of a mandate. */
export function isHolder(
  terms: DirectoryMandate | undefined,
  salt: string,
  identityNumber: HiddenText,
): boolean {
  return terms !== undefined && terms.holder === mandateHolder(salt, identityNumber.reveal())
}

function aloneFirst({ terms: a }: FoundMandate, { terms: b }: FoundMandate): number {
  const byEyes = Number(a.fourEyes === true) - Number(b.fourEyes === true)
  return byEyes || (a.mandate < b.mandate ? -1 : 1)
}
