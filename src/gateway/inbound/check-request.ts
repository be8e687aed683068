import { memberOf } from '../../protocol/identifier.ts'
import { headDigest, requestHead } from '../../protocol/head.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { ServiceTarget } from '../gateway-settings.ts'
import type { InboundDeps } from './serve-request.ts'

/**
 * Decides whether a request may reach a backend, and which.
 *
 * @throws WuslaError `wrong_peer` when a gateway speaks for another member; `invalid_statement` when headers and
 * signed words differ; `unknown_service`, `service_disabled`; the codes of the access decision.
 */
export function checkRequest(deps: InboundDeps, incoming: IncomingRequest): ServiceTarget {
  const { statement, headerBlock, peer } = incoming
  const { client, service, method, path, query, agreement } = statement
  if (memberOf(client) !== memberOf(peer)) throw new WuslaError('wrong_peer', { details: { client, peer } })
  if (memberOf(service) !== deps.member) throw new WuslaError('unknown_service', { details: { service } })
  if (headDigest(requestHead(method, service, path, query, headerBlock)) !== statement.head) {
    throw new WuslaError('invalid_statement', { details: { step: 'head' } })
  }
  deps.access.authorise({ client, service, method, path, agreement })
  const target = deps.settings.serviceTarget(service)
  if (target === undefined) throw new WuslaError('unknown_service', { details: { service } })
  if (target.disabledNotice !== undefined) {
    throw new WuslaError('service_disabled', { message: target.disabledNotice, details: { service } })
  }
  return target
}
