import type { onRequestHookHandler } from 'fastify'
import type { Api } from '../../admin-api/api-server.ts'
import { SEALED } from '../../admin-api/api-description.ts'
import { digest256 } from '../../protocol/digest.ts'
import { Type } from '../../protocol/schema.ts'
import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { DocumentTraffic, MAX_DOCUMENT_BODY_BYTES } from '../document-traffic.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { readableOf, readerOf, READERS } from './agreement-reader.ts'
import { Hash, Nothing } from './schemas.ts'

const Signed = Type.Object(
  {
    document: Type.String({ description: 'The whole file in base64; at most 8 MiB before encoding.' }),
    acceptance: Type.String({
      maxLength: 8_192,
      description: 'Compact JWS by a seal key of the caller over agreement, document and mandates.',
    }),
    signers: Type.Array(
      Type.Object(
        {
          field: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the signature field.' }),
          mandate: Type.String({ pattern: '^[A-Za-z0-9_-]{22,43}$' }),
          salt: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: '32 bytes, base64url.' }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 2 },
    ),
  },
  { additionalProperties: false },
)

/** Signing: one party at a time, each on the revision that the other left. */
export function signingRoutes(api: Api, parts: RegistryParts): void {
  leaseRoutes(api, parts)
  documentRoutes(api, parts, new DocumentTraffic())
}

function leaseRoutes(api: Api, { desk, sealed }: RegistryParts): void {
  api.post(
    '/v1/agreements/:hash/lease',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Take or renew the right to sign next, for 20 minutes; freezes the content',
        tags: ['agreements'],
        params: Hash,
        body: Nothing,
        response: {
          200: Type.Object({
            leaseUntil: Type.String(),
            document: Type.Union([Type.String(), Type.Null()], {
              description: 'SHA-256 of the revision to sign on, base64url; null: nobody has signed.',
            }),
          }),
        },
      },
    },
    async (call) => await desk.lease(call.params.hash, sealed.callerOf(call).member),
  )

  api.post(
    '/v1/agreements/:hash/lease/release',
    {
      preValidation: sealed.guard,
      schema: {
        security: SEALED,
        summary: 'Give the right to sign next back',
        tags: ['agreements'],
        params: Hash,
        body: Nothing,
        response: { 200: Type.Object({ agreement: Type.String() }) },
      },
    },
    (call) => {
      desk.releaseLease(call.params.hash, sealed.callerOf(call).member)
      return { agreement: call.params.hash }
    },
  )
}

function documentRoutes(api: Api, parts: RegistryParts, traffic: DocumentTraffic): void {
  const { desk, sealed } = parts
  // Before the body is read: it is long, and a stranger must not make the registry hold it.
  const onRequest: onRequestHookHandler = (request, reply, done) => {
    try {
      const { member } = sealed.knock(request)
      reply.raw.once('close', traffic.enter(member, Number(request.headers['content-length'])))
      done()
    } catch (error) {
      done(toWuslaError(error, 'unauthorized'))
    }
  }
  api.post(
    '/v1/agreements/:hash/document',
    {
      onRequest,
      preValidation: sealed.guard,
      bodyLimit: MAX_DOCUMENT_BODY_BYTES,
      schema: {
        security: SEALED,
        summary: 'File the revision that officials of the caller signed, under its lease',
        description: 'The second party puts the agreement into force. The same revision again is taken once.',
        tags: ['agreements'],
        params: Hash,
        body: Signed,
        response: { 200: Type.Object({ agreement: Type.String() }) },
      },
    },
    async (call) => {
      const { document, acceptance, signers } = call.body
      const upload = { document: bytesOf(document), acceptance, signers }
      await desk.submit(call.params.hash, sealed.callerOf(call).member, upload)
      return { agreement: call.params.hash }
    },
  )

  api.get(
    '/v1/agreements/:hash/document',
    {
      schema: {
        security: READERS,
        summary: 'The newest signed revision; nothing while nobody has signed',
        tags: ['agreements'],
        params: Hash,
        response: {
          200: Type.Object({ document: Type.Optional(Type.String()), digest: Type.Optional(Type.String()) }),
        },
      },
    },
    async (request, reply) => {
      const reader = readerOf(parts, request)
      const filed = readableOf(desk, request.params.hash, reader)
      reply.raw.once('close', traffic.enter(reader, filed.revisionBytes ?? 0))
      const document = await desk.readDocument(filed)
      if (document === undefined) return {}
      return { document: document.toString('base64'), digest: digest256(document) }
    },
  )
}

/** @throws WuslaError `invalid_request` for anything but the one base64 form of some bytes */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > 0 && bytes.toString('base64') === base64) return bytes
  throw new WuslaError('invalid_request', { details: { problems: ['/document must be base64'] } })
}
