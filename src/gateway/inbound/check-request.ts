import type { DataClass } from '../../agreements/data-class.ts'
import { headDisagreement } from '../../protocol/head-agreement.ts'
import { parseHeaderBlock } from '../../protocol/head.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { ServiceTarget } from '../gateway-settings.ts'
import type { LimitedGrant } from '../quotas/limited-grant.ts'
import { assertTransit } from '../transit-rule.ts'
import type { InboundDeps } from './serve-request.ts'

/** A request that may go to a backend. */
export interface CheckedRequest {
  readonly target: ServiceTarget
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  /** When the consumer's gateway took it, as far as this gateway believes that: milliseconds since 1970. */
  readonly takenMs: number
  /** Class of the data, as the grant says. */
  readonly dataClass: DataClass
  /** Set when the grant has limits. */
  readonly limited: LimitedGrant | undefined
  /** Whether the answer has to be acknowledged. */
  readonly isAcknowledged: boolean
}

/**
 * How far the consumer's word on when it took a request may lie from our clock, in milliseconds: clocks differ, and a copy
 * is sent again some time later. A consumer that lies about it gains no more than this, and has signed the lie.
 */
const BELIEVED_MS = 120_000

/**
 * Decides whether a request may reach a backend, and which, from its sealed words and our own rules alone.
 *
 * @throws WuslaError `wrong_peer` when a gateway speaks for another member; `body_mismatch` when the headers say
 * otherwise than the statement; `unknown_service`, `service_type`,
 * `service_not_configured`, `service_disabled`; the codes of the access decision; `no_path` when the session it came over
 * passes a branch that the grant forbids.
 *
 * @param branches - the branches of the session that it came over
 */
export function checkRequest(
  deps: InboundDeps,
  incoming: IncomingRequest,
  branches: readonly string[],
): CheckedRequest {
  const { statement } = incoming
  const { client, service, method, path, purpose, agreement } = statement
  const rawHeaders = checkWords(deps, incoming)
  if (deps.directory.service(service)?.kind !== 'api') throw serviceProblem(deps, service)
  const takenMs = believedTime(statement.time, deps.clock.nowMs())
  const target = deps.settings.serviceTarget(service)
  const { transit, limited, dataClass, isAcknowledged } = deps.access.authorise({
    client,
    service,
    method,
    path,
    agreement,
    purpose,
    takenMs,
    maxDataClass: target?.maxDataClass,
  })
  // The consumer's gateway chose the session; whether it was allowed to is judged here again.
  assertTransit(branches, transit, deps.directory)
  if (target === undefined) throw new WuslaError('service_not_configured', { details: { service } })
  if (target.disabledNotice !== undefined) {
    throw new WuslaError('service_disabled', { message: target.disabledNotice, details: { service } })
  }
  return { target, rawHeaders, takenMs, dataClass, limited, isAcknowledged }
}

/**
 * Whether the gateway at the other end may say these words, to this member, and its headers say the same. That they are
 * the headers that it signed, the session has proven before it delivered the request: `transport/stream-checks.ts`.
 *
 * @returns the headers, names and values in turn
 * @throws WuslaError `wrong_peer`, `unknown_service`, `body_mismatch`
 */
export function checkWords({ member }: Pick<InboundDeps, 'member'>, incoming: IncomingRequest): string[] {
  const { statement, peer } = incoming
  const { client, service } = statement
  if (memberOf(client) !== memberOf(peer)) throw new WuslaError('wrong_peer', { details: { client, peer } })
  if (memberOf(service) !== member) throw new WuslaError('unknown_service', { details: { service } })
  const rawHeaders = parseHeaderBlock(incoming.headerBlock)
  if (headDisagreement(statement, rawHeaders) !== undefined) throw new WuslaError('body_mismatch')
  return rawHeaders
}

function believedTime(time: string, nowMs: number): number {
  const takenMs = Date.parse(time)
  return Math.abs(nowMs - takenMs) <= BELIEVED_MS ? takenMs : nowMs
}

function serviceProblem({ directory }: InboundDeps, service: string): WuslaError {
  const isKnown = directory.service(service) !== undefined
  return new WuslaError(isKnown ? 'service_type' : 'unknown_service', { details: { service } })
}
