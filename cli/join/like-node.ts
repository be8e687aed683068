import { createServer } from 'node:net'
import type { ServiceTarget, Settings } from '../../src/gateway/gateway-settings.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type ApiTarget, callApi } from '../api-client.ts'

/** What a node that joins takes over from another node of its member. */
export interface NodeSettings {
  readonly settings: Settings
  /** Files that services name below the other node's state folder: they have to be copied by hand. */
  readonly files: readonly string[]
  /** Mapped ports that are taken here, as when both nodes stand on one machine. */
  readonly portsLeftOut: readonly number[]
}

/**
 * Reads how another node of the same member is set up: where services answer, which systems may call and how they show
 * who they are, and the mapped ports. Agreements come by themselves.
 *
 * @throws WuslaError `actor_unreachable`, `unauthorized`; `forbidden` when it is a gateway of another member
 */
export async function settingsLike(node: ApiTarget, member: string): Promise<NodeSettings> {
  const { gateway } = (await callApi(node, 'GET', '/v1/status')) as { readonly gateway: string }
  if (!gateway.startsWith(`${member}/`))
    throw new WuslaError('forbidden', { message: `${gateway} is no gateway of ${member}.` })
  const { services } = (await callApi(node, 'GET', '/v1/services')) as {
    readonly services: readonly { readonly target?: ServiceTarget }[]
  }
  const { clients } = (await callApi(node, 'GET', '/v1/clients')) as Pick<Settings, 'clients'>
  const { mappedPorts } = (await callApi(node, 'GET', '/v1/mapped-ports')) as Pick<Settings, 'mappedPorts'>
  const targets = services.flatMap(({ target }) => (target === undefined ? [] : [target]))
  const free = await Promise.all(
    mappedPorts.map(async ({ port, host }) => port === 0 || (await isFree(port, host ?? '127.0.0.1'))),
  )
  return {
    settings: { services: targets, clients, mappedPorts: mappedPorts.filter((_, at) => free[at]) },
    files: targets.flatMap(({ tls }) => (tls?.caFile === undefined ? [] : [tls.caFile])),
    portsLeftOut: mappedPorts.filter((_, at) => !free[at]).map(({ port }) => port),
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
