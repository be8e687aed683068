import type { Directory } from '../../directory/directory.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { SessionTarget } from '../peer-sessions.ts'

/**
 * Which gateways may serve the call: any of the provider's, or the one that `X-Road-Security-Server` names.
 *
 * @throws WuslaError `invalid_security_server` when that one does not belong to the provider
 */
export function chooseTarget(
  directory: Directory,
  service: string,
  securityServer: string | undefined,
): SessionTarget {
  const member = memberOf(service)
  if (securityServer === undefined) return { member }
  if (directory.gateway(securityServer)?.member !== member) {
    throw new WuslaError('invalid_security_server', { details: { gateway: securityServer, service } })
  }
  return { member, gateway: securityServer }
}
