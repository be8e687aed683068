import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { formatTime } from '../../protocol/clock.ts'
import { readRfc3339 } from '../../protocol/rfc3339.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { AgreementStore } from '../agreement-store.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { RecordedClass } from '../recorded-class.ts'
import { listed, RECORD, TEXT } from './shapes.ts'

const Filter = Type.Object(
  {
    messageId: Type.Optional(Type.String()),
    client: Type.Optional(Type.String()),
    service: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    from: Type.Optional(Type.String({ description: 'Not before this instant, RFC 3339.' })),
    until: Type.Optional(Type.String({ description: 'Before this instant, RFC 3339.' })),
    status: Type.Optional(Type.Integer()),
    error: Type.Optional(Type.String()),
    unanswered: Type.Optional(Type.Boolean()),
    unacknowledged: Type.Optional(
      Type.Boolean({
        description: 'Only answers that count as delivered when they are acknowledged, and are not.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    cursor: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/** The bounds of time in the one form that the index takes. @throws WuslaError `invalid_request` */
function timesOf({ from, until }: { from?: string; until?: string }): { from?: string; until?: string } {
  const read = (name: string, text: string): string => {
    const ms = readRfc3339(text)
    if (ms !== undefined) return formatTime(ms)
    throw new WuslaError('invalid_request', {
      message: `The filter's ${name} is not an instant of RFC 3339.`,
      details: { name, example: '2027-01-01T00:00:00Z' },
    })
  }
  return {
    ...(from === undefined ? {} : { from: read('from', from) }),
    ...(until === undefined ? {} : { until: read('until', until) }),
  }
}

/** What was exchanged, and its proof. */
export function evidenceRoutes(
  api: Api,
  parts: Pick<GatewayParts, 'evidence' | 'exportEvidence' | 'tokens'> & {
    readonly agreements: Pick<AgreementStore, 'get'>
  },
): void {
  const { evidence, exportEvidence, tokens } = parts
  const classes = new RecordedClass(parts.agreements)
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }

  api.get(
    '/v1/exchanges',
    {
      ...auditor,
      schema: {
        summary: 'Exchanges, newest first',
        tags: ['evidence'],
        response: listed('exchanges', { exchange: TEXT, role: TEXT, state: TEXT }),
        querystring: Filter,
      },
    },
    async ({ query }) => {
      const { rows, ...page } = await evidence.query({ ...query, ...timesOf(query) })
      return { exchanges: rows.map((row) => classes.withClass(row)), ...page }
    },
  )

  api.get(
    '/v1/exchanges/:exchange',
    {
      ...auditor,
      schema: {
        summary: 'One exchange',
        tags: ['evidence'],
        response: RECORD,
        params: Type.Object({ exchange: Type.String() }),
      },
    },
    async ({ params }) => {
      const row = await evidence.find(params.exchange)
      if (row === undefined) throw new WuslaError('exchange_not_found')
      return classes.withClass(row)
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
