import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { readRfc3339 } from '../../protocol/rfc3339.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { RECORD } from './shapes.ts'

const Reason = Type.String({
  minLength: 3,
  maxLength: 200,
  description: 'Why, in a few words that name nobody. It stays in the evidence as a note.',
})

type UpkeepParts = Pick<GatewayParts, 'gateway' | 'evidence' | 'upkeep' | 'tokens' | 'clock'>

/** The state of the evidence, and the two ways in which statements leave it. */
export function evidenceUpkeepRoutes(api: Api, parts: UpkeepParts): void {
  const { gateway, evidence, upkeep, tokens } = parts
  api.get(
    '/v1/evidence',
    {
      onRequest: requireRole(tokens.current, 'auditor'),
      schema: { summary: 'State of the evidence', tags: ['evidence'], response: RECORD },
    },
    () => ({
      gateway,
      healthy: evidence.healthy,
      retentionDays: upkeep.retentionDays ?? null,
      unanswered: upkeep.openExchanges ?? null,
    }),
  )
  removalRoutes(api, parts)
}

/** What cannot be undone: only with the role that may do everything, and never without a reason. */
function removalRoutes(api: Api, { evidence, tokens, clock }: UpkeepParts): void {
  const admin = { onRequest: requireRole(tokens.current, 'admin') }

  api.post(
    '/v1/exchanges/:exchange/erase',
    {
      ...admin,
      schema: {
        summary: 'Erases the statements of one exchange for ever; the digests stay in the ledger',
        tags: ['evidence'],
        response: RECORD,
        params: Type.Object({ exchange: Type.String() }),
        body: Type.Object({ reason: Reason }, { additionalProperties: false }),
      },
    },
    async ({ params, body }) => ({
      exchange: params.exchange,
      statements: await evidence.erase(params.exchange, body.reason),
    }),
  )

  api.post(
    '/v1/evidence/remove-before',
    {
      ...admin,
      schema: {
        summary:
          'Removes all statements and seals from before an instant for ever, in whole files of records',
        tags: ['evidence'],
        response: RECORD,
        body: Type.Object(
          {
            time: Type.String({ description: 'RFC 3339; not in the future.' }),
            reason: Reason,
          },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body }) => {
      const beforeMs = pastInstant(body.time, clock.nowMs())
      return { before: body.time, removed: await evidence.removeBefore(beforeMs, body.reason) }
    },
  )
}

function pastInstant(text: string, nowMs: number): number {
  const problem = (message: string): WuslaError => new WuslaError('invalid_request', { message })
  const instantMs = readRfc3339(text)
  if (instantMs === undefined)
    throw problem('The time is not an instant of RFC 3339, such as 2026-11-23T08:00:00Z.')
  if (instantMs > nowMs) throw problem('The time is in the future.')
  return instantMs
}
