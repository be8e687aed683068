import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  customFetch,
  introspectionRequest,
  nopkce,
  processAuthorizationCodeResponse,
  processIntrospectionResponse,
  processUserInfoResponse,
  skipSubjectCheck,
  userInfoRequest,
  validateAuthResponse,
} from 'oauth4webapi'
import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi'
import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { invalidAnswer } from '../http/ask-provider.ts'
import { plainBasic, readSecret } from '../http/client-secret.ts'
import { oauthFailure, oauthFetch } from '../http/oauth-failure.ts'
import type { BegunLogin, LoginAnswer, LoginPort, LoginRequest } from '../login.ts'
import { PendingAnswers } from '../pending/pending-answers.ts'
import type { Person } from '../person.ts'
import { isPlainLocal } from '../web-address.ts'
import type { UaePassParts } from './uae-pass-parts.ts'
import { personOf } from './user-info.ts'
import type { UserInfo } from './user-info.ts'

const PROFILE = 'urn:uae:digitalid:profile:general'
const VISITOR_PROFILE = `${PROFILE} ${PROFILE}:profileType ${PROFILE}:unifiedId`
const ASSURANCE = 'urn:safelayer:tws:policies:authentication:level:low'

/** Whom a login is done as, and for. */
interface Attempt {
  readonly clientId: string
  readonly secretFile: string
  readonly setting: string
  readonly redirectUri: string
  readonly confirm?: Person
}

/**
 * Login with UAE PASS: plain OAuth 2.0 (RFC 6749) with user info behind it. There is no `openid` scope, no ID token and no
 * discovery. PKCE is not documented and not sent.
 */
export class UaePassLogin implements LoginPort {
  readonly provider: string
  readonly #parts: UaePassParts
  readonly #waiting: PendingAnswers<Attempt>

  constructor(parts: UaePassParts) {
    this.provider = parts.provider
    this.#parts = parts
    this.#waiting = new PendingAnswers(parts.clock)
  }

  begin(request: LoginRequest): Promise<BegunLogin> {
    return Promise.resolve().then(() => this.#begin(request))
  }

  #begin({ language, confirm }: LoginRequest): BegunLogin {
    const { settings } = this.#parts
    const attempt = confirm === undefined ? this.#firstLogin() : this.#confirmation(confirm)
    const { state, binding } = this.#waiting.begin(attempt)
    const address = new URL(settings.authorize)
    address.search = new URLSearchParams({
      response_type: 'code',
      client_id: attempt.clientId,
      redirect_uri: attempt.redirectUri,
      state,
      ui_locales: language,
      scope: settings.visitors === true ? VISITOR_PROFILE : PROFILE,
      acr_values: ASSURANCE,
      ...(confirm?.loginHint === undefined ? {} : { username: confirm.loginHint.reveal() }),
    }).toString()
    return { address: address.href, binding }
  }

  #firstLogin(): Attempt {
    const { clientId, secretFile, redirectUri } = this.#parts.settings
    return { clientId, secretFile, redirectUri, setting: '/secretFile' }
  }

  #confirmation(confirm: Person): Attempt {
    const { stepUp } = this.#parts.settings
    if (stepUp === undefined || confirm.provider !== this.provider || confirm.loginHint === undefined) {
      throw new WuslaError('login_refused', { details: { reason: 'confirmation is not set up' } })
    }
    const { clientId, secretFile, redirectUri } = stepUp
    return { clientId, secretFile, redirectUri, setting: '/stepUp/secretFile', confirm }
  }

  async finish(answer: LoginAnswer): Promise<Person> {
    const { provider, onEvent } = this.#parts
    try {
      const { state, value } = this.#waiting.take(answer.parameters, answer.binding)
      const person = await this.#finish(value, answer.parameters, state)
      onEvent({ type: 'login_finished', provider, assurance: person.assurance })
      return person
    } catch (error) {
      const failure = toWuslaError(error, 'internal_error')
      onEvent({ type: 'login_failed', provider, code: failure.code })
      throw failure
    }
  }

  async #finish(attempt: Attempt, parameters: URLSearchParams, state: string): Promise<Person> {
    const { settings, readText } = this.#parts
    const client: Client = { client_id: attempt.clientId }
    const code = await step('authorize', () =>
      validateAuthResponse(this.#server(), client, parameters, state),
    )
    const secret = await readSecret(readText, attempt.secretFile, attempt.setting)
    const authentication = plainBasic(secret)
    const accessToken = await this.#redeem(client, authentication, code, attempt.redirectUri)
    const info = await this.#userInfo(client, accessToken)
    await this.#introspect(client, authentication, accessToken, info)
    const person = personOf(this.provider, info, settings.stepUp?.knownBy)
    // Somebody else's telephone could have approved: the confirmation is about the person who asked for it.
    if (attempt.confirm !== undefined && attempt.confirm.uuid !== person.uuid) {
      throw new WuslaError('person_changed')
    }
    return person
  }

  #redeem(
    client: Client,
    authentication: ClientAuth,
    code: URLSearchParams,
    redirectUri: string,
  ): Promise<string> {
    const server = this.#server()
    return step('token', async () => {
      const answer = await authorizationCodeGrantRequest(
        server,
        client,
        authentication,
        code,
        redirectUri,
        nopkce,
        this.#options('token', server.token_endpoint),
      )
      return (await processAuthorizationCodeResponse(server, client, answer)).access_token
    })
  }

  #userInfo(client: Client, accessToken: string): Promise<UserInfo> {
    const server = this.#server()
    return step('userinfo', async () => {
      const options = this.#options('userinfo', server.userinfo_endpoint)
      const answer = await userInfoRequest(server, client, accessToken, options)
      return processUserInfoResponse(server, client, skipSubjectCheck, answer)
    })
  }

  /** A token made for another client would log in whoever brought it there: the provider says whose it is. */
  async #introspect(
    client: Client,
    authentication: ClientAuth,
    accessToken: string,
    info: UserInfo,
  ): Promise<void> {
    const server = this.#server()
    if (server.introspection_endpoint === undefined) return
    const token = await step('introspect', async () => {
      const options = this.#options('introspect', server.introspection_endpoint)
      const answer = await introspectionRequest(server, client, authentication, accessToken, options)
      return processIntrospectionResponse(server, client, answer)
    })
    if (!token.active) throw invalidAnswer('introspect', 'active')
    if (token.client_id !== client.client_id) throw invalidAnswer('introspect', 'client_id')
    if (token.sub === undefined || token.sub !== info['sub']) throw invalidAnswer('introspect', 'sub')
  }

  #server(): AuthorizationServer {
    const { authorize, token, userinfo, introspect } = this.#parts.settings
    return {
      issuer: new URL(authorize).origin,
      authorization_endpoint: authorize,
      token_endpoint: token,
      userinfo_endpoint: userinfo,
      ...(introspect === undefined ? {} : { introspection_endpoint: introspect }),
    }
  }

  #options(
    name: string,
    address = '',
  ): { [customFetch]: ReturnType<typeof oauthFetch>; [allowInsecureRequests]: boolean } {
    return {
      [customFetch]: oauthFetch(this.#parts.line, name),
      [allowInsecureRequests]: isPlainLocal(address),
    }
  }
}

/** Does one step of the flow; whatever the library throws becomes ours, with the step's name. */
async function step<T>(name: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw oauthFailure(name, error)
  }
}
