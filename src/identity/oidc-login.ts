import { readFile } from 'node:fs/promises'
import { systemClock, type Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { IdentityEvent } from './identity-event.ts'
import type { LoginPort } from './login.ts'
import { oidcProblems } from './oidc-settings.ts'
import type { OidcSettings } from './oidc-settings.ts'
import { OidcLogin } from './oidc/oidc-flow.ts'

/** What the adapter is given from outside; everything has a default but the events. */
export interface OidcOptions {
  readonly onEvent: EventSink<IdentityEvent>
  readonly fetch?: typeof globalThis.fetch
  readonly clock?: Clock
  /** Reads the file of the secret. */
  readonly readText?: (path: string) => Promise<string>
}

/**
 * Login with any provider that speaks OpenID Connect: discovery, authorisation code with PKCE, state and nonce, the ID token
 * verified against the provider's keys.
 *
 * @param settings - checked against `OidcSettingsSchema` already
 * @throws WuslaError `config_invalid` with all problems
 */
export function openOidcLogin(settings: OidcSettings, options: OidcOptions): LoginPort {
  const problems = oidcProblems(settings)
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { problems } })
  return new OidcLogin({
    settings,
    line: {
      fetch: options.fetch ?? globalThis.fetch,
      timeoutMs: settings.requestTimeoutMs ?? 20_000,
    },
    clock: options.clock ?? systemClock,
    readText: options.readText ?? ((path) => readFile(path, 'utf8')),
    onEvent: options.onEvent,
  })
}
