import { memberOf } from '../../src/protocol/identifier.ts'
import { callApi } from '../api-client.ts'
import type { GatewayTarget } from '../target.ts'

/** Whose gateway it is: outside a sandbox only the gateway itself knows. */
export async function memberAt(target: GatewayTarget): Promise<string> {
  if (target.id !== undefined) return memberOf(target.id)
  const { gateway } = (await callApi(target, 'GET', '/v1/status')) as { readonly gateway: string }
  return memberOf(gateway)
}
