import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import type { SwitchBoard } from '../control/switches.ts'
import type { ExpiringEntries } from '../expiring-entries.ts'
import { bearerOf, formOf, page, refuse } from '../login/login-routes.ts'
import { approvalPage, messagePage } from '../pages/pages.ts'
import { findPersona, PERSONAS } from '../personas.ts'
import { describeDocument, describeProcess, RESOURCES, UI } from './describe-process.ts'
import { BadRequest, objectOf, readProcess, readSigner } from './process-request.ts'
import { pdfPart, readJsonPart } from './request-parts.ts'
import type { AfterAnswer, HeldDocument, SigningDesk } from './signing-desk.ts'

/** The part of the stand-in that signs. */
export interface SigningParts {
  readonly clients: Clients
  readonly desk: SigningDesk
  readonly switches: SwitchBoard
  /** Client ids by signing token. */
  readonly tokens: ExpiringEntries<string>
  readonly url: string
}

const SCOPE = 'urn:safelayer:eidas:sign:process:document'
const MAX_DOCUMENTS = 50

/** A browser waits this long without being told. Unit: ms. */
const PATIENCE_MS = 1_000

/** Signing token, documents, processes and the page on which a person approves. */
export function addSigningRoutes(server: FastifyInstance, parts: SigningParts): void {
  const { desk, url } = parts
  server.post('/trustedx-authserver/oauth/main-as/token', (request, reply) =>
    giveToken(request, reply, parts),
  )
  server.post(`${RESOURCES}/documents`, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      const signers = await readJsonPart(request, 'signers')
      if (!Array.isArray(signers) || signers.length !== 1) throw new BadRequest('signers: a list of one')
      const held = desk.hold(client, readSigner(signers[0]), await pdfPart(request))
      const described = describeDocument(held, url)
      return await reply.code(201).header('location', described.url).send(described)
    }),
  )
  server.post(`${RESOURCES}/signer_processes`, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      const { body, documents } = await startedWith(request, desk, client)
      const process = desk.start(client, readProcess(body), documents)
      const described = describeProcess(process, url)
      return await reply.code(201).header('location', described.self).send(described)
    }),
  )
  addReadingRoutes(server, parts)
  addPersonRoutes(server, parts)
}

function addReadingRoutes(server: FastifyInstance, parts: SigningParts): void {
  const { desk, url } = parts
  const at = `${RESOURCES}/signer_processes/:id`
  server.get(at, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      const process = desk.process(idOf(request), client)
      return process === undefined ? await notFound(reply) : await reply.send(describeProcess(process, url))
    }),
  )
  server.get(`${at}/documents`, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      const process = desk.process(idOf(request), client)
      if (process === undefined) return await notFound(reply)
      return await reply.send({ documents: process.documents.map((each) => describeDocument(each, url)) })
    }),
  )
  server.get(`${at}/result`, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      const process = desk.process(idOf(request), client)
      if (process === undefined) return await reply.code(410).send({ error: 'no_such_process' })
      const result = desk.resultOf(process)
      if (result === undefined) return await notFound(reply)
      return await reply.send({ status: result.status, details: { message: result.message } })
    }),
  )
  server.delete(at, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      if (desk.process(idOf(request), client) === undefined) return await notFound(reply)
      desk.delete(idOf(request))
      return await reply.code(204).send()
    }),
  )
  server.get(`${RESOURCES}/documents/:id/content`, (request, reply) =>
    withToken(request, reply, parts, async (client) => {
      const document = desk.document(idOf(request), client)
      if (document === undefined) return await notFound(reply)
      return await reply.header('content-type', 'application/pdf').send(Buffer.from(document.pdf))
    }),
  )
}

/** What the person's browser sees. The id of the process is all that opens it, as with the provider. */
function addPersonRoutes(server: FastifyInstance, { desk, switches }: SigningParts): void {
  server.get(`${UI}/:id`, async (request, reply) => {
    const process = desk.process(idOf(request))
    if (process === undefined || process.isAnswered) return await page(reply, 410, messagePage('gone'))
    const hasty = desk.hastyCallback(process)
    if (hasty !== undefined) return await reply.redirect(hasty)
    const { wish, clientId, number, documents } = process
    const action = `${UI}/${process.id}`
    const shown = wish.showsDocuments ? documents.map((_, index) => `${action}/documents/${index}`) : []
    return await page(
      reply,
      200,
      approvalPage({
        act: 'sign',
        action,
        locale: wish.locale,
        personas: PERSONAS,
        client: clientId,
        number,
        documents: shown,
      }),
    )
  })
  server.get(`${UI}/:id/documents/:index`, async (request, reply) => {
    const { index } = request.params as { readonly index: string }
    const process = desk.process(idOf(request))
    const document = process?.wish.showsDocuments === true ? process.documents[Number(index)] : undefined
    if (document === undefined) return await page(reply, 410, messagePage('gone'))
    return await reply.header('content-type', 'application/pdf').send(Buffer.from(document.pdf))
  })
  server.post(`${UI}/:id`, async (request, reply) => {
    const form = formOf(request)
    const persona = findPersona(form['persona'] ?? '')
    if (persona === undefined) return await page(reply, 400, messagePage('no-persona'))
    const answering = desk.answer(idOf(request), persona, form['answer'] === 'approve')
    if (switches.now.phoneDelayMs < PATIENCE_MS) return await showAfter(reply, await answering)
    const waiting = desk.process(idOf(request))
    if (waiting === undefined) return await showAfter(reply, 'gone')
    waiting.answering = answering
    return await reply.redirect(`${UI}/${waiting.id}/wait`, 303)
  })
  server.get(`${UI}/:id/wait`, async (request, reply) => {
    const process = desk.process(idOf(request))
    if (process?.answering === undefined) return await showAfter(reply, 'gone')
    if (process.result === undefined && switches.now.callback !== 'early')
      return await page(reply, 200, messagePage('waiting', undefined, 2))
    return await showAfter(reply, await process.answering)
  })
}

async function showAfter(reply: FastifyReply, after: AfterAnswer): Promise<FastifyReply> {
  if (after === 'gone') return await page(reply, 410, messagePage('gone'))
  if (after === 'nowhere') return await page(reply, 200, messagePage('no-return'))
  return await reply.redirect(after.to, 303)
}

function giveToken(
  request: FastifyRequest,
  reply: FastifyReply,
  { clients, tokens, switches }: SigningParts,
): FastifyReply {
  void reply.header('cache-control', 'no-store')
  const client = clients.authenticate(request.headers.authorization)
  if ('problem' in client) return refuse(reply, 'Basic', 'invalid_client', client.problem)
  const form = formOf(request)
  if (form['grant_type'] !== 'client_credentials')
    return reply.code(400).send({ error: 'unsupported_grant_type' })
  if (form['scope'] !== SCOPE) return reply.code(400).send({ error: 'invalid_scope' })
  const token = randomUUID()
  const seconds = switches.now.signingTokenSeconds
  tokens.set(token, client.id, seconds * 1_000)
  return reply.send({ access_token: token, token_type: 'bearer', expires_in: seconds })
}

/** Runs `work` for the client of the token; a request that is not as documented is answered 400. */
async function withToken(
  request: FastifyRequest,
  reply: FastifyReply,
  { tokens }: SigningParts,
  work: (clientId: string) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const client = tokens.get(bearerOf(request))
  if (client === undefined) return refuse(reply, 'Bearer', 'invalid_token', 'the token is unknown or expired')
  try {
    return await work(client)
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    return await reply.code(400).send({ error: 'invalid_request', error_description: error.message })
  }
}

/** One document beside the process as multipart, or documents that were sent before as JSON. */
async function startedWith(
  request: FastifyRequest,
  desk: SigningDesk,
  client: string,
): Promise<{ readonly body: unknown; readonly documents: readonly HeldDocument[] }> {
  if (request.headers['content-type']?.startsWith('multipart/') === true) {
    const body = await readJsonPart(request, 'process')
    const wish = readSigner(objectOf(body, 'process')['signer'])
    return { body, documents: [desk.hold(client, wish, await pdfPart(request))] }
  }
  const { documents: named } = objectOf(request.body, 'process') as { readonly documents?: unknown }
  if (!Array.isArray(named) || named.length === 0 || named.length > MAX_DOCUMENTS)
    throw new BadRequest('documents: a list of 1 to 50')
  const documents = named.map((each: unknown) => {
    const text = typeof each === 'string' ? each : String(objectOf(each, 'documents')['id'])
    const held = desk.document(text.slice(text.lastIndexOf('/') + 1), client)
    if (held === undefined) throw new BadRequest('documents: one of them is unknown')
    return held
  })
  return { body: request.body, documents }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id
}

async function notFound(reply: FastifyReply): Promise<FastifyReply> {
  return await reply.code(404).send({ error: 'not_found' })
}
