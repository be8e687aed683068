import { Type } from 'typebox'
import type { Api } from '../../admin-api/api-server.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { RegistryParts } from '../registry-deps.ts'

/** How long a follower's question for news stays open, in milliseconds. */
const LONG_POLL_MS = 25_000

/** The directory log as static resources (C2SP tlog-tiles), and the wait for something new. */
export function logRoutes(api: Api, { ledger, publisher }: RegistryParts): void {
  api.get(
    '/log/checkpoint',
    {
      schema: {
        summary: 'Latest checkpoint; with `beyond`, waits until the log is larger',
        tags: ['log'],
        querystring: Type.Object({ beyond: Type.Optional(Type.Integer({ minimum: 0 })) }),
      },
    },
    async (request, reply) => {
      const { beyond } = request.query
      if (beyond !== undefined && ledger.size <= beyond) {
        const gone = new AbortController()
        request.raw.once('close', () => gone.abort())
        reply.raw.once('close', () => gone.abort())
        await publisher.nextChange(LONG_POLL_MS, gone.signal)
      }
      const resource = await ledger.resource('checkpoint')
      if (resource === undefined) throw new WuslaError('not_found')
      return await reply
        .header('cache-control', 'no-store')
        .type(resource.contentType)
        .send(Buffer.from(resource.bytes))
    },
  )

  api.get(
    '/log/*',
    { schema: { summary: 'Tiles and entry bundles', tags: ['log'] } },
    async (request, reply) => {
      const path = (request.params as { '*': string })['*']
      const resource = await ledger.resource(path)
      if (resource === undefined) throw new WuslaError('not_found')
      return await reply
        .header('cache-control', resource.immutable ? 'public, max-age=31536000, immutable' : 'no-store')
        .type(resource.contentType)
        .send(Buffer.from(resource.bytes))
    },
  )
}
