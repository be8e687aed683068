import { createApi, parseLoopbackListen } from '../../admin-api/api-server.ts'
import { tokenRoutes } from '../../admin-api/token-routes.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { accessRequestRoutes } from './access-request-routes.ts'
import { agreementRoutes } from './agreement-routes.ts'
import { clientRoutes } from './client-routes.ts'
import { evidenceRoutes } from './evidence-routes.ts'
import { evidenceUpkeepRoutes } from './evidence-upkeep-routes.ts'
import { keyRoutes } from './key-routes.ts'
import { mandateRoutes } from './mandate-routes.ts'
import { mappedPortRoutes } from './mapped-port-routes.ts'
import { paperlessRoutes } from './paperless-routes.ts'
import { pathRoutes } from './path-routes.ts'
import { serviceRoutes } from './service-routes.ts'
import { signingRoutes } from './signing-routes.ts'
import { statusRoutes } from './status-routes.ts'

/** Starts the admin API of a gateway; every route but `/healthz`, the OpenAPI document and the pages below `/sign/` needs a token. */
export async function startAdminApi(
  parts: GatewayParts,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const api = await createApi({
    title: `Gateway ${parts.gateway}`,
    description: "Administration of an entity's door to the network.",
    onUnexpected: (error) =>
      parts.onEvent({
        kind: 'unexpected_error',
        detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  })
  statusRoutes(api, parts)
  pathRoutes(api, parts)
  serviceRoutes(api, parts)
  clientRoutes(api, parts)
  mappedPortRoutes(api, parts)
  agreementRoutes(api, parts)
  accessRequestRoutes(api, parts)
  signingRoutes(api, parts)
  evidenceRoutes(api, parts)
  evidenceUpkeepRoutes(api, parts)
  paperlessRoutes(api, parts)
  keyRoutes(api, parts)
  mandateRoutes(api, parts)
  tokenRoutes(api, parts.tokens)
  const url = await api.listen(parseLoopbackListen(parts.config.admin.listen))
  return { url, close: async () => await api.close() }
}
