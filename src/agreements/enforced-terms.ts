import { type Agreement, grantsOf } from './agreement.ts'

/** A term and why nobody may sign it here. */
export interface UnenforcedTerm {
  /** Place in the content, as in `details.problems` of `invalid_agreement`. */
  readonly path: string
  readonly problem: string
}

const NOT_ENFORCED = 'is not enforced by this version'

/**
 * The terms of a content that this version of the gateway does not enforce: retention of payloads. A gateway refuses to sign a content with one (`docs/spec/agreement.md` 2.6), and goes on reading and
 * verifying it. Everything else of a grant decides calls or paths (service, operations, kinds, clients, purpose codes, hours, limits, transit,
 * acknowledgement, validity) or says what people agreed and no machine can enforce (purposes in words, legal basis, class of data, names). Hosting and
 * membership are duties of people.
 */
export function unenforcedTerms(content: Agreement): UnenforcedTerm[] {
  return grantsOf(content).flatMap(({ retainPayload }, i) =>
    retainPayload === true ? [{ path: `/grants/${i}/retainPayload`, problem: NOT_ENFORCED }] : [],
  )
}
