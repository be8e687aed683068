import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

export const CLIENT = 'wusla'
export const SECRET = 'oidc-secret-Ohv9ooth'
export const REDIRECT = 'http://127.0.0.1:9/callback'

/** What the next person at the provider does. */
export interface Visit {
  readonly account: string
  readonly acr?: string
  readonly refuses?: boolean
}

/** A certified OpenID Connect server, with people who answer at once instead of pages. */
export class OidcServer {
  readonly issuer: string
  readonly #server: Server
  readonly #provider: Provider
  visit: Visit = { account: 'nobody' }
  /** Paths that were asked, in order. */
  readonly asked: string[] = []

  private constructor(server: Server) {
    this.#server = server
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#provider = new Provider(this.issuer, {
      clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [REDIRECT] }],
      pkce: { required: () => true },
      cookies: { keys: [randomBytes(16).toString('hex')] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      acrValues: ['high', 'middle'],
      claims: { openid: ['sub', 'acr', 'auth_time'], profile: ['name', 'name#ar', 'national_number'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({
          sub: id,
          name: `Visitor, ,${id} `,
          'name#ar': 'زائر,,',
          national_number: `784-${id}`,
        }),
      }),
      ttl: {
        AccessToken: 600,
        AuthorizationCode: 60,
        IdToken: 600,
        Interaction: 600,
        Grant: 600,
        Session: 600,
      },
    })
  }

  static async start(): Promise<OidcServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const oidc = new OidcServer(server)
    const callback = oidc.#provider.callback()
    server.on('request', (request, response) => {
      oidc.asked.push(request.url ?? '')
      const isInteraction = request.url?.startsWith('/interaction/') === true
      void (isInteraction ? oidc.#interact(request, response) : callback(request, response))
    })
    return oidc
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, session } = await this.#provider.interactionDetails(request, response)
    const { account, acr, refuses } = this.visit
    if (refuses === true) {
      await this.#provider.interactionFinished(request, response, { error: 'access_denied' })
    } else if (prompt.name === 'login') {
      const login = { accountId: account, ...(acr === undefined ? {} : { acr }) }
      await this.#provider.interactionFinished(request, response, { login })
    } else {
      const grant = new this.#provider.Grant({ accountId: session?.accountId ?? account, clientId: CLIENT })
      grant.addOIDCScope('openid profile')
      const consent = { grantId: await grant.save() }
      await this.#provider.interactionFinished(request, response, { consent })
    }
  }
}
