import { memberOf } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { callApi } from '../api-client.ts'
import { askAll, type Unanswered } from '../ask-gateways.ts'
import type { GatewayTarget } from '../target.ts'
import { UsageError } from '../voice.ts'

/** An agreement as a gateway of a party tells it. */
export interface AgreementRow {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly parties: readonly string[]
  readonly validity: { readonly from: string; readonly until: string }
  readonly content?: Readonly<Record<string, unknown>>
  readonly proposedBy?: string
  /** Parties that have signed, or have accepted in a network without a signing policy. */
  readonly signedBy?: readonly string[]
  readonly reason?: string
}

/** A request for access as a gateway of a party tells it. */
export interface AccessRequestRow {
  readonly id: string
  readonly status: string
  readonly receivedAt: string
  readonly answerBy: string
  readonly isOverdue?: boolean
  readonly agreement?: string
  readonly reason?: string
  readonly request: {
    readonly provider: string
    readonly consumer: string
    readonly services: readonly { readonly service: string; readonly operations: readonly object[] }[]
    readonly clients?: readonly string[]
    readonly purpose: unknown
    readonly legalBasis?: string
    readonly dataClass: string
    readonly days: number
  }
}

/** A row, and whose gateways hold it. */
export interface Held<Row> {
  readonly row: Row
  readonly targets: readonly GatewayTarget[]
}

/** All agreements of the member of a gateway. */
export async function readAgreements(target: GatewayTarget): Promise<readonly AgreementRow[]> {
  const answer = await callApi(target, 'GET', '/v1/agreements')
  return (answer as { agreements: readonly AgreementRow[] }).agreements
}

/** All requests for access that the member of a gateway has made or received. */
export async function readRequests(target: GatewayTarget): Promise<readonly AccessRequestRow[]> {
  const answer = await callApi(target, 'GET', '/v1/access-requests')
  return (answer as { requests: readonly AccessRequestRow[] }).requests
}

/**
 * The agreement of this name at the gateways that hold it.
 *
 * @throws WuslaError `agreement_not_found`; what a gateway refused with, when none answers
 */
export async function findAgreement(
  targets: readonly GatewayTarget[],
  agreement: string,
): Promise<Held<AgreementRow>> {
  const found = await find(targets, readAgreements, agreement)
  if (found !== undefined) return found
  throw new WuslaError('agreement_not_found', { details: { agreement } })
}

/** As {@link findAgreement}, and `undefined` when no gateway holds such a request. */
export async function findRequest(
  targets: readonly GatewayTarget[],
  request: string,
): Promise<Held<AccessRequestRow> | undefined> {
  return await find(targets, readRequests, request)
}

async function find<Row extends { readonly id: string }>(
  targets: readonly GatewayTarget[],
  read: (target: GatewayTarget) => Promise<readonly Row[]>,
  id: string,
): Promise<Held<Row> | undefined> {
  const { answers } = await askAll(targets, async (target) => ({ target, rows: await read(target) }))
  const holders = answers.flatMap(({ answer: { target, rows } }) => {
    const row = rows.find((each) => each.id === id)
    return row === undefined ? [] : [{ target, row }]
  })
  const [first] = holders
  return first === undefined ? undefined : { row: first.row, targets: holders.map(({ target }) => target) }
}

/** Tells on the error line which gateways did not answer. */
export function unansweredNotes(failures: readonly Unanswered[]): string[] {
  return failures.map(({ gateway, error }) => `warning: ${gateway}: ${error.message}`)
}

/**
 * The gateway of a party among those that were found. One gateway that the user named is the one, whoever it belongs to.
 *
 * @param wanted - parties that may act; which of several, only the user can say
 * @param what - for the refusal, e.g. `either party may suspend it`
 * @throws UsageError
 */
export function gatewayOfParty(
  targets: readonly GatewayTarget[],
  wanted: readonly string[],
  what: string,
): GatewayTarget {
  const [only] = targets
  if (targets.length === 1 && only !== undefined) return only
  const [party, ...others] = wanted
  if (party === undefined || others.length > 0)
    throw new UsageError(what, `say --member with one of: ${wanted.join(', ')}`)
  const its = targets.find(({ id }) => id !== undefined && memberOf(id) === party)
  if (its !== undefined) return its
  throw new UsageError(`the sandbox has no gateway of ${party}`, 'say --gateway ADMIN_URL --token T')
}
