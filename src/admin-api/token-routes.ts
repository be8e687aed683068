import { Type } from '../protocol/schema.ts'
import { type Api, requireRole } from './api-server.ts'
import type { TokenStore } from './token-store.ts'

const Role = Type.Union([Type.Literal('admin'), Type.Literal('operator'), Type.Literal('auditor')])
const Shown = {
  id: Type.String(),
  role: Role,
  label: Type.Optional(Type.String()),
  createdAt: Type.Optional(Type.String()),
}

/** The tokens of this API: made, listed and revoked by an admin, in force with the answer. */
export function tokenRoutes(api: Api, store: TokenStore): void {
  const admin = requireRole(store.current, 'admin')
  api.get(
    '/v1/api-tokens',
    {
      onRequest: admin,
      schema: {
        summary: 'API tokens: role and label, never the token',
        tags: ['api tokens'],
        response: { 200: Type.Object({ tokens: Type.Array(Type.Object(Shown)) }) },
      },
    },
    () => ({ tokens: store.list() }),
  )
  api.post(
    '/v1/api-tokens',
    {
      onRequest: admin,
      schema: {
        summary: 'Make an API token; it is shown once',
        tags: ['api tokens'],
        body: Type.Object(
          { role: Role, label: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ ...Shown, token: Type.String() }) },
      },
    },
    async ({ body }) => await store.create(body.role, body.label),
  )
  api.post(
    '/v1/api-tokens/revoke',
    {
      onRequest: admin,
      schema: {
        summary: 'End an API token at once',
        tags: ['api tokens'],
        body: Type.Object({ id: Type.String() }, { additionalProperties: false }),
        response: { 200: Type.Object({ id: Type.String() }) },
      },
    },
    async ({ body }) => {
      await store.revoke(body.id)
      return { id: body.id }
    },
  )
}
