import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { cutOffWithout } from '../cut-off-without.ts'
import type { RegistryParts } from '../registry-deps.ts'
import {
  BRANCH_CLASS,
  BranchShape,
  ChangeShape,
  Indexed,
  LineShape,
  MAX_PAGE,
  Next,
  Page,
  Reason,
  ServiceShape,
  SignedChangeBody,
} from './schemas.ts'

const Line = Type.Object(
  {
    line: Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }),
    ends: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
    capacityMbps: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    monthlyCostAed: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Whole dirhams.' }),
    owner: Type.String({ minLength: 1, maxLength: 200 }),
    riskGroups: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32, uniqueItems: true }),
    installedSince: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A day, such as 2024-03-01.' }),
    ),
  },
  { additionalProperties: false },
)

/** Changes that members signed, lines, and the public lists. */
export function changeRoutes(api: Api, parts: RegistryParts): void {
  const { publisher, index, tokens } = parts
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  listRoutes(api, parts)
  lineRoutes(api, parts, operator)
  classRoutes(api, parts, operator)
  retirementRoutes(api, parts, operator)

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
      index: await publisher.publish({ change: body.change, signatures: body.signatures }),
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
        response: { 200: Type.Object({ changes: Type.Array(ChangeShape) }) },
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
}

function listRoutes(api: Api, { directory }: RegistryParts): void {
  api.get(
    '/v1/services',
    {
      schema: {
        summary: 'Services of the network, in pages',
        tags: ['lists'],
        querystring: Type.Object(Page),
        response: { 200: Type.Object({ services: Type.Array(ServiceShape), ...Next }) },
      },
    },
    ({ query: { cursor = 0, limit = MAX_PAGE } }) => directory.servicesFrom(cursor, limit),
  )
  api.get(
    '/v1/branches',
    {
      schema: {
        summary: 'Branches of the network',
        tags: ['lists'],
        response: { 200: Type.Object({ branches: Type.Array(BranchShape) }) },
      },
    },
    () => ({
      branches: directory.branches(),
    }),
  )
  api.get(
    '/v1/lines',
    {
      schema: {
        summary: 'Lines of the network',
        tags: ['lists'],
        response: { 200: Type.Object({ lines: Type.Array(LineShape) }) },
      },
    },
    () => ({
      lines: directory.lines(),
    }),
  )
}

function lineRoutes(
  api: Api,
  { publisher }: RegistryParts,
  operator: { onRequest: ReturnType<typeof requireRole> },
): void {
  api.post(
    '/v1/lines',
    {
      ...operator,
      schema: {
        summary: 'Register a line',
        tags: ['lines'],
        body: Line,
        response: { 200: Indexed },
      },
    },
    async ({ body }) => ({ index: await publisher.publishOwn('line_registered', body) }),
  )
}

function classRoutes(
  api: Api,
  { publisher }: RegistryParts,
  operator: { onRequest: ReturnType<typeof requireRole> },
): void {
  api.post(
    '/v1/branches/class',
    {
      ...operator,
      schema: {
        summary: 'Put a branch into a class, or with none out of every one',
        tags: ['lines'],
        body: Type.Object(
          { branch: Type.String(), class: Type.Optional(Type.String({ pattern: BRANCH_CLASS })) },
          { additionalProperties: false },
        ),
        response: { 200: Indexed },
      },
    },
    async ({ body }) => ({ index: await publisher.publishOwn('branch_classed', body) }),
  )
}

function leaveRoute(
  api: Api,
  { directory, publisher }: RegistryParts,
  operator: { onRequest: ReturnType<typeof requireRole> },
): void {
  api.post(
    '/v1/branches/leave',
    {
      ...operator,
      schema: {
        summary: 'Announce that a branch is about to be retired: what runs over it moves',
        tags: ['lines'],
        body: Type.Object(
          {
            branch: Type.String(),
            force: Type.Optional(
              Type.Boolean({ description: 'Also when it is the only way to some gateways.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Indexed },
      },
    },
    async ({ body: { branch, force = false } }) => {
      const gateways = force ? [] : cutOffWithout(directory, branch)
      if (gateways.length > 0) throw new WuslaError('branch_needed', { details: { branch, gateways } })
      return { index: await publisher.publishOwn('branch_leaving', { branch }) }
    },
  )
}

function retirementRoutes(
  api: Api,
  parts: RegistryParts,
  operator: { onRequest: ReturnType<typeof requireRole> },
): void {
  leaveRoute(api, parts, operator)
  const { publisher } = parts
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
        schema: {
          summary: kind.replace('_', ' '),
          tags: ['lines'],
          body,
          response: { 200: Indexed },
        },
      },
      async (call) => ({
        index: await publisher.publishOwn(kind, call.body),
      }),
    )
  }
}
