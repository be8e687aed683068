import swagger from '@fastify/swagger'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyTypeProvider,
  type onRequestHookHandler,
  type RawServerDefault,
} from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import { ERROR_TABLE } from '../protocol/error-codes.ts'
import type { Static, Schema } from '../protocol/schema.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { describeRoute, SECURITY_SCHEMES } from './api-description.ts'
import { type ApiRole, roleCovers, roleOfToken, type StoredToken } from './api-tokens.ts'

interface SchemaProvider extends FastifyTypeProvider {
  validator: this['schema'] extends Schema ? Static<this['schema']> : unknown
  serializer: this['schema'] extends Schema ? Static<this['schema']> : unknown
}

/** An HTTP API whose routes are typed and validated by the schemas of protocol/schema.ts. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaProvider
>

interface ApiOptions {
  readonly title: string
  readonly description: string
  /** Largest accepted body in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Called with what no route expected. The caller of the API sees `internal_error` and nothing of the cause. */
  readonly onUnexpected: (error: unknown) => void
}

/**
 * Creates an admin API: OpenAPI 3.1 at `/v1/openapi.json`, every failure as `{code, message, remedy, details}`
 * with the status of the error table. Register routes after this call, then `listen`.
 */
export async function createApi(options: ApiOptions): Promise<Api> {
  const api = fastify({
    bodyLimit: options.maxBodyBytes ?? 1_048_576,
    requestTimeout: 30_000,
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: false, strict: false },
    },
  }).withTypeProvider<SchemaProvider>()
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: options.title, description: options.description, version: '1.0.0' },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: describeRoute,
  })
  api.setErrorHandler((error: FastifyError, _request, reply) =>
    renderFailure(error, reply, options.onUnexpected),
  )
  api.setNotFoundHandler((request, reply) =>
    renderFailure(
      new WuslaError('not_found', { details: { method: request.method, path: request.url.split('?')[0] } }),
      reply,
      options.onUnexpected,
    ),
  )
  api.get('/v1/openapi.json', { schema: { hide: true } }, () => api.swagger())
  return api
}

/** The hook of {@link requireRole}. The description of the API reads from it what a route needs. */
export type RoleGuard = onRequestHookHandler & { readonly role: ApiRole }

/**
 * A hook that lets only bearers of a token with at least `needed` pass. Put it on every route that is not public, as
 * `onRequest`: a stranger must not learn from the checks of a body what the body should hold.
 */
export function requireRole(tokens: () => readonly StoredToken[], needed: ApiRole): RoleGuard {
  const guard: onRequestHookHandler = (request: FastifyRequest, _reply, done) => {
    const header = request.headers.authorization ?? ''
    const presented = header.startsWith('Bearer ') ? header.slice(7) : ''
    const role = presented === '' ? undefined : roleOfToken(tokens(), presented)
    if (role === undefined) done(new WuslaError('unauthorized'))
    else if (!roleCovers(role, needed)) done(new WuslaError('forbidden', { details: { role, needed } }))
    else done()
  }
  return Object.assign(guard, { role: needed })
}

/** Splits `host:port`. Plain HTTP is for loopback addresses: tokens and agreements must not cross a network in clear. */
export function parseLoopbackListen(listen: string): { host: string; port: number } {
  const address = splitListen(listen)
  if (address === undefined || !isLoopbackHost(address.host)) {
    throw new WuslaError('config_invalid', {
      message: 'Plain HTTP is accepted on loopback addresses only; put a TLS proxy before it.',
      details: { problems: ['/listen: must be a loopback address and a port up to 65535'] },
    })
  }
  return address
}

/** Whether {@link parseLoopbackListen} takes it. */
export function isLoopbackListen(listen: string): boolean {
  const address = splitListen(listen)
  return address !== undefined && isLoopbackHost(address.host)
}

/** Whether only programs of this machine reach a listener at this host. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || (isIPv6(host) && host === '::1') || (isIPv4(host) && host.startsWith('127.'))
}

function splitListen(listen: string): { host: string; port: number } | undefined {
  const at = listen.lastIndexOf(':')
  const host = listen.slice(0, at).replace(/^\[|\]$/g, '')
  const port = Number(listen.slice(at + 1))
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? { host, port } : undefined
}

function renderFailure(
  error: unknown,
  reply: FastifyReply,
  onUnexpected: (error: unknown) => void,
): FastifyReply {
  const known = describe(error)
  if (known.code === 'internal_error') onUnexpected(error)
  const row = ERROR_TABLE[known.code]
  return reply
    .status(row.httpStatus)
    .send({ code: known.code, message: known.message, remedy: row.remedy, details: known.details })
}

function describe(error: unknown): WuslaError {
  if (isWuslaError(error)) return error
  const { validation, statusCode } = error as Partial<FastifyError>
  if (validation !== undefined) {
    const problems = validation.map(
      (problem) => `${problem.instancePath || '/'} ${problem.message ?? 'is not valid'}`,
    )
    return new WuslaError('invalid_request', { details: { problems } })
  }
  if (statusCode === 413) return new WuslaError('request_too_large')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new WuslaError('invalid_request', { cause: error })
  return new WuslaError('internal_error', { cause: error })
}
