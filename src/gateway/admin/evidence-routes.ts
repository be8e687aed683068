import { Type } from 'typebox'
import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'

const Filter = Type.Object(
  {
    messageId: Type.Optional(Type.String()),
    client: Type.Optional(Type.String()),
    service: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    from: Type.Optional(Type.String()),
    until: Type.Optional(Type.String()),
    status: Type.Optional(Type.Integer()),
    error: Type.Optional(Type.String()),
    unanswered: Type.Optional(Type.Boolean()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    cursor: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/** What was exchanged, and its proof. */
export function evidenceRoutes(
  api: Api,
  { evidence, exportEvidence, tokens }: Pick<GatewayParts, 'evidence' | 'exportEvidence' | 'tokens'>,
): void {
  const auditor = { preHandler: requireRole(tokens, 'auditor') }

  api.get(
    '/v1/exchanges',
    { ...auditor, schema: { summary: 'Exchanges, newest first', tags: ['evidence'], querystring: Filter } },
    async ({ query }) => {
      const { rows, ...page } = await evidence.query(query)
      return { exchanges: rows, ...page }
    },
  )

  api.get(
    '/v1/exchanges/:exchange',
    {
      ...auditor,
      schema: {
        summary: 'One exchange',
        tags: ['evidence'],
        params: Type.Object({ exchange: Type.String() }),
      },
    },
    async ({ params }) => {
      const row = await evidence.find(params.exchange)
      if (row === undefined) throw new WuslaError('exchange_not_found')
      return row
    },
  )

  api.get(
    '/v1/exchanges/:exchange/evidence',
    {
      ...auditor,
      schema: {
        summary: 'The proof of one exchange, verifiable offline',
        tags: ['evidence'],
        params: Type.Object({ exchange: Type.String() }),
      },
    },
    async ({ params }, reply) =>
      await reply.type('application/json').send(await exportEvidence(params.exchange)),
  )
}
