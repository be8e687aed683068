import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { HiddenText } from '../../identity/hidden-text.ts'
import { formatTime } from '../../protocol/clock.ts'
import { type Static, Type } from '../../protocol/schema.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import type { WantedMandate } from '../mandate-office.ts'
import { listed, RECORD, TEXT } from './shapes.ts'

const MandateId = Type.String({ pattern: '^[A-Za-z0-9_-]{22,43}$' })
const Line = Type.String({ minLength: 1, maxLength: 200 })
const Instant = Type.String({ format: 'date-time' })
const Kind = Type.Union([Type.Literal('service'), Type.Literal('hosting'), Type.Literal('membership')])
const DataClass = Type.Union([
  Type.Literal('open'),
  Type.Literal('confidential'),
  Type.Literal('sensitive'),
  Type.Literal('secret'),
])

const Wanted = Type.Object(
  {
    identityNumber: Type.String({
      pattern: '^[A-Za-z0-9-]{1,64}$',
      description: 'National number of the official. It is used once and never kept.',
    }),
    office: Type.Object(
      { ar: Line, en: Line },
      { additionalProperties: false, description: 'Public: name of the office, never of the person.' },
    ),
    kinds: Type.Array(Kind, { minItems: 1, maxItems: 3, uniqueItems: true }),
    dataClassUpTo: DataClass,
    ceilingAed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'Highest extra line cost of an agreement in dirhams a month. Default: no ceiling.',
      }),
    ),
    fourEyes: Type.Optional(
      Type.Boolean({ description: 'A second official has to sign too. Default: false.' }),
    ),
    delegable: Type.Optional(Type.Boolean({ description: 'A part of it may be handed on. Default: false.' })),
    delegatedFrom: Type.Optional(MandateId),
    instrument: Type.String({
      pattern: '^[A-Za-z0-9_-]{43}$',
      description: 'SHA-256 of the deed of appointment, base64url.',
    }),
    validFrom: Instant,
    validUntil: Instant,
  },
  { additionalProperties: false },
)

/** Who may sign agreements for this member: what was granted, a new grant, an end. */
export function mandateRoutes(api: Api, { mandateOffice, tokens }: GatewayParts): void {
  const admin = { onRequest: requireRole(tokens.current, 'admin') }

  api.get(
    '/v1/mandates',
    {
      onRequest: requireRole(tokens.current, 'auditor'),
      schema: {
        summary: 'Mandates of this member; `hasSalt` says whether they can be signed under at this gateway',
        tags: ['mandates'],
        response: listed('mandates', { mandate: TEXT, standing: TEXT, hasSalt: Type.Boolean() }),
      },
    },
    () => ({ mandates: mandateOffice.list() }),
  )

  api.post(
    '/v1/mandates',
    {
      ...admin,
      schema: {
        summary: 'Let an official sign for this member, by its own seal',
        tags: ['mandates'],
        response: RECORD,
        body: Wanted,
      },
    },
    async ({ body: { identityNumber, ...terms } }) =>
      await mandateOffice.grant(wantedMandate(terms), new HiddenText(plainNumber(identityNumber))),
  )

  api.post(
    '/v1/mandates/:mandate/end',
    {
      ...admin,
      schema: {
        summary: 'End a mandate, and all that was delegated from it, for good',
        tags: ['mandates'],
        response: RECORD,
        params: Type.Object({ mandate: MandateId }),
        body: Type.Object(
          {
            reason: Type.String({
              minLength: 1,
              maxLength: 500,
              description: 'Public: it stands in the directory.',
            }),
          },
          { additionalProperties: false },
        ),
      },
    },
    async ({ params: { mandate }, body }) => ({
      mandate,
      index: await mandateOffice.end(mandate, body.reason),
    }),
  )
}

/** On the card the national number is written in groups; in certificates it is digits alone. */
function plainNumber(text: string): string {
  const digits = text.replaceAll('-', '')
  return /^784\d{12}$/.test(digits) ? digits : text
}

function wantedMandate(terms: Omit<Static<typeof Wanted>, 'identityNumber'>): WantedMandate {
  const { fourEyes, delegable, validFrom, validUntil, ...rest } = terms
  return {
    ...rest,
    // The directory knows instants in one spelling, and flags that are there or not.
    validFrom: formatTime(Date.parse(validFrom)),
    validUntil: formatTime(Date.parse(validUntil)),
    ...(fourEyes === true ? { fourEyes } : {}),
    ...(delegable === true ? { delegable } : {}),
  }
}
