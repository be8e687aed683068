import { Type } from 'typebox'
import { type Api, requireRole } from '../../admin-api/api-server.ts'
import type { SignedChange } from '../../trust/signed-change.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { Indexed, Reason, SignedChangeBody } from './schemas.ts'

const Line = Type.Object(
  {
    line: Type.String({ minLength: 1, maxLength: 128 }),
    ends: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
    capacityMbps: Type.Number({ exclusiveMinimum: 0 }),
    monthlyCostAed: Type.Number({ minimum: 0 }),
    owner: Type.String(),
    riskGroups: Type.Array(Type.String(), { maxItems: 16 }),
  },
  { additionalProperties: false },
)

/** Changes that members signed, lines, and the public lists. */
export function changeRoutes(api: Api, parts: RegistryParts): void {
  const { directory, publisher, index, tokens } = parts
  const operator = { preHandler: requireRole(tokens, 'operator') }

  api.post(
    '/v1/changes',
    {
      schema: {
        summary: 'Publish a change that a member signed; its signature is what authorises it',
        tags: ['changes'],
        body: Type.Object(SignedChangeBody, { additionalProperties: false }),
        response: { 200: Indexed },
      },
    },
    async ({ body }) => ({
      index: await publisher.publish({
        change: body.change as SignedChange['change'],
        signatures: body.signatures,
      }),
    }),
  )

  api.get(
    '/v1/changes',
    {
      schema: {
        summary: 'History of the directory, newest first',
        tags: ['changes'],
        querystring: Type.Object({
          kind: Type.Optional(Type.String()),
          subject: Type.Optional(Type.String()),
          before: Type.Optional(Type.Integer({ minimum: 0 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
        }),
      },
    },
    ({ query }) => ({ changes: index.query({ ...query, limit: query.limit ?? 50 }) }),
  )

  api.post(
    '/v1/keys/revoke',
    {
      ...operator,
      schema: {
        summary: 'Revoke a key of a member, by the registry',
        tags: ['changes'],
        body: Type.Object(
          { member: Type.String(), key: Type.String(), reason: Reason },
          { additionalProperties: false },
        ),
        response: { 200: Indexed },
      },
    },
    async ({ body }) => ({
      index: await publisher.publishOwn('key_revoked', { ...body, at: publisher.nextTime() }),
    }),
  )

  api.get('/v1/services', { schema: { summary: 'Services of the network', tags: ['lists'] } }, () => ({
    services: directory.services(),
  }))
  api.get('/v1/branches', { schema: { summary: 'Branches of the network', tags: ['lists'] } }, () => ({
    branches: directory.branches(),
  }))
  api.get('/v1/lines', { schema: { summary: 'Lines of the network', tags: ['lists'] } }, () => ({
    lines: directory.lines(),
  }))
  api.post(
    '/v1/lines',
    {
      ...operator,
      schema: { summary: 'Register a line', tags: ['lines'], body: Line, response: { 200: Indexed } },
    },
    async ({ body }) => ({ index: await publisher.publishOwn('line_registered', body) }),
  )
  retirementRoutes(api, parts, operator)
}

function retirementRoutes(
  api: Api,
  { publisher }: RegistryParts,
  operator: { preHandler: ReturnType<typeof requireRole> },
): void {
  for (const [path, field, kind] of [
    ['/v1/lines/remove', 'line', 'line_removed'],
    ['/v1/branches/retire', 'branch', 'branch_retired'],
    ['/v1/gateways/retire', 'gateway', 'gateway_retired'],
  ] as const) {
    const body = Type.Object({ [field]: Type.String() }, { additionalProperties: false })
    api.post(
      path,
      {
        ...operator,
        schema: { summary: kind.replace('_', ' '), tags: ['lines'], body, response: { 200: Indexed } },
      },
      async (request) => ({
        index: await publisher.publishOwn(kind, {
          [field]: String((request.body as Record<string, unknown>)[field]),
        }),
      }),
    )
  }
}
