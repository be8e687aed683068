import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { grantsOf } from '../../agreements/agreement.ts'
import type { DataClass } from '../../agreements/data-class.ts'
import { canonicalIdentifier, memberOf } from '../../protocol/identifier.ts'
import { isDigest256 } from '../../protocol/digest.ts'
import { Type, type Static } from '../../protocol/schema.ts'
import { METHODS } from '../../protocol/statement.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { type AskedCall, explainCall } from '../explain-call.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { AGREEMENT, listed, RECORD, TEXT } from './shapes.ts'

const ACTS = {
  revoke: 'agreement_revoked',
  suspend: 'agreement_suspended',
  resume: 'agreement_resumed',
} as const

/** How long `explain` waits for a far gateway, in milliseconds: shorter than a call would. */
const EXPLAIN_PATIENCE_MS = 8_000

const REASON = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 512 }) },
  { additionalProperties: false },
)

const Wanted = Type.Object(
  {
    client: Type.String(),
    service: Type.String(),
    method: Type.String(),
    path: Type.String(),
    purpose: Type.Optional(Type.String({ description: 'Purpose code that the call would name.' })),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'Mapped port that the call would come through.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Agreements of this member, and why a call is allowed or not. */
export function agreementRoutes(api: Api, parts: GatewayParts): void {
  const { office, tokens } = parts
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }

  api.get(
    '/v1/agreements',
    {
      ...auditor,
      schema: {
        summary: 'Agreements of this member',
        tags: ['agreements'],
        response: listed('agreements', { id: TEXT, kind: TEXT, status: TEXT }),
      },
    },
    async () => ({
      agreements: await office.list(),
    }),
  )

  api.post(
    '/v1/agreements',
    {
      ...operator,
      schema: {
        summary:
          'Propose an agreement: content without type, network and nonce. Where officials have to sign it is a draft, else accepted by the seal',
        tags: ['agreements'],
        response: AGREEMENT,
        querystring: Type.Object({
          request: Type.Optional(Type.String({ description: 'Id of the access request that it answers.' })),
          counters: Type.Optional(
            Type.String({ description: 'Hash of the draft to which it is the counter-proposal.' }),
          ),
        }),
        body: Type.Object({}, { additionalProperties: true }),
      },
    },
    async ({ body, query: { request, counters } }) => ({
      agreement: await office.propose(body, {
        ...(request === undefined ? {} : { request }),
        ...(counters === undefined ? {} : { counters }),
      }),
    }),
  )

  usageRoute(api, parts)
  readRoutes(api, parts)
  beforeSigningRoutes(api, parts)
  unilateralRoutes(api, parts)
  explainRoute(api, parts)
}

function usageRoute(api: Api, { agreements, limits, gateway, tokens }: GatewayParts): void {
  api.get(
    '/v1/agreements/:agreement/usage',
    {
      onRequest: requireRole(tokens.current, 'auditor'),
      schema: {
        summary: 'How much of the limits of an agreement is used now, by the count of this gateway',
        tags: ['agreements'],
        response: RECORD,
        params: Type.Object({ agreement: Type.String() }),
      },
    },
    async ({ params: { agreement } }) => {
      const content = agreements.get(agreement)
      if (content === undefined) throw new WuslaError('not_found', { details: { agreement } })
      const grants = grantsOf(content).map(async ({ service, limits: terms }, grant) => ({
        grant,
        service,
        limits: terms === undefined ? [] : await limits.usage({ agreement, grant, limits: terms }),
      }))
      return { gateway, agreement, grants: await Promise.all(grants) }
    },
  )
}

/** One agreement, and its document. */
function readRoutes(api: Api, { office, exportDocument, tokens }: GatewayParts): void {
  const auditor = { onRequest: requireRole(tokens.current, 'auditor') }
  const params = Type.Object({ agreement: Type.String() })
  const tags = ['agreements']
  api.get(
    '/v1/agreements/:agreement',
    {
      ...auditor,
      schema: {
        summary: 'One agreement: who signed it, and what is missing',
        tags,
        response: RECORD,
        params,
      },
    },
    async ({ params: { agreement } }) => await office.read(known(agreement)),
  )

  api.get(
    '/v1/agreements/:agreement/document',
    {
      ...auditor,
      schema: {
        summary: 'The document: signed and verified, else its newest revision, else before anybody signed',
        tags,
        params,
        produces: ['application/pdf'],
        response: { 200: Type.Unsafe<unknown>(Type.Unknown({ description: 'A PDF.' })) },
      },
    },
    async ({ params: { agreement } }, reply) => {
      const pdf = await exportDocument(known(agreement))
      return await reply.type('application/pdf').send(Buffer.from(pdf))
    },
  )
}

/** What happens to a draft before anybody signs. */
function beforeSigningRoutes(api: Api, { office, tokens }: GatewayParts): void {
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const params = Type.Object({ agreement: Type.String() })
  const shape = { tags: ['agreements'], response: AGREEMENT, params }
  api.post(
    '/v1/agreements/:agreement/accept',
    { ...operator, schema: { summary: 'Accept a proposed agreement by the seal', ...shape } },
    async ({ params: { agreement } }) => {
      await office.accept(known(agreement))
      return { agreement }
    },
  )

  api.post(
    '/v1/agreements/:agreement/freeze',
    { ...operator, schema: { summary: 'Say that the content of a draft is final', ...shape } },
    async ({ params: { agreement } }) => {
      await office.freeze(known(agreement))
      return { agreement }
    },
  )

  api.post(
    '/v1/agreements/:agreement/refuse',
    {
      ...operator,
      schema: {
        summary: 'Refuse a draft of the other party, or withdraw an own one',
        ...shape,
        body: REASON,
      },
    },
    async ({ params: { agreement }, body: { reason } }) => {
      await office.refuse(known(agreement), reason)
      return { agreement }
    },
  )
}

/** Whatever else stands in an address is not the name of an agreement. @throws WuslaError `agreement_not_found` */
function known(agreement: string): string {
  if (!isDigest256(agreement)) throw new WuslaError('agreement_not_found')
  return agreement
}

/** What one party does alone. */
function unilateralRoutes(api: Api, { ownChanges, member, tokens }: GatewayParts): void {
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  for (const [verb, kind] of Object.entries(ACTS)) {
    api.post(
      `/v1/agreements/:agreement/${verb}`,
      {
        ...operator,
        schema: {
          summary: `${verb} an agreement by this party alone`,
          tags: ['agreements'],
          response: AGREEMENT,
          params: Type.Object({ agreement: Type.String() }),
          body: REASON,
        },
      },
      async ({ params, body }) => ({
        agreement: params.agreement,
        index: await ownChanges.publish(kind, {
          agreement: params.agreement,
          party: member,
          reason: body.reason,
        }),
      }),
    )
  }
}

function explainRoute(api: Api, parts: GatewayParts): void {
  const auditor = { onRequest: requireRole(parts.tokens.current, 'auditor') }
  const isRegistered = (client: string): boolean =>
    parts.settings.current.clients.some((each) => canonicalIdentifier('client', each.client) === client)
  const deps = { ...parts, isRegistered, patienceMs: EXPLAIN_PATIENCE_MS }
  api.post(
    '/v1/explain',
    {
      ...auditor,
      schema: {
        summary: 'May a client call an operation, and if not, which step fails, why, and who can change it',
        tags: ['access'],
        response: RECORD,
        body: Wanted,
      },
    },
    async ({ body }) => {
      const asked = askedCall(body)
      const maxDataClass = ceilingOf(parts, asked, body.port)
      return await explainCall(deps, { ...asked, maxDataClass })
    },
  )
}

/** What our service lets through when others call it, or our mapped port. @throws WuslaError `not_found` for a port that is none */
function ceilingOf(
  { settings, member }: Pick<GatewayParts, 'settings' | 'member'>,
  { client, service }: AskedCall,
  port: number | undefined,
): DataClass | undefined {
  if (port === undefined)
    return memberOf(service) === member ? settings.serviceTarget(service)?.maxDataClass : undefined
  const mapped = settings.current.mappedPorts.find(
    (each) => each.port === port && each.client === client && each.service === service,
  )
  if (mapped === undefined)
    throw new WuslaError('not_found', {
      message: 'No mapped port of this number is bound to this client and service.',
      details: { port, client, service },
    })
  return mapped.maxDataClass
}

/** Any spelling of an identifier is welcome, as at the front door. @throws WuslaError `invalid_identifier`, `method_not_supported` */
function askedCall({ client, service, method, path, purpose }: Static<typeof Wanted>): AskedCall {
  if (!METHODS.has(method)) throw new WuslaError('method_not_supported', { details: { method } })
  return {
    client: canonicalIdentifier('client', client),
    service: canonicalIdentifier('service', service),
    method,
    path,
    purpose,
  }
}
