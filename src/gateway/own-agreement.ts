import { type Agreement, agreementHash, decodeAgreement } from '../agreements/agreement.ts'
import { unenforcedTerms } from '../agreements/enforced-terms.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/**
 * The content that the registry shows under a hash, once it is known that it is what the hash says, that this member is a party,
 * and that this gateway does what it promises.
 *
 * @throws WuslaError `invalid_agreement`, `forbidden` when this member is no party, `terms_not_enforced`
 */
export function readOwnAgreement(shown: unknown, hash: string, member: string): Agreement {
  const content = decodeAgreement(shown)
  if (agreementHash(content) !== hash)
    throw new WuslaError('invalid_agreement', {
      message: 'The registry shows another content than the hash names.',
    })
  assertOwn(content, member)
  return content
}

/** @throws WuslaError `forbidden` when this member is no party, `terms_not_enforced` */
export function assertOwn(content: Agreement, member: string): void {
  if (!content.parties.some((party) => party.member === member)) {
    throw new WuslaError('forbidden', {
      message: 'This member is not a party of the agreement.',
      details: { member },
    })
  }
  // Whoever signs promises what the gateway does: a term that it ignores would be a promise nobody keeps.
  const problems = unenforcedTerms(content)
  if (problems.length > 0) throw new WuslaError('terms_not_enforced', { details: { problems } })
}
