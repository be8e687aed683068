import { resolve } from 'node:path'
import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { canonicalIdentifier, memberOf, systemOf } from '../../protocol/identifier.ts'
import { Type, type Static } from '../../protocol/schema.ts'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { readAuthorityFile } from '../back-door/authority-file.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { type ServiceTarget, ServiceTargetSchema, type Settings } from '../gateway-settings.ts'
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
  const { settings, directory, member, tokens } = parts
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
    async ({ body }) => await withdraw(parts, body.service),
  )
}

/**
 * The backend is known here before the world may call it. When the directory refuses the service, the former backend is
 * back in its place; when nobody answers it stays, since the service may be published after all.
 */
async function publish(
  { settings, stateDirectory, directory, member, ownChanges }: GatewayParts,
  { target: fields, ...body }: Static<typeof Publish>,
): Promise<{ service: string; index: number }> {
  const service = ownService(member, body.service)
  const target = { service, ...fields }
  const former = settings.current.services.find((other) => other.service === service)
  assertAuthority(stateDirectory, target)
  await settings.update((now) => withTarget(now, service, target))
  try {
    const system = systemOf(service)
    if (directory.system(system) === undefined) {
      const name = { ar: system, en: system }
      await ownChanges.publishUnlessThere('system_registered', { system, name })
    }
    const index = await ownChanges.publish('service_published', {
      service,
      serviceKind: body.kind,
      xroadType: body.xroadType ?? 'REST',
      name: body.name,
      operations: body.operations,
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.open === true ? { open: { operations: body.operations } } : {}),
    })
    return { service, index }
  } catch (error) {
    if (isRefused(error)) {
      await settings.update((now) => (now.services.includes(target) ? withTarget(now, service, former) : now))
    }
    throw error
  }
}

/** @throws WuslaError `config_invalid` when the file of the backend's authority is not what it has to be */
function assertAuthority(stateDirectory: string, { tls }: ServiceTarget): void {
  if (tls?.caFile === undefined) return
  try {
    readAuthorityFile(resolve(stateDirectory, tls.caFile))
  } catch (cause) {
    throw new WuslaError('config_invalid', {
      message:
        "The file of the backend's authority cannot be read or holds no certificate; nothing was published.",
      details: { problems: ['/target/tls/caFile: must be a readable PEM file with certificates'] },
      cause,
    })
  }
}

/** Withdrawn for the world first: a call that still comes finds its backend. */
async function withdraw(
  { settings, directory, member, ownChanges }: GatewayParts,
  text: string,
): Promise<{ service: string; index?: number }> {
  const service = ownService(member, text)
  const published = directory.service(service)?.status === 'published'
  if (!published && settings.serviceTarget(service) === undefined)
    throw new WuslaError('not_found', { details: { service } })
  const index = published ? await ownChanges.publish('service_withdrawn', { service }) : undefined
  await settings.update((now) => withTarget(now, service, undefined))
  return { service, ...(index === undefined ? {} : { index }) }
}

function ownService(member: string, text: string): string {
  const service = canonicalIdentifier('service', text)
  if (memberOf(service) !== member)
    throw new WuslaError('forbidden', { message: 'The service belongs to another member.' })
  return service
}

function withTarget(settings: Settings, service: string, target: ServiceTarget | undefined): Settings {
  const others = settings.services.filter((other) => other.service !== service)
  return { ...settings, services: target === undefined ? others : [...others, target] }
}

/** A registry that did not answer may have taken the change; every other code says that it did not. */
function isRefused(error: unknown): boolean {
  return isWuslaError(error) && error.code !== 'registry_unreachable'
}
