import type { Api } from '../../admin-api/api-server.ts'
import { SEALED } from '../../admin-api/api-description.ts'
import { Type } from '../../protocol/schema.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { Hash, Nothing, Reason } from './schemas.ts'

const Answer = { 200: Type.Object({ agreement: Type.String() }) }

/** What parties do to a draft before anybody signs it. */
export function draftRoutes(api: Api, { desk, sealed }: RegistryParts): void {
  api.post(
    '/v1/agreements/:hash/freeze',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Declare the content of a draft final, ready to be signed',
        tags: ['agreements'],
        params: Hash,
        body: Nothing,
        response: Answer,
      },
    },
    async (call) => {
      await desk.freeze(call.params.hash, sealed.callerOf(call).member)
      return { agreement: call.params.hash }
    },
  )

  api.post(
    '/v1/agreements/:hash/refusal',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Refuse a draft, or withdraw an own one; not once an official has signed',
        tags: ['agreements'],
        params: Hash,
        body: Type.Object({ reason: Reason }, { additionalProperties: false }),
        response: Answer,
      },
    },
    async (call) => {
      await desk.refuse(call.params.hash, sealed.callerOf(call).member, call.body.reason)
      return { agreement: call.params.hash }
    },
  )
}
