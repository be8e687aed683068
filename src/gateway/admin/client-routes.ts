import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { canonicalIdentifier, memberOf } from '../../protocol/identifier.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { ClientSystemSchema } from '../gateway-settings.ts'
import { listed, RECORD, TEXT } from './shapes.ts'

/** The information systems that call through this gateway. */
export function clientRoutes(api: Api, parts: GatewayParts): void {
  const operator = { onRequest: requireRole(parts.tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(parts.tokens.current, 'auditor') }

  api.get(
    '/v1/clients',
    {
      ...auditor,
      schema: {
        summary: 'Information systems that may call',
        tags: ['clients'],
        response: listed('clients', { client: TEXT }),
      },
    },
    () => ({
      clients: parts.settings.current.clients,
    }),
  )

  api.put(
    '/v1/clients',
    {
      ...operator,
      schema: {
        summary: 'Let an information system call, with these rules',
        tags: ['clients'],
        response: RECORD,
        body: ClientSystemSchema,
      },
    },
    async ({ body }) => {
      const client = ownClient(parts, body.client)
      await parts.settings.update(
        (now) => ({
          ...now,
          clients: [...now.clients.filter((other) => other.client !== client), { ...body, client }],
        }),
        {
          prepare: async () => await registerSystem(parts, client),
          apply: ({ clients }) => parts.frontDoor.setClients(clients),
        },
      )
      return { client }
    },
  )

  api.delete(
    '/v1/clients/:client',
    {
      ...operator,
      schema: {
        summary: 'Let an information system call no more; it stays in the directory',
        tags: ['clients'],
        response: RECORD,
        params: Type.Object({ client: Type.String() }),
      },
    },
    async ({ params }) => await removeClient(parts, params.client),
  )
}

/** The canonical identifier of one of this member's clients. @throws WuslaError `invalid_identifier`, `forbidden` */
export function ownClient({ member }: GatewayParts, text: string): string {
  const client = canonicalIdentifier('client', text)
  if (memberOf(client) !== member)
    throw new WuslaError('forbidden', { message: 'The client belongs to another member.' })
  return client
}

async function registerSystem(
  { member, directory, ownChanges }: GatewayParts,
  client: string,
): Promise<void> {
  if (client === member || directory.system(client) !== undefined) return
  await ownChanges.publishUnlessThere('system_registered', {
    system: client,
    name: { ar: client, en: client },
  })
}

async function removeClient(parts: GatewayParts, text: string): Promise<{ client: string }> {
  const client = ownClient(parts, text)
  await parts.settings.update(
    (now) => {
      if (!now.clients.some((other) => other.client === client))
        throw new WuslaError('not_found', { details: { client } })
      // A mapped port calls in the name of its client whoever is registered: it has to go first.
      const ports = now.mappedPorts.filter((port) => port.client === client).map(({ port }) => port)
      if (ports.length > 0) {
        throw new WuslaError('conflict', {
          message:
            'Mapped ports call in the name of this client; remove them first (`wusla client unmap-port`).',
          details: { client, mappedPorts: ports },
        })
      }
      return { ...now, clients: now.clients.filter((other) => other.client !== client) }
    },
    { apply: ({ clients }) => parts.frontDoor.setClients(clients) },
  )
  return { client }
}
