import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { formatTime } from '../../protocol/clock.ts'
import { readRfc3339 } from '../../protocol/rfc3339.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import {
  CoefficientsSchema,
  type PaperlessCoefficients,
  readCoefficients,
} from '../paperless-coefficients.ts'
import { type PaperlessFigures, paperlessFigures } from '../paperless-figures.ts'
import { SignedAgreements } from '../signed-agreements.ts'

/** How long one answer counts. Unit: milliseconds. */
const PART_MS = 5_000

const Period = Type.Object(
  {
    from: Type.Optional(Type.String({ description: 'Not before this instant, RFC 3339.' })),
    until: Type.Optional(Type.String({ description: 'Before this instant, RFC 3339.' })),
    cursor: Type.Optional(Type.String({ description: 'Of the answer before: this one is its next part.' })),
  },
  { additionalProperties: false },
)

const Savings = Type.Object({
  sheets: Type.String({ description: 'Whole sheets.' }),
  hours: Type.String({ description: 'To a tenth of an hour.' }),
  dirham: Type.String({ description: 'To a fils.' }),
  trees: Type.String({ description: 'To a thousandth of a tree.' }),
})

const Answer = Type.Object({
  gateway: Type.String(),
  member: Type.String(),
  from: Type.Optional(Type.String()),
  until: Type.Optional(Type.String()),
  exchanges: Type.Array(
    Type.Object({ agreement: Type.String(), service: Type.String(), answered: Type.Integer() }),
  ),
  agreements: Type.Array(Type.Object({ agreement: Type.String(), pages: Type.Optional(Type.Integer()) }), {
    description: 'Agreements that took effect in the period; only in the first part.',
  }),
  coefficients: Type.Unsafe<PaperlessCoefficients>(CoefficientsSchema),
  figures: Type.Optional(
    Type.Unsafe<PaperlessFigures>(
      Type.Object(
        { kinds: Type.Array(Type.Object({}, { additionalProperties: true })), saved: Savings },
        { description: 'Only when this answer is the whole period.' },
      ),
    ),
  ),
  cursor: Type.Optional(Type.String({ description: 'There is more; parts are added up.' })),
  complete: Type.Boolean({ description: 'False: the index has not seen all records yet.' }),
  recordsBehind: Type.Integer(),
  hasRemoved: Type.Boolean({ description: 'True: older records were removed and are not counted.' }),
})

type PaperlessParts = Pick<
  GatewayParts,
  'gateway' | 'member' | 'stateDirectory' | 'directory' | 'agreements' | 'evidence' | 'tokens'
>

/** What was saved by exchanging and agreeing without paper, with the coefficients and their sources. */
export function paperlessRoutes(api: Api, parts: PaperlessParts): void {
  const { gateway, member, evidence, stateDirectory } = parts
  const signed = new SignedAgreements(parts)
  api.get(
    '/v1/paperless',
    {
      onRequest: requireRole(parts.tokens.current, 'auditor'),
      schema: {
        summary: 'Sheets, hours and money saved, with coefficients and their sources',
        description: 'Exchanges of the own systems only: the other side of each counts nothing.',
        tags: ['evidence'],
        querystring: Period,
        response: { 200: Answer },
      },
    },
    async ({ query }) => {
      const times = { from: instantOf('from', query.from), until: instantOf('until', query.until) }
      const period = { ...textOf('from', times.from), ...textOf('until', times.until) }
      const coefficients = await readCoefficients(stateDirectory)
      const isFirst = query.cursor === undefined
      const { counts, ...part } = await evidence.countAnswered(
        { ...period, ...(query.cursor === undefined ? {} : { cursor: query.cursor }) },
        PART_MS,
      )
      const agreements = isFirst ? await signed.list(times.from ?? -Infinity, times.until ?? Infinity) : []
      const counted = { exchanges: [...counts], agreements }
      const figures = paperlessFigures(counted, coefficients)
      const isWhole = isFirst && part.cursor === undefined
      return {
        gateway,
        member,
        ...period,
        ...counted,
        coefficients,
        ...(isWhole ? { figures } : {}),
        ...part,
      }
    },
  )
}

function instantOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = readRfc3339(text)
  if (ms !== undefined) return ms
  throw new WuslaError('invalid_request', {
    message: `The period's ${name} is not an instant of RFC 3339.`,
    details: { name, example: '2027-01-01T00:00:00Z' },
  })
}

function textOf(name: 'from' | 'until', ms: number | undefined): { from?: string; until?: string } {
  return ms === undefined ? {} : { [name]: formatTime(ms) }
}
