import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { Type } from '../../protocol/schema.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { listed, RECORD, TEXT } from './shapes.ts'

const Key = Type.String({
  pattern: '^[A-Za-z0-9_-]{43}$',
  description: 'Key id, as `GET /v1/keys` shows it.',
})
const Use = Type.Union([Type.Literal('seal'), Type.Literal('tls')])
const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'Public: it stands in the directory.',
})

/** The keys of this member: what is active, how one ends, how this gateway gets a new one. */
export function keyRoutes(api: Api, { keyOffice, tokens }: GatewayParts): void {
  const admin = { onRequest: requireRole(tokens.current, 'admin') }

  api.get(
    '/v1/keys',
    {
      onRequest: requireRole(tokens.current, 'auditor'),
      schema: {
        summary: 'Active keys of this member',
        tags: ['keys'],
        response: listed('keys', { gateway: TEXT, use: TEXT, key: TEXT, boundAt: TEXT }),
      },
    },
    () => ({ keys: keyOffice.list() }),
  )

  api.post(
    '/v1/keys/revoke',
    {
      ...admin,
      schema: {
        summary: 'End a key of this member for good, by its own seal',
        tags: ['keys'],
        response: RECORD,
        body: Type.Object(
          {
            key: Key,
            reason: Reason,
            at: Type.Optional(
              Type.String({ format: 'date-time', description: 'Since when it is unsafe. Default: now.' }),
            ),
            evenInUse: Type.Optional(
              Type.Boolean({ description: 'Also a key that this gateway works with: it stops exchanging.' }),
            ),
          },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body }) => ({ key: body.key, index: await keyOffice.revoke(body) }),
  )

  api.post(
    '/v1/keys/rotate',
    {
      ...admin,
      schema: {
        summary: "Replace this gateway's seal or TLS key; exchanges go on. Takes some seconds",
        tags: ['keys'],
        response: RECORD,
        body: Type.Object({ use: Use, reason: Type.Optional(Reason) }, { additionalProperties: false }),
      },
    },
    async ({ body }) => await keyOffice.rotate(body.use, body.reason ?? 'replaced by a new key'),
  )
}
