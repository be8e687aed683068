import type { Operation } from '../protocol/path-glob.ts'
import type { AccessRules } from './access-rules.ts'
import type { GrantKind } from './agreement.ts'

/**
 * The operations of a service that one client may call at this moment, as its grants name them; empty when it may call
 * none. It agrees with `decide`: whatever one of these patterns matches is allowed, with the
 * purpose that the grant asks for.
 *
 * @param wanted.kind - default `api`
 */
export function grantedOperations(
  rules: AccessRules,
  wanted: {
    readonly client: string
    readonly service: string
    readonly nowMs: number
    readonly kind?: GrantKind
  },
): Operation[] {
  const { client, service, nowMs, kind = 'api' } = wanted
  const operations = new Map<string, Operation>()
  for (const { grant, status, validFromMs, validUntilMs, hours } of rules.grantsOf(client, service)) {
    if (status !== 'effective' || nowMs < validFromMs || nowMs >= validUntilMs) continue
    if (!grant.kinds.includes(kind) || hours?.holdAt(nowMs) === false) continue
    for (const operation of grant.operations)
      operations.set(`${operation.method} ${operation.path}`, operation)
  }
  return [...operations.values()]
}
