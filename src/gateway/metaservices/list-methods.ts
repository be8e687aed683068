import { parseService } from '../../protocol/identifier.ts'
import type { Operation } from '../../protocol/path-glob.ts'

/** A service and the operations to show of it. */
export interface MethodRow {
  /** Canonical identifier. */
  readonly service: string
  readonly xroadType: 'REST' | 'OPENAPI'
  readonly operations: readonly Operation[]
}

/** The body of `listMethods` and `allowedMethods`. */
export function methodsJson(rows: readonly MethodRow[]): string {
  return JSON.stringify({
    service: rows.map(({ service, xroadType, operations }) => {
      const { network, memberClass, memberCode, systemCode, serviceCode } = parseService(service)
      return {
        member_class: memberClass,
        member_code: memberCode,
        object_type: 'SERVICE',
        service_code: serviceCode,
        service_type: xroadType,
        subsystem_code: systemCode,
        xroad_instance: network,
        endpoint_list: operations.filter(isEndpoint).map(({ method, path }) => ({ method, path })),
      }
    }),
  })
}

/** X-Road leaves out the operation that stands for the whole service. */
function isEndpoint({ method, path }: Operation): boolean {
  return !(method === '*' && (path === '**' || path === '/**'))
}
