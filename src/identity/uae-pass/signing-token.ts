import {
  allowInsecureRequests,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
} from 'oauth4webapi'
import type { AuthorizationServer, Client } from 'oauth4webapi'
import { HiddenText } from '../hidden-text.ts'
import { plainBasic, readSecret } from '../http/client-secret.ts'
import { oauthFailure, oauthFetch } from '../http/oauth-failure.ts'
import type { UaePassSettings } from '../uae-pass-settings.ts'
import { isPlainLocal } from '../web-address.ts'
import type { UaePassParts } from './uae-pass-parts.ts'

const SCOPE = 'urn:safelayer:eidas:sign:process:document'
/** A token is not used in its last seconds: an upload takes its time. Milliseconds. */
const SPARE_MS = 30_000
/** What a token lives when the answer does not say: documented are five minutes. Milliseconds. */
const USUAL_LIFE_MS = 300_000

interface Held {
  readonly token: HiddenText
  readonly useUntilMs: number
}

/**
 * The token of the signing service. It lives five minutes and a person may take longer, so every step asks for it here and
 * gets a new one when the old one is about to end.
 */
export class SigningToken {
  readonly #parts: UaePassParts
  readonly #signing: NonNullable<UaePassSettings['signing']>
  #held: Held | undefined
  #coming: Promise<Held> | undefined

  constructor(parts: UaePassParts, signing: NonNullable<UaePassSettings['signing']>) {
    this.#parts = parts
    this.#signing = signing
  }

  /** @throws WuslaError `identity_provider_unreachable`, `identity_provider_refused`, `identity_provider_answer_invalid` */
  async get(): Promise<HiddenText> {
    if (this.#held !== undefined && this.#parts.clock.nowMs() < this.#held.useUntilMs) return this.#held.token
    // Several steps at once share one request.
    this.#coming ??= this.#fetch().finally(() => (this.#coming = undefined))
    this.#held = await this.#coming
    return this.#held.token
  }

  /** The service refused this token: the next step gets another one. */
  drop(token: HiddenText): void {
    if (this.#held?.token === token) this.#held = undefined
  }

  async #fetch(): Promise<Held> {
    const { clientId, secretFile, token: address } = this.#signing
    const { clock, line, readText } = this.#parts
    const server: AuthorizationServer = { issuer: new URL(address).origin, token_endpoint: address }
    const client: Client = { client_id: clientId }
    const secret = await readSecret(readText, secretFile, '/signing/secretFile')
    const askedAtMs = clock.nowMs()
    try {
      const answer = await clientCredentialsGrantRequest(
        server,
        client,
        plainBasic(secret),
        { scope: SCOPE },
        {
          [customFetch]: oauthFetch(line, 'signing token'),
          [allowInsecureRequests]: isPlainLocal(address),
        },
      )
      const { access_token, expires_in } = await processClientCredentialsResponse(server, client, answer)
      const lifeMs = expires_in === undefined ? USUAL_LIFE_MS : expires_in * 1_000
      return { token: new HiddenText(access_token), useUntilMs: askedAtMs + lifeMs - SPARE_MS }
    } catch (error) {
      throw oauthFailure('signing token', error)
    }
  }
}
