import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { canonicalIdentifier } from '../../protocol/identifier.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { formatLinkAddress } from '../../transport/link-address.ts'
import { portAddress } from '../check-settings.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { MappedPortSchema, type Settings } from '../gateway-settings.ts'
import { ownClient } from './client-routes.ts'
import { RECORD } from './shapes.ts'

type MappedPort = Settings['mappedPorts'][number]

const LOOPBACK = '127.0.0.1'

/** What the operating system says when an address cannot be listened on, in words that its caller can act on. */
const NOT_OPENED: ReadonlyMap<unknown, string> = new Map([
  ['EACCES', 'this gateway may not open it'],
  ['EADDRINUSE', 'another program listens there'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['ENOTFOUND', 'its host is unknown'],
])

/** Local ports bound to one client system and one service. */
export function mappedPortRoutes(api: Api, parts: GatewayParts): void {
  const operator = { onRequest: requireRole(parts.tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(parts.tokens.current, 'auditor') }

  api.get(
    '/v1/mapped-ports',
    {
      ...auditor,
      schema: { summary: 'Ports bound to a client and a service', tags: ['clients'], response: RECORD },
    },
    () => ({
      mappedPorts: parts.settings.current.mappedPorts,
    }),
  )

  api.post(
    '/v1/mapped-ports',
    {
      ...operator,
      schema: {
        summary: 'Bind a local port to one client and one service',
        tags: ['clients'],
        response: RECORD,
        body: MappedPortSchema,
      },
    },
    async ({ body }) => await mapPort(parts, body),
  )

  api.delete(
    '/v1/mapped-ports/:port',
    {
      ...operator,
      schema: {
        summary: 'Close a mapped port; calls under way may end',
        tags: ['clients'],
        response: RECORD,
        params: Type.Object({ port: Type.Integer({ minimum: 1, maximum: 65_535 }) }),
        querystring: Type.Object(
          { host: Type.Optional(Type.String({ description: 'Where it listens. Default 127.0.0.1.' })) },
          { additionalProperties: false },
        ),
      },
    },
    async ({ params, query }) => await unmapPort(parts, { host: query.host ?? LOOPBACK, port: params.port }),
  )
}

async function mapPort(parts: GatewayParts, body: MappedPort): Promise<{ port: number; url: string }> {
  const host = body.host ?? LOOPBACK
  const client = ownClient(parts, body.client)
  const service = canonicalIdentifier('service', body.service)
  // A port that the system chooses is chosen now, so that it is the same one after a restart.
  const port = body.port === 0 ? await opened(async () => await chooseFreePort(host)) : body.port
  const mapped = { ...body, client, service, port }
  await parts.settings.update((now) => ({ ...now, mappedPorts: [...without(now, { host, port }), mapped] }), {
    // Opened before it is stored: a port that somebody else holds must not stop the next start.
    prepare: async ({ mappedPorts }) =>
      await opened(async () => await parts.frontDoor.setMappedPorts(mappedPorts)),
  })
  return { port, url: `http://${formatLinkAddress({ host, port })}` }
}

async function unmapPort(
  parts: GatewayParts,
  address: { readonly host: string; readonly port: number },
): Promise<{ host: string; port: number }> {
  await parts.settings.update(
    (now) => {
      const mappedPorts = without(now, address)
      if (mappedPorts.length === now.mappedPorts.length)
        throw new WuslaError('not_found', { details: { ...address } })
      return { ...now, mappedPorts }
    },
    { apply: async ({ mappedPorts }) => await parts.frontDoor.setMappedPorts(mappedPorts) },
  )
  return address
}

function without(
  settings: Settings,
  address: { readonly host: string; readonly port: number },
): MappedPort[] {
  return settings.mappedPorts.filter((other) => portAddress(other) !== portAddress(address))
}

/** @throws WuslaError `conflict` where the operating system does not give the address */
async function opened<Result>(open: () => Promise<Result>): Promise<Result> {
  try {
    return await open()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const why = NOT_OPENED.get(code)
    if (why === undefined) throw cause
    throw new WuslaError('conflict', {
      message: `The port cannot be opened: ${why}.`,
      details: { reason: code },
      cause,
    })
  }
}

async function chooseFreePort(host: string): Promise<number> {
  const server = createServer()
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
