import type { Api } from '../../admin-api/api-server.ts'
import { SEALED } from '../../admin-api/api-description.ts'
import { Type } from '../../protocol/schema.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { listedFor, readableOf, readerOf, READERS, shownTo } from './agreement-reader.ts'
import { AgreementShape, Hash, Next, Page, pageOf } from './schemas.ts'

const Acceptance = Type.String({ maxLength: 8_192, description: 'Compact JWS by a seal key of the caller.' })

const Proposed = Type.Object(
  {
    content: Type.Object({}, { additionalProperties: true }),
    acceptance: Type.Optional(Acceptance),
    request: Type.Optional(
      Type.String({ maxLength: 64, description: 'Id of the access request that it answers.' }),
    ),
    counters: Type.Optional(
      Type.String({ maxLength: 64, description: 'Hash of the draft whose place it takes.' }),
    ),
  },
  { additionalProperties: false },
)

/** Proposing, accepting and reading agreements. Contents go to parties, the operator and auditors only. */
export function agreementRoutes(api: Api, parts: RegistryParts): void {
  acceptanceRoutes(api, parts)
  readingRoutes(api, parts)
}

function acceptanceRoutes(api: Api, { desk, sealed }: RegistryParts): void {
  api.post(
    '/v1/agreements',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'File an agreement: as a draft, or accepted by the seal of the proposer',
        tags: ['agreements'],
        body: Proposed,
        response: { 200: Type.Object({ agreement: Type.String() }) },
      },
    },
    async (call) => {
      const { content, ...proposal } = call.body
      return { agreement: await desk.propose(sealed.callerOf(call).member, content, proposal) }
    },
  )

  api.post(
    '/v1/agreements/:hash/acceptances',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Accept an agreement; the last acceptance puts it into force',
        tags: ['agreements'],
        params: Hash,
        body: Type.Object({ acceptance: Acceptance }, { additionalProperties: false }),
        response: { 200: Type.Object({ agreement: Type.String() }) },
      },
    },
    async (call) => {
      const { member } = sealed.callerOf(call)
      await desk.accept(call.params.hash, member, call.body.acceptance)
      return { agreement: call.params.hash }
    },
  )
}

function readingRoutes(api: Api, parts: RegistryParts): void {
  const { desk } = parts
  api.get(
    '/v1/agreements',
    {
      schema: {
        security: READERS,
        summary: 'Agreements of a party; all of them for operator and auditor',
        tags: ['agreements'],
        querystring: Type.Object({ member: Type.Optional(Type.String()), ...Page }),
        response: { 200: Type.Object({ agreements: Type.Array(AgreementShape), ...Next }) },
      },
    },
    (request) => {
      const reader = readerOf(parts, request)
      const filed = desk.list(listedFor(reader, request.query.member))
      const { page, ...next } = pageOf(filed, request.query)
      return { agreements: page.map((each) => shownTo(reader, desk, each)), ...next }
    },
  )

  api.get(
    '/v1/agreements/:hash',
    {
      schema: {
        security: READERS,
        summary: 'One agreement',
        tags: ['agreements'],
        params: Hash,
        response: { 200: AgreementShape },
      },
    },
    (request) => {
      const reader = readerOf(parts, request)
      return shownTo(reader, desk, readableOf(desk, request.params.hash, reader))
    },
  )
}
