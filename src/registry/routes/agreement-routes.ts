import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Api } from '../../admin-api/api-server.ts'
import { SEALED } from '../../admin-api/api-description.ts'
import { roleOfToken } from '../../admin-api/api-tokens.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { FiledAgreement } from '../agreement-desk.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { AgreementShape, Next, Page, pageOf } from './schemas.ts'

const Acceptance = Type.String({ maxLength: 8_192, description: 'Compact JWS by a seal key of the caller.' })

/** A party under its seal, or an auditor with a token. */
const READERS = [...SEALED, { bearer: [] }]

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
        summary: 'Propose an agreement, accepted by the proposer',
        tags: ['agreements'],
        body: Type.Object(
          { content: Type.Object({}, { additionalProperties: true }), acceptance: Acceptance },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ agreement: Type.String() }) },
      },
    },
    async (call) => {
      const { member } = sealed.callerOf(call)
      return { agreement: await desk.propose(member, call.body.content, call.body.acceptance) }
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
        params: Type.Object({ hash: Type.String() }),
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
      if (reader !== 'all' && request.query.member !== undefined && request.query.member !== reader)
        throw new WuslaError('forbidden')
      const filed = desk.list(reader === 'all' ? request.query.member : reader)
      const { page, ...next } = pageOf(filed, request.query)
      return { agreements: page.map(shown), ...next }
    },
  )

  api.get(
    '/v1/agreements/:hash',
    {
      schema: {
        security: READERS,
        summary: 'One agreement',
        tags: ['agreements'],
        params: Type.Object({ hash: Type.String() }),
        response: { 200: AgreementShape },
      },
    },
    (request) => {
      const reader = readerOf(parts, request)
      const filed = desk.get(request.params.hash)
      const mayRead =
        reader === 'all' || filed?.content.parties.some(({ member }) => member === reader) === true
      // Whoever may not read it is not told that it exists.
      if (filed === undefined || !mayRead) throw new WuslaError('agreement_not_found')
      return shown(filed)
    },
  )
}

/** A member that asks under its seal reads its own; a bearer of any role reads all. */
function readerOf({ sealed, tokens }: RegistryParts, request: FastifyRequest): string {
  const header = request.headers.authorization ?? ''
  if (!header.startsWith('Bearer ')) return sealed.callerOf(request).member
  if (roleOfToken(tokens.current(), header.slice(7)) === undefined) throw new WuslaError('unauthorized')
  return 'all'
}

function shown({ hash, content, acceptances }: FiledAgreement): Static<typeof AgreementShape> {
  return { hash, content, acceptances: Object.values(acceptances), acceptedBy: Object.keys(acceptances) }
}
