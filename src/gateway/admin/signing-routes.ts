import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { isDigest256 } from '../../protocol/digest.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { signRoutes } from '../signing/sign-routes.ts'
import { RECORD } from './shapes.ts'

const Begin = Type.Object(
  {
    agreements: Type.Array(Type.String({ description: 'Hash of an agreement.' }), {
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      description: 'Signed with one approval.',
    }),
    language: Type.Optional(
      Type.Union([Type.Literal('ar'), Type.Literal('en')], {
        description: 'In which the provider is asked. Default: that of the configuration.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Signing of agreements by officials: what programs call, and the pages for browsers. */
export function signingRoutes(api: Api, { desk, tokens, config, onEvent }: GatewayParts): void {
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  const params = Type.Object({ signing: Type.String() })

  api.post(
    '/v1/signings',
    {
      ...operator,
      schema: {
        summary:
          'Begin the signing of agreements; the answer has the address for the official’s browser, good once',
        tags: ['signings'],
        response: RECORD,
        body: Begin,
      },
    },
    async ({ body: { agreements, language } }) => {
      const wrong = agreements.filter((each) => !isDigest256(each))
      if (wrong.length > 0)
        throw new WuslaError('invalid_request', { details: { problems: ['/agreements: each is a hash'] } })
      return await desk.begin(agreements, language)
    },
  )

  api.get(
    '/v1/signings/:signing',
    {
      ...operator,
      schema: { summary: 'How far a signing has come', tags: ['signings'], response: RECORD, params },
    },
    ({ params: { signing } }) => desk.view(signing),
  )

  api.delete(
    '/v1/signings/:signing',
    {
      ...operator,
      schema: { summary: 'Cancel a signing that is not over', tags: ['signings'], response: RECORD, params },
    },
    ({ params: { signing } }) => desk.cancel(signing),
  )

  signRoutes(api, desk, config.identity?.publicUrl, onEvent)
}
