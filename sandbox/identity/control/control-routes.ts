import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Clients, isSame } from '../clients.ts'
import type { LoginDesk } from '../login/login-desk.ts'
import { bearerOf, refuse } from '../login/login-routes.ts'
import { findPersona } from '../personas.ts'
import type { SigningDesk } from '../signing/signing-desk.ts'
import type { SwitchBoard } from './switches.ts'

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
}

/**
 * What the real provider does not have: for the sandbox and for tests. Every call carries the control token as a bearer token.
 *
 * - `GET|PUT|DELETE /control/switches`: what goes wrong on purpose; PUT sets what it names
 * - `POST /control/clients` `{redirectUris, stepUp?}` → `{id, secret}`; `POST /control/clients/:id/redirect-uris` `{redirectUris}`
 * - `POST /control/answer` `{url, persona, answer: approve|refuse}` → `{redirect}`: what a person does with a browser at `url`
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
        return await (client === undefined ? reply.code(404).send({}) : reply.send(client))
      })
      control.post('/answer', async (request, reply) => await answerAsPersona(request, reply, parts))
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

async function answerAsPersona(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: ControlParts,
): Promise<FastifyReply> {
  const { url, persona: name, answer } = bodyOf(request)
  const persona = findPersona(String(name))
  const isKnown = answer === 'approve' || answer === 'refuse'
  if (persona === undefined || !isKnown || !URL.canParse(String(url)))
    return await reply.code(400).send({ problems: ['url, persona or answer'] })
  const address = new URL(String(url))
  const isApproved = answer === 'approve'
  if (address.pathname === '/idshub/authorize') {
    const asked = parts.login.ask(address.searchParams)
    if (asked.kind === 'page') return await reply.code(400).send({ problems: [asked.problem] })
    if (asked.kind === 'redirect') return await reply.send({ redirect: asked.to })
    await parts.waitMs(parts.switches.now.phoneDelayMs)
    const to = parts.login.answer(asked.question.id, persona, isApproved)
    return await (to === undefined
      ? reply.code(410).send({ problems: ['gone'] })
      : reply.send({ redirect: to }))
  }
  const [, id = ''] = /^\/trustedx-resources\/esignsp\/ui\/([^/]+)$/.exec(address.pathname) ?? []
  const process = parts.signing.process(id)
  if (process === undefined) return await reply.code(410).send({ problems: ['gone'] })
  const hasty = parts.signing.hastyCallback(process)
  if (hasty !== undefined) return await reply.send({ redirect: hasty })
  const after = await parts.signing.answer(id, persona, isApproved)
  if (after === 'gone') return await reply.code(410).send({ problems: ['gone'] })
  return await reply.send({ redirect: after === 'nowhere' ? null : after.to })
}

function bodyOf({ body }: FastifyRequest): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
}

function addresses(value: unknown): string[] | undefined {
  const isGood = Array.isArray(value) && value.every((each) => typeof each === 'string' && URL.canParse(each))
  return isGood ? (value as string[]) : undefined
}
