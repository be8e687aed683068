import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api } from '../../admin-api/api-server.ts'
import { isPlainLocal } from '../../identity/web-address.ts'
import type { EventSink } from '../../protocol/event.ts'
import { Type } from '../../protocol/schema.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import { ERROR_TABLE } from '../../protocol/error-codes.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { failurePage, messagePage, PAGE_HEADERS, signingPage } from './sign-page.ts'
import type { SigningDesk } from './signing-desk.ts'

const COOKIE = 'wusla_sign'
const COOKIE_VALUE = /(?:^|;\s*)wusla_sign=([\w-]{43})(?:;|$)/

/** Not described in OpenAPI: browsers of officials come here, without a token. */
const PAGE = { hide: true } as const

/**
 * The pages for officials, on the admin listener. A ticket of 256 bits opens them once; from then on a cookie ties the browser to its
 * signing. What a browser brings is never proof of anything.
 *
 * @param publicUrl - origin by which browsers come; undefined when no provider is connected, and there are no pages
 */
export function signRoutes(
  api: Api,
  desk: SigningDesk,
  publicUrl: string | undefined,
  onEvent: EventSink<GatewayEvent>,
): void {
  if (publicUrl === undefined) return
  const cookieOf = (value: string): string =>
    `${COOKIE}=${value}; Path=/sign; HttpOnly; SameSite=Lax${isPlainLocal(publicUrl) ? '' : '; Secure'}`
  const fail = async (reply: FastifyReply, cause: unknown): Promise<FastifyReply> => {
    const error = toWuslaError(cause, 'internal_error')
    if (error.code === 'internal_error') onEvent({ kind: 'unexpected_error', detail: String(cause) })
    return await show(reply, ERROR_TABLE[error.code].httpStatus, failurePage(error))
  }

  api.get(
    '/sign/:ticket',
    { schema: { ...PAGE, params: Type.Object({ ticket: Type.String({ maxLength: 64 }) }) } },
    async ({ params }, reply) => {
      try {
        const opened = await desk.open(params.ticket)
        if (opened === undefined) return await show(reply, 404, messagePage('unknown-link'))
        return await sendTo(reply.header('set-cookie', cookieOf(opened.cookie)), opened.address)
      } catch (error) {
        return await fail(reply, error)
      }
    },
  )

  api.get('/sign/callback', { schema: PAGE }, async (request, reply) => {
    const cookie = cookieIn(request)
    try {
      const address = await desk.loggedIn(queryOf(request), cookie)
      if (address !== undefined) return await sendTo(reply, address)
      return await showSigning(reply, desk.ofBrowser(cookie))
    } catch (error) {
      return await fail(reply, error)
    }
  })

  api.get('/sign/done', { schema: PAGE }, async (request, reply) => {
    try {
      return await showSigning(reply, desk.cameBack(queryOf(request), cookieIn(request)))
    } catch (error) {
      return await fail(reply, error)
    }
  })
}

async function showSigning(
  reply: FastifyReply,
  signing: ReturnType<SigningDesk['ofBrowser']>,
): Promise<FastifyReply> {
  if (signing === undefined) return await show(reply, 404, messagePage('unknown-browser'))
  return await show(reply, 200, signingPage(signing))
}

async function show(reply: FastifyReply, status: number, page: string): Promise<FastifyReply> {
  return await reply.status(status).headers(PAGE_HEADERS).send(page)
}

async function sendTo(reply: FastifyReply, address: string): Promise<FastifyReply> {
  const { 'cache-control': cache, 'referrer-policy': referrer } = PAGE_HEADERS
  return await reply
    .status(303)
    .headers({ 'cache-control': cache, 'referrer-policy': referrer, location: address })
    .send()
}

function cookieIn({ headers }: FastifyRequest): string | undefined {
  return COOKIE_VALUE.exec(headers.cookie ?? '')?.[1]
}

/** Untouched: the login compares what the provider sent, also when a name stands there twice. */
function queryOf({ url }: FastifyRequest): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}
