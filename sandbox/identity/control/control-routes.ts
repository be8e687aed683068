import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Clients, isSame } from '../clients.ts'
import type { LoginDesk } from '../login/login-desk.ts'
import { bearerOf, refuse } from '../login/login-routes.ts'
import { findPersona, type Persona } from '../personas.ts'
import type { SigningDesk } from '../signing/signing-desk.ts'
import type { SwitchBoard } from './switches.ts'
import { visit } from './visit.ts'

/** What the control API reaches. */
export interface ControlParts {
  readonly clients: Clients
  readonly login: LoginDesk
  readonly signing: SigningDesk
  readonly switches: SwitchBoard
  readonly waitMs: (ms: number) => Promise<void>
  /** Ends every signing token. */
  readonly expireSigningTokens: () => void
  /** Who has it may make people approve: it stays on this machine. */
  readonly controlToken: string
  /** Under which the stand-in is reached. */
  readonly url: string
  /** Makes durable what the sandbox's client may do now. */
  readonly keepClient: () => Promise<void>
}

/**
 * What the real provider does not have: for the sandbox and for tests. Every call carries the control token as a bearer token.
 *
 * - `GET|PUT|DELETE /control/switches`: what goes wrong on purpose; PUT sets what it names
 * - `POST /control/clients` `{redirectUris, stepUp?}` → `{id, secret}`; `POST /control/clients/:id/redirect-uris` `{redirectUris}`
 * - `POST /control/answer` `{url, persona, answer: approve|refuse}` → `{redirect}`: what a person does with a browser at `url`
 * - `POST /control/visit` `{address, persona, answer}` → `{address, status}`: a whole visit, as a person does it with a browser: opens the address, follows where it leads, answers here, and says where it ended
 * - `POST /control/tokens/expire`: ends all tokens now
 */
export function addControlRoutes(server: FastifyInstance, parts: ControlParts): void {
  const { clients, switches, login } = parts
  void server.register(
    (control, _options, done) => {
      control.addHook('onRequest', async (request, reply) => {
        if (!isSame(bearerOf(request), parts.controlToken))
          return refuse(reply, 'Bearer', 'invalid_token', 'the control token is missing or wrong')
      })
      control.get('/switches', async (_request, reply) => await reply.send(switches.now))
      control.put('/switches', async (request, reply) => {
        const problems = switches.set(bodyOf(request))
        return await (problems.length > 0 ? reply.code(400).send({ problems }) : reply.send(switches.now))
      })
      control.delete('/switches', async (_request, reply) => {
        switches.reset()
        return await reply.send(switches.now)
      })
      control.post('/clients', async (request, reply) => {
        const uris = addresses(bodyOf(request)['redirectUris'])
        if (uris === undefined) return await reply.code(400).send({ problems: ['redirectUris'] })
        const isStepUp = bodyOf(request)['stepUp'] === true
        return await reply.code(201).send(clients.register({ redirectUris: uris, isStepUp }))
      })
      control.post('/clients/:id/redirect-uris', async (request, reply) => {
        const uris = addresses(bodyOf(request)['redirectUris'])
        if (uris === undefined) return await reply.code(400).send({ problems: ['redirectUris'] })
        const client = clients.allow((request.params as { readonly id: string }).id, uris)
        if (client === undefined) return await reply.code(404).send({})
        await parts.keepClient()
        return await reply.send(client)
      })
      control.post('/answer', async (request, reply) => await answerAsPersona(request, reply, parts))
      control.post('/visit', async (request, reply) => await visitAsPersona(request, reply, parts))
      control.post('/tokens/expire', async (_request, reply) => {
        login.expireTokens()
        parts.expireSigningTokens()
        return await reply.code(204).send()
      })
      done()
    },
    { prefix: '/control' },
  )
}

/** What was wrong with an answer. */
class NotTaken extends Error {
  readonly status: 400 | 410 | 508

  constructor(status: 400 | 410 | 508, problem: string) {
    super(problem)
    this.status = status
  }
}

async function answerAsPersona(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: ControlParts,
): Promise<FastifyReply> {
  const { url, persona, answer } = bodyOf(request)
  return await taken(reply, async () => {
    if (!URL.canParse(String(url))) throw new NotTaken(400, 'url')
    const redirect = await answerOf(String(url), personWith(persona), isApproval(answer), parts)
    return { redirect: redirect ?? null }
  })
}

async function visitAsPersona(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: ControlParts,
): Promise<FastifyReply> {
  const { address, persona, answer } = bodyOf(request)
  return await taken(reply, async () => {
    const [person, isApproved] = [personWith(persona), isApproval(answer)]
    if (!URL.canParse(String(address))) throw new NotTaken(400, 'address')
    const visited = await visit(
      String(address),
      parts.url,
      async (url) => await answerOf(url, person, isApproved, parts),
    )
    if (visited === 'circle') throw new NotTaken(508, 'sent around in circles')
    return visited
  })
}

async function taken(reply: FastifyReply, work: () => Promise<object>): Promise<FastifyReply> {
  try {
    return await reply.send(await work())
  } catch (error) {
    if (!(error instanceof NotTaken)) throw error
    return await reply.code(error.status).send({ problems: [error.message] })
  }
}

function personWith(name: unknown): Persona {
  const persona = findPersona(String(name))
  if (persona === undefined) throw new NotTaken(400, 'persona')
  return persona
}

function isApproval(answer: unknown): boolean {
  if (answer !== 'approve' && answer !== 'refuse') throw new NotTaken(400, 'answer')
  return answer === 'approve'
}

/** @returns where the browser is sent, `undefined` if nowhere. @throws NotTaken */
async function answerOf(
  url: string,
  persona: Persona,
  isApproved: boolean,
  { login, signing, switches, waitMs }: ControlParts,
): Promise<string | undefined> {
  const address = new URL(url)
  if (address.pathname === '/idshub/authorize') {
    const asked = login.ask(address.searchParams)
    if (asked.kind === 'page') throw new NotTaken(400, asked.problem)
    if (asked.kind === 'redirect') return asked.to
    await waitMs(switches.now.phoneDelayMs)
    const to = login.answer(asked.question.id, persona, isApproved)
    if (to === undefined) throw new NotTaken(410, 'gone')
    return to
  }
  const [, id = ''] = /^\/trustedx-resources\/esignsp\/ui\/([^/]+)$/.exec(address.pathname) ?? []
  const process = signing.process(id)
  if (process === undefined) throw new NotTaken(410, 'gone')
  const hasty = signing.hastyCallback(process)
  if (hasty !== undefined) return hasty
  const after = await signing.answer(id, persona, isApproved)
  if (after === 'gone') throw new NotTaken(410, 'gone')
  return after === 'nowhere' ? undefined : after.to
}

function bodyOf({ body }: FastifyRequest): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
}

function addresses(value: unknown): string[] | undefined {
  const isGood = Array.isArray(value) && value.every((each) => typeof each === 'string' && URL.canParse(each))
  return isGood ? (value as string[]) : undefined
}
