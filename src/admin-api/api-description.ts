import type { SwaggerTransform } from '@fastify/swagger'
import type { FastifySchema, RouteOptions } from 'fastify'
import { Type } from '../protocol/schema.ts'
import type { ApiRole } from './api-tokens.ts'

/** How callers show who they are. */
export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API token of this actor, by role.' },
  wuslaSeal: {
    type: 'http',
    scheme: 'Wusla-Seal',
    description:
      'A compact JWS of type wusla-request+jws by an active seal key of the member. It covers method, target and body, is good for a minute and works once (docs/spec/trust.md, section 9).',
  },
} as const

/** For the schema of a route that a member calls under its seal. */
export const SEALED: { readonly wuslaSeal: string[] }[] = [{ wuslaSeal: [] }]

const Failure = Type.Object(
  {
    code: Type.String({ description: 'A code of docs/reference/errors.md.' }),
    message: Type.String(),
    remedy: Type.String(),
    details: Type.Object({}, { additionalProperties: true }),
  },
  { description: 'Refused or failed.' },
)

/** Documents what the code enforces: the token a route needs, its failures, and paths in the form OpenAPI has. */
export const describeRoute: SwaggerTransform = ({ schema, url, route }) => {
  const role = roleOf(route)
  const known: FastifySchema = schema ?? {}
  const security = role === undefined ? known.security : [{ bearer: [] }]
  const described: FastifySchema = {
    ...known,
    ...(security === undefined ? {} : { security }),
    ...(role === undefined ? {} : { description: `Needs a token of the role ${role} or above.` }),
    response: {
      ...(known.response ?? { 200: Type.Unknown({ description: 'Done.' }) }),
      ...(known.body === undefined ? {} : { 400: Failure, 413: Failure }),
      ...(security === undefined ? {} : { 401: Failure, 403: Failure }),
      default: Failure,
    },
  }
  if (!url.includes('*')) return { schema: described, url }
  const params = Type.Object({ path: Type.String({ description: 'May hold slashes.' }) })
  return { schema: { ...described, params }, url: url.replace('*', ':path') }
}

function roleOf(route: RouteOptions): ApiRole | undefined {
  const hooks = [route.onRequest ?? []].flat() as readonly { readonly role?: ApiRole }[]
  return hooks.find((hook) => hook.role !== undefined)?.role
}
