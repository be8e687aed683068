import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Type, type Static } from 'typebox'
import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { memberOf, parseService, systemOf } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import {
  ClientSystemSchema,
  MappedPortSchema,
  ServiceTargetSchema,
  type Settings,
} from '../gateway-settings.ts'
import { listed, RECORD, TEXT } from './shapes.ts'

const Name = Type.Object(
  { ar: Type.String({ minLength: 1 }), en: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
)
const OperationSchema = Type.Object(
  { method: Type.String(), path: Type.String() },
  { additionalProperties: false },
)
const { service: _service, ...TargetFields } = ServiceTargetSchema.properties

const Publish = Type.Object(
  {
    service: Type.String(),
    kind: Type.Union([
      Type.Literal('api'),
      Type.Literal('events'),
      Type.Literal('files'),
      Type.Literal('stream'),
    ]),
    xroadType: Type.Optional(Type.Union([Type.Literal('REST'), Type.Literal('OPENAPI')])),
    name: Name,
    description: Type.Optional(Name),
    operations: Type.Array(OperationSchema, { maxItems: 256 }),
    open: Type.Optional(Type.Boolean({ description: 'Grant the operations to every member.' })),
    target: Type.Object(TargetFields, { additionalProperties: false }),
  },
  { additionalProperties: false },
)

/** Services of this member: where they answer, known here alone, and what the network may know of them. */
export function serviceRoutes(api: Api, parts: GatewayParts): void {
  const { settings, directory, member, ownChanges, tokens } = parts
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }

  api.get(
    '/v1/services',
    {
      ...auditor,
      schema: {
        summary: 'Services of this member',
        tags: ['services'],
        response: listed('services', { service: TEXT, kind: TEXT, status: TEXT }),
      },
    },
    () => ({
      services: directory
        .servicesOf(member)
        .map((service) => ({ ...service, target: settings.serviceTarget(service.service) })),
    }),
  )

  api.post(
    '/v1/services',
    {
      ...operator,
      schema: { summary: 'Publish a service', tags: ['services'], response: RECORD, body: Publish },
    },
    async ({ body }) => await publish(parts, body),
  )

  api.post(
    '/v1/services/withdraw',
    {
      ...operator,
      schema: {
        summary: 'Withdraw a service',
        tags: ['services'],
        response: RECORD,
        body: Type.Object({ service: Type.String() }),
      },
    },
    async ({ body }) => ({
      service: body.service,
      index: await ownChanges.publish('service_withdrawn', { service: body.service }),
    }),
  )
  clientRoutes(api, parts)
  mappedPortRoutes(api, parts)
}

function clientRoutes(
  api: Api,
  { settings, directory, member, ownChanges, frontDoor, tokens }: GatewayParts,
): void {
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }

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
      clients: settings.current.clients,
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
      if (memberOf(body.client) !== member)
        throw new WuslaError('forbidden', { message: 'The client belongs to another member.' })
      if (body.client !== member && directory.system(body.client) === undefined) {
        await ownChanges.publishUnlessThere('system_registered', {
          system: body.client,
          name: { ar: body.client, en: body.client },
        })
      }
      await settings.update((now) => ({
        ...now,
        clients: [...now.clients.filter(({ client }) => client !== body.client), body],
      }))
      frontDoor.setClients(settings.current.clients)
      return { client: body.client }
    },
  )
}

function mappedPortRoutes(api: Api, { settings, member, frontDoor, tokens }: GatewayParts): void {
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }

  api.get(
    '/v1/mapped-ports',
    {
      ...auditor,
      schema: { summary: 'Ports bound to a client and a service', tags: ['clients'], response: RECORD },
    },
    () => ({
      mappedPorts: settings.current.mappedPorts,
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
    async ({ body }) => {
      if (memberOf(body.client) !== member)
        throw new WuslaError('forbidden', { message: 'The client belongs to another member.' })
      // A port that the system chooses is chosen now, so that it is the same one after a restart.
      const port = body.port === 0 ? await chooseFreePort(body.host ?? '127.0.0.1') : body.port
      const next = addPort(settings.current, { ...body, port })
      await frontDoor.setMappedPorts(next.mappedPorts)
      await settings.update((now) => addPort(now, { ...body, port }))
      return { port, url: `http://${body.host ?? '127.0.0.1'}:${port}` }
    },
  )
}

function addPort(settings: Settings, port: Settings['mappedPorts'][number]): Settings {
  return {
    ...settings,
    mappedPorts: [...settings.mappedPorts.filter((other) => other.port !== port.port), port],
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

/** The backend is known here before the world may call it. */
async function publish(
  { settings, directory, member, ownChanges }: GatewayParts,
  body: Static<typeof Publish>,
): Promise<{ service: string; index: number }> {
  parseService(body.service)
  if (memberOf(body.service) !== member)
    throw new WuslaError('forbidden', { message: 'The service belongs to another member.' })
  const target = { service: body.service, ...body.target }
  // The backend is known before the world may call it.
  await settings.update((now) => ({
    ...now,
    services: [...now.services.filter(({ service }) => service !== body.service), target],
  }))
  const system = systemOf(body.service)
  if (directory.system(system) === undefined) {
    await ownChanges.publishUnlessThere('system_registered', { system, name: { ar: system, en: system } })
  }
  const index = await ownChanges.publish('service_published', {
    service: body.service,
    serviceKind: body.kind,
    xroadType: body.xroadType ?? 'REST',
    name: body.name,
    operations: body.operations,
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.open === true ? { open: { operations: body.operations } } : {}),
  })
  return { service: body.service, index }
}
