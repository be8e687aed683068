import { type Agreement, consumerOf, type Grant, isServiceAgreement } from '../agreements/agreement.ts'
import type { AgreementRecord } from '../directory/directory-record.ts'
import type { TransitRule } from './transit-rule.ts'

/** Where the exchanges of one service may pass, and what says so. */
export interface TransitTerms extends TransitRule {
  /** The agreements in force that grant the service; empty: no agreement does. */
  readonly agreements: readonly string[]
}

/** Which calls the terms are for. */
interface AskedService {
  readonly consumer: string
  readonly service: string
  /** Only grants that fit this client; default: any client of the consumer. */
  readonly client?: string | undefined
}

/**
 * The terms that every grant of the service lets pass: a path that keeps them serves each of its operations. One grant
 * alone may allow more.
 *
 * @param records - agreements of the consumer, as the directory has them
 * @param contentOf - the content of an agreement, if it is here
 */
export function transitTerms(
  { consumer, service, client }: AskedService,
  records: readonly AgreementRecord[],
  contentOf: (agreement: string) => Agreement | undefined,
  now: string,
): TransitTerms {
  const fits = (grant: Grant): boolean =>
    grant.service === service &&
    (client === undefined || grant.clients === undefined || grant.clients.includes(client))
  const granting = records.flatMap(({ agreement, status }) => {
    const content = contentOf(agreement)
    if (content === undefined || status !== 'effective' || !isServiceAgreement(content)) return []
    if (consumerOf(content) !== consumer) return []
    // Times in this form sort as text.
    if (now < content.validFrom || now >= content.validUntil) return []
    const grants = content.grants.filter(fits)
    return grants.length === 0 ? [] : [{ agreement, grants }]
  })
  const rules = granting.flatMap(({ grants }) => grants.map(({ transit }) => transit ?? {}))
  return { ...strictest(rules), agreements: granting.map(({ agreement }) => agreement) }
}

/** The rule that a path keeps exactly when it keeps all of these. */
export function strictest(rules: readonly TransitRule[]): TransitRule {
  const avoid = [...new Set(rules.flatMap((rule) => rule.avoid ?? []))].sort()
  const only = common(rules.flatMap((rule) => (rule.only === undefined ? [] : [rule.only])))
  const classes = rules.flatMap((rule) => (rule.onlyClasses === undefined ? [] : [rule.onlyClasses]))
  const onlyClasses = common(classes)
  return {
    ...(avoid.length === 0 ? {} : { avoid }),
    ...(only === undefined ? {} : { only }),
    ...(onlyClasses === undefined ? {} : { onlyClasses }),
  }
}

/** What all lists hold; `undefined` without a list. */
function common(lists: readonly (readonly string[])[]): string[] | undefined {
  return lists[0]?.filter((each) => lists.every((list) => list.includes(each)))
}
