import type { Api } from '../../admin-api/api-server.ts'
import { SEALED } from '../../admin-api/api-description.ts'
import { type Static, Type } from '../../protocol/schema.ts'
import type { RegistryParts } from '../registry-deps.ts'
import type { FiledRequest, RequestDesk } from '../request-desk.ts'
import { listedFor, readerOf, READERS } from './agreement-reader.ts'
import { AccessRequestShape, Next, Nothing, Page, pageOf, Reason } from './schemas.ts'

const Id = Type.Object({ id: Type.String({ maxLength: 64 }) })
const Answer = { 200: Type.Object({ id: Type.String() }) }

/** Asking for access, and answering before there is a draft. */
export function accessRequestRoutes(api: Api, parts: RegistryParts): void {
  const { requests, sealed } = parts
  api.post(
    '/v1/access-requests',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Ask a provider for access to its services',
        tags: ['access requests'],
        body: Type.Object(
          { request: Type.Object({}, { additionalProperties: true }) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ id: Type.String(), answerBy: Type.String() }) },
      },
    },
    async (call) => {
      const { id, answerBy } = await requests.file(sealed.callerOf(call).member, call.body.request)
      return { id, answerBy }
    },
  )

  api.get(
    '/v1/access-requests',
    {
      schema: {
        security: READERS,
        summary: 'Requests by and to a member; all of them for operator and auditor',
        tags: ['access requests'],
        querystring: Type.Object({ member: Type.Optional(Type.String()), ...Page }),
        response: { 200: Type.Object({ requests: Type.Array(AccessRequestShape), ...Next }) },
      },
    },
    (request) => {
      const filed = requests.list(listedFor(readerOf(parts, request), request.query.member))
      const { page, ...next } = pageOf(filed, request.query)
      return { requests: page.map((each) => shown(requests, each)), ...next }
    },
  )
  closingRoutes(api, parts)
}

function closingRoutes(api: Api, { requests, sealed }: RegistryParts): void {
  api.post(
    '/v1/access-requests/:id/refusal',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Refuse a request for access, as its provider',
        tags: ['access requests'],
        params: Id,
        body: Type.Object({ reason: Reason }, { additionalProperties: false }),
        response: Answer,
      },
    },
    async (call) => {
      await requests.refuse(call.params.id, sealed.callerOf(call).member, call.body.reason)
      return { id: call.params.id }
    },
  )

  api.post(
    '/v1/access-requests/:id/withdrawal',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Take a request for access back, as its consumer',
        tags: ['access requests'],
        params: Id,
        body: Nothing,
        response: Answer,
      },
    },
    async (call) => {
      await requests.withdraw(call.params.id, sealed.callerOf(call).member)
      return { id: call.params.id }
    },
  )
}

function shown(requests: RequestDesk, filed: FiledRequest): Static<typeof AccessRequestShape> {
  const { id, request, receivedAt, answerBy, status, agreement, reason } = filed
  return {
    id,
    request,
    receivedAt,
    answerBy,
    status,
    isOverdue: requests.isOverdue(filed),
    ...(agreement === undefined ? {} : { agreement }),
    ...(reason === undefined ? {} : { reason }),
  }
}
