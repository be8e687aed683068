import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import type { SwitchBoard } from '../control/switches.ts'
import { approvalPage, messagePage } from '../pages/pages.ts'
import { findPersona, PERSONAS } from '../personas.ts'
import type { LoginDesk } from './login-desk.ts'
import { userInfoOf } from './user-info.ts'

/** The part of the stand-in that logs people in. */
export interface LoginParts {
  readonly clients: Clients
  readonly desk: LoginDesk
  readonly switches: SwitchBoard
  readonly waitMs: (ms: number) => Promise<void>
}

/** Authorise, token, user information, introspection, log-out. There is no discovery document and no key set. */
export function addLoginRoutes(server: FastifyInstance, parts: LoginParts): void {
  const { clients, desk, switches } = parts
  server.get('/idshub/authorize', async (request, reply) => await showQuestion(request, reply, desk))
  server.post('/idshub/authorize/:id', async (request, reply) => await takeAnswer(request, reply, parts))
  server.post('/idshub/token', (request, reply) => giveToken(request, reply, parts))
  server.get('/idshub/userinfo', (request, reply) => {
    const login = desk.login(bearerOf(request))
    if (login === undefined)
      return refuse(reply, 'Bearer', 'invalid_token', 'the access token is unknown or expired')
    if (switches.now.userInfoDown) return reply.code(503).send({ error: 'temporarily_unavailable' })
    return reply.header('cache-control', 'no-store').send(userInfoOf(login.persona, login.scope))
  })
  server.post('/idshub/introspect', (request, reply) => {
    const client = clients.authenticate(request.headers.authorization)
    if ('problem' in client) return refuse(reply, 'Basic', 'invalid_client', client.problem)
    return reply.header('cache-control', 'no-store').send(desk.introspect(formOf(request)['token'] ?? ''))
  })
  server.get('/idshub/logout', async (request, reply) => {
    const query = queryOf(request)
    const address = query.get('redirect_uri') ?? query.get('post_logout_redirect_uri')
    if (address === null) return await page(reply, 200, messagePage('logged-out'))
    // Anybody can make a browser come here: only addresses that some client registered are followed.
    return clients.knows(address)
      ? await reply.redirect(address)
      : await page(reply, 400, messagePage('bad-address'))
  })
}

async function showQuestion(
  request: FastifyRequest,
  reply: FastifyReply,
  desk: LoginDesk,
): Promise<FastifyReply> {
  const asked = desk.ask(queryOf(request))
  if (asked.kind === 'redirect') return await reply.redirect(asked.to)
  if (asked.kind === 'page') return await page(reply, 400, messagePage('bad-request', asked.problem))
  const { id, locale, only, client } = asked.question
  const personas = only === undefined ? PERSONAS : [only]
  return await page(
    reply,
    200,
    approvalPage({ act: 'login', action: `/idshub/authorize/${id}`, locale, personas, client: client.id }),
  )
}

async function takeAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { desk, switches, waitMs }: LoginParts,
): Promise<FastifyReply> {
  const { id } = request.params as { readonly id: string }
  const form = formOf(request)
  const persona = findPersona(form['persona'] ?? '')
  if (persona === undefined) return await page(reply, 400, messagePage('no-persona'))
  await waitMs(switches.now.phoneDelayMs)
  const to = desk.answer(id, persona, form['answer'] === 'approve')
  return to === undefined ? await page(reply, 410, messagePage('gone')) : await reply.redirect(to, 303)
}

function giveToken(
  request: FastifyRequest,
  reply: FastifyReply,
  { clients, desk }: LoginParts,
): FastifyReply {
  void reply.header('cache-control', 'no-store')
  const client = clients.authenticate(request.headers.authorization)
  if ('problem' in client) return refuse(reply, 'Basic', 'invalid_client', client.problem)
  const form = formOf(request)
  if (form['grant_type'] !== 'authorization_code')
    return reply
      .code(400)
      .send({ error: 'unsupported_grant_type', error_description: form['grant_type'] ?? '' })
  const token = desk.redeem(client, form['code'] ?? '', form['redirect_uri'] ?? '')
  return token === undefined
    ? reply.code(400).send({
        error: 'invalid_grant',
        error_description: 'the code is unknown, used, expired, or of another address',
      })
    : reply.send(token)
}

/** The text fields of a body, form-urlencoded or multipart; a query alike. */
export function formOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  const { body } = request
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(
    Object.entries(body).map(([name, value]: [string, unknown]) => [name, textOf(value)] as const),
  )
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'string')
    return value.value
  return undefined
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://localhost').searchParams
}

export function bearerOf(request: FastifyRequest): string {
  return /^Bearer ([!-~]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

export function refuse(
  reply: FastifyReply,
  scheme: 'Basic' | 'Bearer',
  error: string,
  error_description: string,
): FastifyReply {
  return reply
    .code(401)
    .header('www-authenticate', `${scheme} realm="stand-in"`)
    .send({ error, error_description })
}

export async function page(reply: FastifyReply, status: number, html: string): Promise<FastifyReply> {
  return await reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    )
    .send(html)
}
