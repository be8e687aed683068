import { randomUUID } from 'node:crypto'
import type { Client, Clients } from '../clients.ts'
import type { SwitchBoard } from '../control/switches.ts'
import { ExpiringEntries } from '../expiring-entries.ts'
import { findPersona, type Persona } from '../personas.ts'

const SCOPES = [
  'urn:uae:digitalid:profile:general',
  'urn:uae:digitalid:profile:general:profileType',
  'urn:uae:digitalid:profile:general:unifiedId',
]
const [GENERAL = ''] = SCOPES
const LEVELS = [
  'urn:safelayer:tws:policies:authentication:level:low',
  'urn:digitalid:authentication:flow:mobileondevice',
]

const CODE_LIFE_MS = 600_000
const TOKEN_LIFE_S = 3_600
const QUESTION_LIFE_MS = 3_600_000
const MAX_ENTRIES = 1_000

/** A login that waits for a person. */
export interface LoginQuestion {
  readonly id: string
  readonly client: Client
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scope: string
  readonly locale: 'ar' | 'en'
  /** The only person that may answer, where the client named one. */
  readonly only: Persona | undefined
}

/** What an access token stands for. */
export interface Login {
  readonly persona: Persona
  readonly client: Client
  readonly scope: string
  readonly issuedAt: Date
}

interface Code extends Login {
  readonly redirectUri: string
}

/** `page`: tell the person, never redirect, since the address is not proved. `redirect`: back to the client. */
export type Asked =
  | { readonly kind: 'question'; readonly question: LoginQuestion }
  | { readonly kind: 'page'; readonly problem: string }
  | { readonly kind: 'redirect'; readonly to: string }

/** Logins from the first address until the last token. */
export class LoginDesk {
  readonly #clients: Clients
  readonly #switches: SwitchBoard
  readonly #now: () => Date
  readonly #questions: ExpiringEntries<LoginQuestion>
  readonly #codes: ExpiringEntries<Code>
  readonly #tokens: ExpiringEntries<Login>

  constructor(clients: Clients, switches: SwitchBoard, now: () => Date) {
    this.#clients = clients
    this.#switches = switches
    this.#now = now
    this.#questions = new ExpiringEntries(now, MAX_ENTRIES)
    this.#codes = new ExpiringEntries(now, MAX_ENTRIES)
    this.#tokens = new ExpiringEntries(now, MAX_ENTRIES)
  }

  /** Takes the parameters of an authorise address. */
  ask(query: URLSearchParams): Asked {
    const client = this.#clients.get(query.get('client_id') ?? '')
    if (client === undefined) return { kind: 'page', problem: 'Consumer Key not found' }
    const redirectUri = query.get('redirect_uri') ?? ''
    if (!client.redirectUris.includes(redirectUri))
      return { kind: 'page', problem: 'Registered callback does not match with the provided url' }
    const state = query.get('state') ?? undefined
    const scope = query.get('scope') ?? ''
    const problem = problemWith(query, scope, client)
    if (problem !== undefined) return { kind: 'redirect', to: backTo(redirectUri, { ...problem, state }) }
    const question: LoginQuestion = {
      id: randomUUID(),
      client,
      redirectUri,
      state,
      scope,
      locale: query.get('ui_locales') === 'en' ? 'en' : 'ar',
      only: findPersona(query.get('username') ?? ''),
    }
    this.#questions.set(question.id, question, QUESTION_LIFE_MS)
    return { kind: 'question', question }
  }

  question(id: string): LoginQuestion | undefined {
    return this.#questions.get(id)
  }

  /** The person answered. @returns where the browser goes, or `undefined` when the question is gone or was for another person */
  answer(id: string, persona: Persona, isApproved: boolean): string | undefined {
    const question = this.#questions.get(id)
    if (question === undefined || (question.only ?? persona) !== persona) return undefined
    this.#questions.take(id)
    const { client, redirectUri, state, scope } = question
    if (!isApproved || this.#switches.now.personCancels)
      return backTo(redirectUri, { error: 'access_denied', error_description: 'cancelledOnApp', state })
    const code = randomUUID()
    this.#codes.set(code, { persona, client, scope, redirectUri, issuedAt: this.#now() }, CODE_LIFE_MS)
    return backTo(redirectUri, { code, state })
  }

  /** Changes a code into a token; a code is good once. @returns `undefined` when it is not good for this client and address */
  redeem(client: Client, code: string, redirectUri: string): Readonly<Record<string, unknown>> | undefined {
    const found = this.#codes.take(code)
    if (found === undefined || found.client.id !== client.id || found.redirectUri !== redirectUri)
      return undefined
    const token = randomUUID()
    const { persona, scope } = found
    this.#tokens.set(token, { persona, client, scope, issuedAt: this.#now() }, TOKEN_LIFE_S * 1_000)
    return { access_token: token, scope, token_type: 'Bearer', expires_in: TOKEN_LIFE_S }
  }

  login(token: string): Login | undefined {
    return this.#tokens.get(token)
  }

  /** RFC 7662, with what the provider adds. */
  introspect(token: string): Readonly<Record<string, unknown>> {
    const login = this.#tokens.get(token)
    if (login === undefined) return { active: false }
    const issuedAt = Math.floor(login.issuedAt.getTime() / 1_000)
    return {
      active: true,
      sub: `UAEPASS/${login.persona.subject}`,
      scope: login.scope,
      iss: 'uaepass-stand-in',
      client_id: login.client.id,
      client_claims: {},
      exp: issuedAt + TOKEN_LIFE_S,
      iat: issuedAt,
      nbf: issuedAt,
      username: login.persona.uuid,
    }
  }

  expireTokens(): void {
    this.#tokens.clear()
  }
}

function problemWith(
  query: URLSearchParams,
  scope: string,
  client: Client,
): { readonly error: string; readonly error_description: string } | undefined {
  const invalid = (what: string) => ({ error: 'invalid_request', error_description: what })
  if (query.get('response_type') !== 'code')
    return { error: 'unsupported_response_type', error_description: 'response_type must be code' }
  const asked = scope.split(' ')
  if (!asked.includes(GENERAL) || asked.some((each) => !SCOPES.includes(each)))
    return { error: 'invalid_scope', error_description: scope }
  if (!LEVELS.includes(query.get('acr_values') ?? '')) return invalid('acr_values is missing or unknown')
  if (!query.has('state')) return invalid('state is missing')
  if (!query.has('username')) return undefined
  if (!client.isStepUp) return invalid('this client may not name the person')
  return findPersona(query.get('username') ?? '') === undefined ? invalid('no such person') : undefined
}

/** The address with these parameters added to its own. */
export function backTo(address: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.append(name, value)
  }
  return url.href
}
