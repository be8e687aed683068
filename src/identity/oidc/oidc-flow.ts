import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discovery,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
} from 'openid-client'
import type { ClientAuth, Configuration } from 'openid-client'
import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { invalidAnswer } from '../http/ask-provider.ts'
import type { ProviderLine } from '../http/ask-provider.ts'
import { readSecret } from '../http/client-secret.ts'
import type { ReadText } from '../http/client-secret.ts'
import { oauthFailure, oauthFetch } from '../http/oauth-failure.ts'
import type { IdentityEvent } from '../identity-event.ts'
import type { BegunLogin, LoginAnswer, LoginPort, LoginRequest } from '../login.ts'
import type { OidcSettings } from '../oidc-settings.ts'
import { PendingAnswers } from '../pending/pending-answers.ts'
import type { Person } from '../person.ts'
import { isPlainLocal } from '../web-address.ts'
import { oidcPerson } from './oidc-person.ts'

/** What the adapter works with. */
export interface OidcParts {
  readonly settings: OidcSettings
  readonly line: ProviderLine
  readonly clock: Clock
  readonly readText: ReadText
  readonly onEvent: EventSink<IdentityEvent>
}

interface Attempt {
  readonly nonce: string
  readonly verifier: string
  readonly begunAtMs: number
  readonly confirm?: Person
}

type Claims = Readonly<Record<string, unknown>>

/** How long discovery and the keys found with it are believed, milliseconds. */
const DISCOVERY_LIFE_MS = 3_600_000
/** How far the provider's clock may be behind ours, milliseconds. */
const CLOCK_TOLERANCE_MS = 60_000

/** See `openOidcLogin`. */
export class OidcLogin implements LoginPort {
  readonly provider: string
  readonly #parts: OidcParts
  readonly #waiting: PendingAnswers<Attempt>
  #found: { readonly configuration: Configuration; readonly useUntilMs: number } | undefined

  constructor(parts: OidcParts) {
    this.provider = parts.settings.provider
    this.#parts = parts
    this.#waiting = new PendingAnswers(parts.clock)
  }

  async begin({ language, confirm }: LoginRequest): Promise<BegunLogin> {
    if (confirm !== undefined && confirm.provider !== this.provider) {
      throw new WuslaError('login_refused', { details: { reason: 'the person logged in elsewhere' } })
    }
    const { settings, clock } = this.#parts
    const configuration = await this.#configuration()
    const verifier = randomPKCECodeVerifier()
    const attempt = { nonce: randomNonce(), verifier, begunAtMs: clock.nowMs() }
    const { state, binding } = this.#waiting.begin(confirm === undefined ? attempt : { ...attempt, confirm })
    const address = buildAuthorizationUrl(configuration, {
      redirect_uri: settings.redirectUri,
      scope: settings.scope ?? 'openid profile',
      state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ui_locales: language,
      ...(settings.acrValues === undefined ? {} : { acr_values: settings.acrValues }),
      ...(confirm === undefined ? {} : { prompt: 'login', max_age: '0' }),
    })
    return { address: address.href, binding }
  }

  async finish({ parameters, binding }: LoginAnswer): Promise<Person> {
    const { provider, onEvent } = { provider: this.provider, onEvent: this.#parts.onEvent }
    try {
      const { state, value } = this.#waiting.take(parameters, binding)
      const person = await this.#finish(value, parameters, state)
      onEvent({ type: 'login_finished', provider, assurance: person.assurance })
      return person
    } catch (error) {
      const failure = toWuslaError(error, 'internal_error')
      onEvent({ type: 'login_failed', provider, code: failure.code })
      throw failure
    }
  }

  async #finish(attempt: Attempt, parameters: URLSearchParams, state: string): Promise<Person> {
    const { settings } = this.#parts
    const { token, info } = await this.#claims(attempt, parameters, state)
    const person = oidcPerson(settings, token, info)
    const { confirm } = attempt
    if (confirm === undefined) return person
    if (confirm.uuid !== person.uuid) throw new WuslaError('person_changed')
    // A provider that ignores `prompt` would confirm with a login of yesterday.
    const confirmedAt = token['auth_time']
    const isFresh =
      typeof confirmedAt === 'number' && confirmedAt * 1_000 >= attempt.begunAtMs - CLOCK_TOLERANCE_MS
    if (!isFresh) throw invalidAnswer('id token', 'auth_time')
    return person
  }

  async #claims(
    { nonce, verifier }: Attempt,
    parameters: URLSearchParams,
    state: string,
  ): Promise<{ token: Claims; info: Claims }> {
    const configuration = await this.#configuration()
    const callback = new URL(this.#parts.settings.redirectUri)
    callback.search = parameters.toString()
    try {
      const answer = await authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const token = answer.claims()
      if (token === undefined) throw invalidAnswer('id token', 'missing')
      if (configuration.serverMetadata().userinfo_endpoint === undefined) return { token, info: {} }
      return { token, info: await fetchUserInfo(configuration, answer.access_token, token.sub) }
    } catch (error) {
      throw oauthFailure('oidc', error)
    }
  }

  async #configuration(): Promise<Configuration> {
    const { settings, line, clock } = this.#parts
    if (this.#found !== undefined && clock.nowMs() < this.#found.useUntilMs) return this.#found.configuration
    const authentication = await this.#authentication()
    try {
      const configuration = await discovery(
        new URL(settings.issuer),
        settings.clientId,
        undefined,
        authentication,
        {
          [customFetch]: oauthFetch(line, 'oidc'),
          execute: isPlainLocal(settings.issuer) ? [allowInsecureRequests] : [],
        },
      )
      this.#found = { configuration, useUntilMs: clock.nowMs() + DISCOVERY_LIFE_MS }
      return configuration
    } catch (error) {
      throw oauthFailure('discovery', error)
    }
  }

  /** The secret is read with the discovery; a new one is in use within the hour. */
  async #authentication(): Promise<ClientAuth> {
    const { settings, readText } = this.#parts
    if (settings.secretFile === undefined) return None()
    const secret = await readSecret(readText, settings.secretFile, '/secretFile')
    return settings.secretIn === 'body'
      ? ClientSecretPost(secret.reveal())
      : ClientSecretBasic(secret.reveal())
  }
}
