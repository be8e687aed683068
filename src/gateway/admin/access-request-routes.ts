import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { Type } from '../../protocol/schema.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { listed, RECORD, TEXT } from './shapes.ts'

/** Requests for access: by this member, and to it. */
export function accessRequestRoutes(api: Api, { requests, tokens }: GatewayParts): void {
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }
  const tags = ['access requests']

  api.post(
    '/v1/access-requests',
    {
      ...operator,
      schema: {
        summary: 'Ask a provider for access: the request without type, network, consumer and nonce',
        tags,
        response: RECORD,
        body: Type.Object({}, { additionalProperties: true }),
      },
    },
    async ({ body }) => await requests.ask(body),
  )

  api.get(
    '/v1/access-requests',
    {
      ...auditor,
      schema: {
        summary: 'Requests for access by and to this member',
        tags,
        response: listed('requests', { id: TEXT, status: TEXT, answerBy: TEXT }),
      },
    },
    async () => ({ requests: await requests.list() }),
  )

  answerRoutes(api, requests, operator)
}

function answerRoutes(
  api: Api,
  requests: GatewayParts['requests'],
  operator: { readonly onRequest: ReturnType<typeof requireRole> },
): void {
  const params = Type.Object({ request: Type.String() })
  const tags = ['access requests']
  api.post(
    '/v1/access-requests/:request/refuse',
    {
      ...operator,
      schema: {
        summary: 'Refuse a request to this member',
        tags,
        response: RECORD,
        params,
        body: Type.Object(
          { reason: Type.String({ minLength: 1, maxLength: 512 }) },
          { additionalProperties: false },
        ),
      },
    },
    async ({ params: { request }, body: { reason } }) => {
      await requests.refuse(request, reason)
      return { request }
    },
  )

  api.post(
    '/v1/access-requests/:request/withdraw',
    {
      ...operator,
      schema: { summary: 'Take a request of this member back', tags, response: RECORD, params },
    },
    async ({ params: { request } }) => {
      await requests.withdraw(request)
      return { request }
    },
  )
}
