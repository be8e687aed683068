import type { HiddenText } from './hidden-text.ts'
import type { Person } from './person.ts'

/** What a login begins with. */
export interface LoginRequest {
  readonly language: 'ar' | 'en'
  /**
   * Confirms a person who is logged in already, once more and more strongly (with the face, where the provider offers it).
   * The login then ends with this very person or with an error.
   */
  readonly confirm?: Person
}

/** A login that waits for the person. */
export interface BegunLogin {
  /** Address to open in the person's browser. It may carry what the person is known by: do not log it. */
  readonly address: string
  /**
   * Ties the login to the browser that began it. Give it to that browser as a cookie (HttpOnly, Secure, SameSite=Lax) and
   * hand it back with the answer; else an attacker could log somebody in as the attacker.
   */
  readonly binding: HiddenText
}

/** What the browser brought back. */
export interface LoginAnswer {
  /** Query of the callback, untouched. */
  readonly parameters: URLSearchParams
  /** The value of the cookie; undefined when the browser has none. */
  readonly binding: string | undefined
}

/**
 * Login with a national identity: the browser goes to the provider and comes back.
 *
 * An answer is taken once: a second one with the same `state`, one after ten minutes and one from another browser are
 * refused. Waiting logins are in memory, so the callback has to reach the process that began.
 */
export interface LoginPort {
  readonly provider: string
  /** @throws WuslaError `login_refused` when a confirmation is asked for that the provider does not offer */
  begin(request: LoginRequest): Promise<BegunLogin>
  /**
   * @throws WuslaError `identity_attempt_unknown`, `login_cancelled`, `login_refused`, `person_changed`,
   *   `identity_provider_unreachable`, `identity_provider_refused`, `identity_provider_answer_invalid`
   */
  finish(answer: LoginAnswer): Promise<Person>
}
