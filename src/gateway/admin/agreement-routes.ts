import { Type } from 'typebox'
import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { renderReason } from '../../agreements/decision.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { AGREEMENT, listed, RECORD, TEXT } from './shapes.ts'

const ACTS = {
  revoke: 'agreement_revoked',
  suspend: 'agreement_suspended',
  resume: 'agreement_resumed',
} as const

const Wanted = Type.Object(
  { client: Type.String(), service: Type.String(), method: Type.String(), path: Type.String() },
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
        response: listed('agreements', { agreement: TEXT, status: TEXT, validUntil: TEXT }),
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
        summary: 'Propose an agreement: content without type, network and nonce',
        tags: ['agreements'],
        response: AGREEMENT,
        body: Type.Object({}, { additionalProperties: true }),
      },
    },
    async ({ body }) => ({ agreement: await office.propose(body) }),
  )

  api.post(
    '/v1/agreements/:agreement/accept',
    {
      ...operator,
      schema: {
        summary: 'Accept a proposed agreement',
        tags: ['agreements'],
        response: AGREEMENT,
        params: Type.Object({ agreement: Type.String() }),
      },
    },
    async ({ params }) => {
      await office.accept(params.agreement)
      return { agreement: params.agreement }
    },
  )

  unilateralRoutes(api, parts)
  explainRoute(api, parts)
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
          body: Type.Object(
            { reason: Type.String({ minLength: 1, maxLength: 512 }) },
            { additionalProperties: false },
          ),
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
  api.post(
    '/v1/explain',
    {
      ...auditor,
      schema: {
        summary: 'May a client call an operation, and if not, why not',
        tags: ['access'],
        response: RECORD,
        body: Wanted,
      },
    },
    ({ body }) => explain(parts, body),
  )
}

/** Answers for the whole way: terms, service, gateway and path. */
function explain(
  parts: GatewayParts,
  wanted: { client: string; service: string; method: string; path: string },
): object {
  const { access, directory, links, sessions } = parts
  const { decision, looked } = access.explain(wanted)
  const provider = wanted.service.split('/').slice(0, 3).join('/')
  const gateways = directory.gatewaysOf(provider)
  const live = links.live()
  const session = sessions.current({ member: provider }, {})
  const steps = [
    {
      step: 'agreement',
      ok: decision.allowed,
      text: decision.allowed
        ? decision.agreement
        : renderReason(decision.reason, decision.details, 'en').reason,
    },
    { step: 'service', ok: directory.service(wanted.service) !== undefined, text: wanted.service },
    {
      step: 'gateway',
      ok: gateways.length > 0,
      text: gateways.map(({ gateway }) => gateway).join(', ') || `${provider} has no gateway`,
    },
    {
      step: 'branch',
      ok: live.length > 0,
      text: live.join(', ') || 'this gateway has no live link to a branch',
    },
    {
      step: 'path',
      ok: session !== undefined || live.length > 0,
      text: session === undefined ? 'opened with the first call' : session.path.join(' → '),
    },
  ]
  if (decision.allowed)
    return {
      allowed: true,
      agreement: decision.agreement,
      text: { en: 'allowed', ar: 'مسموح' },
      steps,
      looked,
    }
  const en = renderReason(decision.reason, decision.details, 'en')
  const ar = renderReason(decision.reason, decision.details, 'ar')
  return {
    allowed: false,
    code: decision.code,
    reason: decision.reason,
    text: { en: en.reason, ar: ar.reason },
    remedy: { en: en.remedy, ar: ar.remedy },
    changedBy: decision.changedBy,
    steps,
    looked,
  }
}
