import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { isTestAuthority } from '../../agreements/test-authority.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { Indexed } from './schemas.ts'

const fields = {
  level: Type.Union([Type.Literal('advanced'), Type.Literal('qualified')], {
    description: 'What the signatures of officials have to be.',
  }),
  qualifiedPolicies: Type.Array(Type.String({ maxLength: 255 }), {
    maxItems: 16,
    uniqueItems: true,
    description: 'Object identifiers of the policies under which qualified certificates are issued.',
  }),
  roots: Type.Array(
    Type.String({ pattern: '^[A-Za-z0-9_-]{1,8192}$', description: 'A certificate in DER, base64url.' }),
    { minItems: 1, maxItems: 16, uniqueItems: true },
  ),
  answerWithinDays: Type.Integer({
    minimum: 1,
    maximum: 365,
    description: 'How long a provider may take to answer a request for access.',
  }),
}

/** What the network demands of officials' signatures: the operator says it, and every follower holds it. */
export function policyRoutes(api: Api, { directory, publisher, tokens, config }: RegistryParts): void {
  api.put(
    '/v1/signing-policy',
    {
      onRequest: requireRole(tokens.current, 'operator'),
      schema: {
        summary:
          'Set the signing policy: from then on agreements take effect by signatures of officials only',
        tags: ['signing'],
        body: Type.Object(fields, { additionalProperties: false }),
        response: { 200: Indexed },
      },
    },
    async ({ body }) => {
      const isForTests = body.roots
        .map((root) => isTestAuthority(Buffer.from(root, 'base64url')))
        .includes(true)
      if (isForTests && config.testAuthorities !== true) throw new WuslaError('test_authority_refused')
      const tests = isForTests ? { testAuthorities: true } : {}
      return { index: await publisher.publishOwn('signing_policy_set', { ...body, ...tests }) }
    },
  )

  api.get(
    '/v1/signing-policy',
    {
      schema: {
        summary: 'The signing policy that stands',
        tags: ['signing'],
        response: {
          200: Type.Object({
            ...fields,
            testAuthorities: Type.Optional(Type.Literal(true)),
            index: Type.Integer(),
            changedAt: Type.String(),
          }),
        },
      },
    },
    () => {
      const policy = directory.signingPolicy()
      if (policy === undefined) {
        throw new WuslaError('not_found', { message: 'This network has no signing policy.' })
      }
      return { ...policy, qualifiedPolicies: [...policy.qualifiedPolicies], roots: [...policy.roots] }
    },
  )
}
