import { compileGrants, decide, type AccessRules } from '../agreements/decision.ts'
import type { DataClass } from '../agreements/data-class.ts'
import type { ExchangeRow } from '../evidence/evidence-query.ts'
import { normaliseServicePath } from '../protocol/service-path.ts'
import type { AgreementStore } from './agreement-store.ts'

/**
 * The class of the data of recorded exchanges: that of the grant under which each was made, found again from the terms of
 * the agreement that its request names. Nothing else is asked, so it is the same whatever became of the agreement.
 */
export class RecordedClass {
  readonly #agreements: Pick<AgreementStore, 'get'>
  /** By agreement: as many as this gateway holds. */
  readonly #rules = new Map<string, AccessRules>()

  constructor(agreements: Pick<AgreementStore, 'get'>) {
    this.#agreements = agreements
  }

  /** The row with `dataClass`; without it when the words of the request were erased or the terms are not here. */
  withClass(row: ExchangeRow): ExchangeRow & { readonly dataClass?: DataClass } {
    const dataClass = this.#classOf(row)
    return dataClass === undefined ? row : { ...row, dataClass }
  }

  #classOf({
    client,
    service,
    method,
    path,
    agreement,
    purpose,
    requestedAt,
  }: ExchangeRow): DataClass | undefined {
    // Whatever a member opens to all is open data: an open service has no other terms.
    if (agreement === 'open') return 'open'
    if (client === undefined || service === undefined || method === undefined) return undefined
    if (path === undefined || agreement === undefined || requestedAt === undefined) return undefined
    const rules = this.#rulesOf(agreement)
    const normalised = normaliseServicePath(path)
    if (rules === undefined || !normalised.ok) return undefined
    const query = { client, service, method, path: normalised.path, nowMs: Date.parse(requestedAt) }
    const decision = decide(rules, purpose === undefined ? query : { ...query, purpose })
    return decision.allowed ? decision.grant.dataClass : undefined
  }

  #rulesOf(agreement: string): AccessRules | undefined {
    const known = this.#rules.get(agreement)
    const content = this.#agreements.get(agreement)
    if (known !== undefined || content === undefined) return known
    const rules = compileGrants({ agreements: [{ hash: agreement, content, status: 'effective' }] })
    this.#rules.set(agreement, rules)
    return rules
  }
}
